/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The range that is searched: the commits between two revisions (git.c), the patches of a series
 * on a base (series.c), or the options in which two configs differ (config.c). Each is a list of
 * changes 1..n; the good end has none of them, the bad end all, and position T some.
 */
#ifndef RIG_BISECT_SPAN_H
#define RIG_BISECT_SPAN_H

#include <glib.h>

#include "bisect/posterior.h"

/* Maximum of changes. */
#define SPAN_MAX 20000

enum span_kind { SPAN_GIT, SPAN_SERIES, SPAN_CONFIG };

/* A change. Text from outside: valid UTF-8, else unchanged. */
struct change {
	char *id;      /* commit, file name, "CONFIG_X=y" */
	char *subject; /* or NULL */
	char *author, *date;
	char *file; /* series: the patch; config: the fragment that makes this position */
};

struct span {
	enum span_kind kind;
	guint n;
	GArray *changes;	   /* struct change, 0..n; 0 is the old end itself */
	struct ancestry *ancestry; /* or NULL: a line */
	char *repo;		   /* git: absolute */
	char *base;		   /* series, config: the source */
	GPtrArray *fixups;	   /* struct fixup, git */
};

void span_free(struct span *span);
RIG_DEFINE_AUTO(span, span_free)

const struct change *span_change(const struct span *span, guint position);
/* "20 of 40: 1a2b3c4d5e6f subject", for messages. g_free(). */
char *span_name(const struct span *span, guint position);

/*
 * The commits of GOOD..BAD, oldest first. PATHS (or NULL): only those that touch them. The
 * repository is only read. Errors (RIG_EXIT_USAGE): no such revision, GOOD is not an ancestor of
 * BAD, nothing between.
 */
struct span *span_git(const char *repo, const char *good, const char *bad, const char *const *paths,
		      GError **error);

/* TRUE if SOURCE, "git:REPO@REV", names an existing commit. */
gboolean span_check_git(const char *source, GError **error);

/*
 * The patches of a folder (in the order of its `series` file, or of their names) or of a mailbox,
 * applied one after the other to BASE. Mails are split into DIR.
 */
struct span *span_series(const char *series, const char *base, const char *dir, GError **error);

/*
 * The options in which two configs (.config files, images that carry theirs, fragments) differ, on
 * BASE, in the order of the BAD config. A fragment for each position is written into DIR.
 */
struct span *span_config(const char *good, const char *bad, const char *base, const char *dir,
			 GError **error);

/* How to build a position. */
struct span_build {
	char *source;
	/* of the user, then of the span; NULL-terminated */
	char **patches, **fragments;
};

void span_build_clear(struct span_build *build);

/* PATCHES and FRAGMENTS (or NULL) are those of the user, for every position. */
void span_build(const struct span *span, guint position, char **patches, char **fragments,
		struct span_build *ret);

/* The diffstat of a change, or its option. g_free(); NULL: not available. */
char *span_diffstat(const struct span *span, guint position);

/* ---- patches that old trees need to be built with today's compiler: fixups.c ---- */

struct fixup {
	char *patch;
	char *from, *until; /* revisions: applies to commits that contain FROM but not UNTIL; or
			     * NULL */
};

/*
 * Reads each *.patch of a folder that has a line "Range: FROM..UNTIL" before its diff, and WORDS
 * ("FROM..UNTIL=FILE", or NULL). FROM and UNTIL are optional.
 */
GPtrArray *fixups_load(const char *dir, char **words, GError **error);
/*
 * Appends the patches that COMMIT of REPO needs to PATCHES. Revisions that REPO does not have are
 * ignored.
 */
void fixups_add(GPtrArray *fixups, const char *repo, const char *commit, GPtrArray *patches);

#endif
