/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The index of the run folders in a results folder. Its file is RESULTS/.index/runs.sqlite; if
 * RESULTS is on a network file system, it is in ${XDG_CACHE_HOME:-~/.cache}/hotplug-rig/index. The
 * index contains no data that is not in the folders. If it is missing, damaged, or of another
 * schema version, it is created again.
 *
 * index_open() updates it: new folders are read, deleted ones are dropped, and runs that were
 * RUNNING are read again. If there are no changes, this costs one stat(). Several processes may do
 * this at the same time. If the results folder is not writable, the index is in memory.
 *
 * Times are RFC 3339 in UTC ("2026-11-21T05:54:01Z"), so that text order is the order of time.
 * Every string may come from a guest: it is valid UTF-8 of limited length, but not escaped.
 */
#ifndef RIG_INDEX_INDEX_H
#define RIG_INDEX_INDEX_H

#include <glib.h>

#include "store/store.h"
#include "util/auto.h"
#include "verdict/details.h"

#define INDEX_VERSION 2

struct run_index;

/* Called while many folders are being read. */
typedef void (*index_progress)(guint done, guint total, void *data);

/*
 * Returns the path of the folder for the index of RESULTS: RESULTS/.index, or a folder in the
 * user's cache if RESULTS is on a network file system. The folder may not exist yet. The caller
 * frees the path.
 */
char *index_place(const char *results);
/*
 * Opens and updates the index. Errors: RIG_EXIT_USAGE (RESULTS cannot be read), RIG_EXIT_INFRA
 * (disk). If RESULTS does not exist, the index is empty.
 */
struct run_index *index_open(const char *results, index_progress progress, void *data,
			     GError **error);
void index_free(struct run_index *ix);
RIG_DEFINE_AUTO(run_index, index_free)

/* Updates an index that is open. */
gboolean index_update(struct run_index *ix, GError **error);
/* Opens the index as index_open() does, but drops all rows and reads all folders again. */
struct run_index *index_rebuild(const char *results, index_progress progress, void *data,
				GError **error);
/*
 * Updates the row of the run folder DIR, which has changed, in the index of its results folder, if
 * there is an index.
 */
gboolean index_refresh_run(const char *dir, GError **error);

struct index_run {
	/* name of the run folder, and the time at which it was created */
	char *name, *created;
	char *scenario, *machine, *kernel; /* `kernel` is a name, "6.1.192-z03"; "?" if unknown */
	char *source; /* the resolved source, "deb:linux-source-6.1=6.1.192-2", or NULL */
	char *tree;   /* the plan's name for the kernel (label `tree`), or NULL */
	gint64 seed;
	enum verdict verdict;
	enum run_outcome outcome;
	char *reason; /* the first reason of the verdict, or NULL */
	/* the members from `guest_s` to `ops` are -1 if they are unknown */
	double guest_s;			  /* uptime of the guest at the end */
	double first_report_s;		  /* uptime of the guest at the first report */
	double boot_s, hammer_s, total_s; /* wall time of the boot, the load and the run */
	gint64 ops;			  /* number of operations of all agents */
	/*
	 * labels of the run: the id of the night ("20261129T220000Z") and the key of the cell
	 * (nightly.h); NULL outside of nights
	 */
	char *night, *cell;
	int attempt; /* number of the attempt from 1 on, or 0 outside of nights */
};

/*
 * A filter for runs; its strings are compared with the members of struct index_run of these names.
 * A member that is NULL or 0 matches everything.
 */
struct index_filter {
	const char *scenario, *machine, *kernel, *tree, *night, *cell, *verdict;
	const char *signature;	   /* only runs with a finding that has this bug key */
	const char *since, *until; /* created at `since` or later, and before `until` */
	gboolean newest_first;
	guint limit;
};

/*
 * Returns the runs that match FILTER, oldest first, or NULL with an error: an array of struct
 * index_run, released with g_ptr_array_unref().
 */
GPtrArray *index_runs(struct run_index *ix, const struct index_filter *filter, GError **error);

/*
 * A finding of a run: a report, or the explanation of its hang (details.hang). A BAD run without
 * either has one finding: the first reason of its verdict, without numbers. `bug` is the key that
 * equal findings have in common: a report's signature.bug, "hang:…", or "reason:…".
 */
struct index_finding {
	char *bug, *path, *exact; /* `path` and `exact` are only set for reports */
	char *kind, *title;
	/* if the report is a known issue: the reason in the list of known issues; otherwise NULL */
	char *known;
};
/* Returns the findings of the run NAME: an array of struct index_finding. */
GPtrArray *index_findings(struct run_index *ix, const char *name, GError **error);

/*
 * All findings with the same key `bug`. `kind`, `title` and `known` are as in struct index_finding.
 */
struct index_signature {
	char *bug, *kind, *title, *known;
	char *former; /* keys by earlier versions of the rules, separated by ","; or NULL */
	guint runs;   /* number of runs that have it */
	char *first_seen, *last_seen;	      /* times of the first and the last of these runs */
	char *first_run, *last_run;	      /* names of the first and the last of these runs */
	char *scenarios, *machines, *kernels; /* sorted names, separated by ", " */
};

/*
 * Returns the findings of the runs that match FILTER, sorted by the time they were last seen,
 * newest first.
 */
GPtrArray *index_signatures(struct run_index *ix, const struct index_filter *filter,
			    GError **error);

enum index_by { BY_DAY, BY_KERNEL, BY_MACHINE, BY_SCENARIO, BY_SEED, BY_NIGHT, BY_TREE };

struct index_group {
	char *key; /* the day, kernel and so on that the runs of this group have in common */
	guint runs, good, bad, none; /* numbers of runs: all, and by enum run_outcome */
	guint hits;		     /* number of runs with the filter's signature, if it has one */
	char *first, *last;	     /* times of the first and the last run of the group */
	double ops_per_s; /* mean of the runs for which it is known, or -1 if there are none */
	double first_report_s, total_s; /* means, or -1 */
};

/*
 * Counts runs by day, kernel and so on. Groups are sorted by the time of their first run. BY_SEED
 * only counts the seeds of the last 100 bad runs, those with the most bad runs first; it is slower
 * if very many runs have the same seed. If FILTER has a signature, all runs of the scenarios in
 * which it was ever seen are counted, and `hits` counts the runs that have it.
 */
GPtrArray *index_groups(struct run_index *ix, const struct index_filter *filter, enum index_by by,
			GError **error);

/*
 * Returns the median wall time in seconds of the last 20 runs with a result, or -1 if there are
 * none. A NULL argument matches any run. In the time of a passed run, the duration of its load is
 * replaced by HAMMER_S seconds; the times of other runs are used unchanged.
 */
double index_wall_s(struct run_index *ix, const char *scenario, const char *machine,
		    const char *tree, guint hammer_s);

/*
 * Returns the names of the runs that may be deleted: they are older than BEFORE, and their verdict
 * is one of VERDICTS (NULL-terminated), or any if VERDICTS is NULL. These runs are never included:
 * the oldest and the newest run of each finding, the KEEP newest runs of each combination of
 * scenario, machine and kernel, runs with a label `keep`, and RUNNING runs.
 */
GPtrArray *index_prunable(struct run_index *ix, const char *before, const char *const *verdicts,
			  guint keep, GError **error);
/* Deletes the run folder NAME, whose lock must be free, and its rows. */
gboolean index_prune(struct run_index *ix, const char *name, GError **error);

#endif
