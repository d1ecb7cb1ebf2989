/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A span is the range that is searched: the commits between two revisions (git.c), the patches of a
 * series on a base (series.c), or the options in which two configs differ (config.c). It is a list
 * of changes 1..n. The old end has none of them, the new end has all. Position T has change T and,
 * unless the history has merges, all changes before it.
 */
#ifndef RIG_BISECT_SPAN_H
#define RIG_BISECT_SPAN_H

#include <glib.h>

#include "bisect/posterior.h"

/* Maximum number of changes. */
#define SPAN_MAX 20000

enum span_kind { SPAN_GIT, SPAN_SERIES, SPAN_CONFIG };

/*
 * A change. Its strings are unchanged from git or the file, so they must be passed to text_clean()
 * before they are printed.
 */
struct change {
	char *id;      /* commit, file name, or "CONFIG_X=y" */
	/* first line of the commit message, or the old value of a config option; or NULL */
	char *subject;
	/*
	 * from the commit or the headers of the patch; NULL if these have none, and for config
	 * options
	 */
	char *author, *date;
	/*
	 * the patch's path if the span is a series, the path of the fragment that configures
	 * this position if it is a config, otherwise NULL
	 */
	char *file;
};

struct span {
	enum span_kind kind;
	guint n;
	GArray *changes;	   /* of struct change, 0..n; number 0 stands for the old end */
	struct ancestry *ancestry; /* NULL if the history is linear */
	char *repo;		   /* absolute path of the repository, only for SPAN_GIT */
	char *base;		   /* the kernel source, for a series or config */
	GPtrArray *fixups;	   /* of struct fixup, only for git; or NULL */
};

void span_free(struct span *span);
RIG_DEFINE_AUTO(span, span_free)

/* Returns the change between POSITION - 1 and POSITION, or number 0 for the old end. */
const struct change *span_change(const struct span *span, guint position);
/*
 * Returns the name of a position (kernel version) for messages: "20 of 40: 1a2b3c4d5e6f subject".
 * Free it with g_free().
 */
char *span_name(const struct span *span, guint position);

/*
 * Returns the commits of GOOD..BAD, oldest first. If PATHS is not NULL, only commits that touch
 * these paths are listed, and BAD itself. The repository is only read. Errors (RIG_EXIT_USAGE): a
 * revision does not exist, GOOD is not an ancestor of BAD, or there are no commits between them, or
 * more than SPAN_MAX.
 */
struct span *span_git(const char *repo, const char *good, const char *bad, const char *const *paths,
		      GError **error);

/* Returns TRUE if SOURCE has the form "git:REPO@REV" and REV is a commit of REPO. */
gboolean span_check_git(const char *source, GError **error);

/*
 * Returns the patches of SERIES, which are applied one after the other to the kernel source BASE.
 * SERIES is a folder (its patches are in the order of its file `series`, or of their names) or a
 * mailbox, whose mails are written into files in DIR.
 */
struct span *span_series(const char *series, const char *base, const char *dir, GError **error);

/*
 * Returns the options in which two configs differ, in the order of the BAD config; BASE is the
 * kernel source. A config is a .config file, an image that contains its config, or a fragment. A
 * fragment for each position is written into DIR.
 */
struct span *span_config(const char *good, const char *bad, const char *base, const char *dir,
			 GError **error);

/* The inputs for building a position (a version of the kernel). */
struct span_build {
	char *source;
	/* NULL-terminated: first those of the user, then those of the position */
	char **patches, **fragments;
};

void span_build_clear(struct span_build *build);

/*
 * Sets *RET to the inputs for POSITION. PATCHES and FRAGMENTS are those that the user gave for
 * every position, or NULL. Release *RET with span_build_clear().
 */
void span_build(const struct span *span, guint position, char **patches, char **fragments,
		struct span_build *ret);

/*
 * Returns the diffstat of a change (for a config: the option), or NULL if git fails. Free it with
 * g_free().
 */
char *span_diffstat(const struct span *span, guint position);

/* ---- patches that old trees need to be built with today's compilers (fixups.c) ---- */

struct fixup {
	char *patch; /* path of the patch file */
	/*
	 * Revisions, or NULL. A commit needs the patch if it contains FROM (or FROM is NULL), but
	 * not UNTIL.
	 */
	char *from, *until;
};

/*
 * Returns patches (struct fixup) from two sources: the files of the folder DIR, which must have a
 * line "Range: FROM..UNTIL" before the diff; and WORDS, a NULL-terminated list of texts
 * "FROM..UNTIL=FILE". FROM and UNTIL may be empty. WORDS may be NULL. Returns NULL with an error.
 */
GPtrArray *fixups_load(const char *dir, char **words, GError **error);
/*
 * Appends the paths of the patches that COMMIT of REPO needs to PATCHES. If REPO does not have a
 * revision, COMMIT does not contain it.
 */
void fixups_add(GPtrArray *fixups, const char *repo, const char *commit, GPtrArray *patches);

#endif
