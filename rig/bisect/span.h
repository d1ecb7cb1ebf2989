/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The range that is searched: the commits between two revisions (git.c), the patches of a series on
 * a base (series.c), or the options in which two configs differ (config.c). Each is a list of
 * changes 1..n. The good end has none of them, the bad end has all, and position T has some.
 */
#ifndef RIG_BISECT_SPAN_H
#define RIG_BISECT_SPAN_H

#include <glib.h>

#include "bisect/posterior.h"

/* Maximum number of changes. */
#define SPAN_MAX 20000

enum span_kind { SPAN_GIT, SPAN_SERIES, SPAN_CONFIG };

/* A change. Its text is from outside: it is made valid UTF-8, and otherwise unchanged. */
struct change {
	char *id;      /* commit, file name, or "CONFIG_X=y" */
	char *subject; /* or NULL */
	char *author, *date;
	/* for a series: the patch; for a config: the fragment that makes this position */
	char *file;
};

struct span {
	enum span_kind kind;
	guint n;
	GArray *changes;	   /* struct change, 0..n; number 0 stands for the old end */
	struct ancestry *ancestry; /* NULL: a linear history */
	char *repo;		   /* only for git: an absolute path */
	char *base;		   /* for a series or config: the kernel source */
	GPtrArray *fixups;	   /* only for git: struct fixup */
};

void span_free(struct span *span);
RIG_DEFINE_AUTO(span, span_free)

const struct change *span_change(const struct span *span, guint position);
/* Returns the name of a position for messages: "20 of 40: 1a2b3c4d5e6f subject". g_free(). */
char *span_name(const struct span *span, guint position);

/*
 * Returns the commits of GOOD..BAD, oldest first; with PATHS (or NULL) only those that touch these
 * paths. The repository is only read. Errors (RIG_EXIT_USAGE): there is no such revision, GOOD is
 * not an ancestor of BAD, or there is no commit between them.
 */
struct span *span_git(const char *repo, const char *good, const char *bad, const char *const *paths,
		      GError **error);

/* Returns TRUE if SOURCE, "git:REPO@REV", has an existing commit. */
gboolean span_check_git(const char *source, GError **error);

/*
 * Returns the patches of a folder (in the order of its `series` file, or of their names) or of a
 * mailbox, which are applied one after the other to BASE. Mails are split into files in DIR.
 */
struct span *span_series(const char *series, const char *base, const char *dir, GError **error);

/*
 * Returns the options in which two configs differ, in the order of the BAD config; BASE is the
 * kernel source. A config is a .config file, an image that contains its config, or a fragment. A
 * fragment for each position is written into DIR.
 */
struct span *span_config(const char *good, const char *bad, const char *base, const char *dir,
			 GError **error);

/* The inputs for building a position. */
struct span_build {
	char *source;
	/* first the user's, then those of the span; NULL-terminated */
	char **patches, **fragments;
};

void span_build_clear(struct span_build *build);

/*
 * Sets *RET to the inputs for POSITION. PATCHES and FRAGMENTS (or NULL) are the user's, which apply
 * to every position.
 */
void span_build(const struct span *span, guint position, char **patches, char **fragments,
		struct span_build *ret);

/* Returns the diffstat of a change; for a config, its option. g_free(). NULL: not available. */
char *span_diffstat(const struct span *span, guint position);

/* ---- patches that old trees need to be built with today's compilers (fixups.c) ---- */

struct fixup {
	char *patch;
	/*
	 * revisions; the patch applies to commits that contain FROM but not UNTIL; each may be NULL
	 */
	char *from, *until;
};

/*
 * Reads each *.patch of a folder that has a line "Range: FROM..UNTIL" before its diff, and those in
 * WORDS ("FROM..UNTIL=FILE", or NULL). FROM and UNTIL may be empty.
 */
GPtrArray *fixups_load(const char *dir, char **words, GError **error);
/*
 * Appends the patches that COMMIT of REPO needs to PATCHES. A range with a revision that REPO does
 * not have is ignored.
 */
void fixups_add(GPtrArray *fixups, const char *repo, const char *commit, GPtrArray *patches);

#endif
