/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The index of the run folders of one results folder: RESULTS/.index/runs.sqlite, or, where RESULTS
 * is on a network file system, below ${XDG_CACHE_HOME:-~/.cache}/hotplug-rig/index. It contains
 * nothing that is not in the folders, and is made again from them where it is missing, damaged, or
 * of another schema version.
 *
 * index_open() brings it up to date: folders that came are read, those that went are dropped, runs
 * that were RUNNING are looked at again. With nothing new that costs one stat(). Any number of
 * processes may do so at a time. A results folder that cannot be written to gets an index in
 * memory.
 *
 * Times are RFC 3339 in UTC ("2026-11-21T05:54:01Z"), so that text order is their order. Every
 * string may come from a guest: valid UTF-8, bounded, not escaped.
 */
#ifndef RIG_INDEX_INDEX_H
#define RIG_INDEX_INDEX_H

#include <glib.h>

#include "store/store.h"
#include "util/auto.h"
#include "verdict/details.h"

#define INDEX_VERSION 2

struct run_index;

/* Progress of reading many folders. */
typedef void (*index_progress)(guint done, guint total, void *data);

/*
 * The folder of the index of RESULTS, which need not exist: RESULTS/.index, or below the user's
 * cache folder where RESULTS is on a network file system. To be freed.
 */
char *index_place(const char *results);
/*
 * Errors: RIG_EXIT_USAGE (RESULTS cannot be read), RIG_EXIT_INFRA (disk). A RESULTS that is not
 * there is empty.
 */
struct run_index *index_open(const char *results, index_progress progress, void *data,
			     GError **error);
void index_free(struct run_index *ix);
RIG_DEFINE_AUTO(run_index, index_free)

/* Updates an open index. */
gboolean index_update(struct run_index *ix, GError **error);
/* index_open() that drops all rows and reads all folders. */
struct run_index *index_rebuild(const char *results, index_progress progress, void *data,
				GError **error);
/*
 * DIR, a run folder, has changed: updates its row in the index of its results folder, if there is
 * one.
 */
gboolean index_refresh_run(const char *dir, GError **error);

struct index_run {
	char *name, *created;
	char *scenario, *machine, *kernel; /* kernel: its name, "6.1.192-z03"; "?" where unknown */
	char *source; /* as resolved, "deb:linux-source-6.1=6.1.192-2", or NULL */
	char *tree;   /* the plan's name for the kernel, or NULL: label `tree` */
	gint64 seed;
	enum verdict verdict;
	enum run_outcome outcome;
	char *reason;	       /* the first one, or NULL */
	double guest_s;	       /* guest time in all; this and the others are -1 where unknown */
	double first_report_s; /* guest time */
	double boot_s, hammer_s, total_s; /* wall time */
	gint64 ops;			  /* operations of all agents */
	char *night, *cell;		  /* labels, or NULL */
	int attempt;			  /* 1 is the first; 0 outside of nights */
};

/* A filter; NULL, 0 and -1 leave a field open. */
struct index_filter {
	const char *scenario, *machine, *kernel, *tree, *night, *cell, *verdict;
	const char *signature;	   /* runs with a finding of this bug key */
	const char *since, *until; /* created >= since, < until */
	gboolean newest_first;
	guint limit;
};

/*
 * The runs that match FILTER, oldest first: an array of struct index_run; g_ptr_array_unref(). NULL
 * with an error.
 */
GPtrArray *index_runs(struct run_index *ix, const struct index_filter *filter, GError **error);

/*
 * Findings: the reports of a run, its hang (details.hang), and if a BAD run has neither, its first
 * reason without numbers. `bug` is the key that equal findings share: a report's signature.bug,
 * "hang:…", "reason:…".
 */
struct index_finding {
	char *bug, *path, *exact; /* path and exact only of reports */
	char *kind, *title;
	char *known; /* reason from the list of known issues, or NULL */
};
/* The findings of the run NAME: an array of struct index_finding. */
GPtrArray *index_findings(struct run_index *ix, const char *name, GError **error);

struct index_signature {
	char *bug, *kind, *title, *known;
	char *former; /* keys that earlier versions gave it, with "," between; or NULL */
	guint runs;			      /* that have it */
	char *first_seen, *last_seen;	      /* times */
	char *first_run, *last_run;	      /* names */
	char *scenarios, *machines, *kernels; /* names, sorted, with ", " between */
};

/* Findings of the runs that match FILTER, the last seen first. */
GPtrArray *index_signatures(struct run_index *ix, const struct index_filter *filter,
			    GError **error);

enum index_by { BY_DAY, BY_KERNEL, BY_MACHINE, BY_SCENARIO, BY_SEED, BY_NIGHT, BY_TREE };

struct index_group {
	char *key;
	guint runs, good, bad, none;
	guint hits;			/* runs with the filter's signature, where it has one */
	char *first, *last;		/* times */
	double ops_per_s;		/* mean of the runs with both numbers, -1 without */
	double first_report_s, total_s; /* means, -1 without */
};

/*
 * Counts by day, kernel, …, sorted by the time of the first run. BY_SEED: of the last 100 bad runs,
 * the most bad first; slower if very many runs have one seed. A signature in FILTER does not select
 * runs but is counted in `hits`; the runs are those of the scenarios it was ever seen in.
 */
GPtrArray *index_groups(struct run_index *ix, const struct index_filter *filter, enum index_by by,
			GError **error);

/*
 * Median wall time of the last 20 runs with a result, in seconds; -1: none. NULL: any. The times
 * of passed runs are scaled to HAMMER_S seconds of load; others are used as they are.
 */
double index_wall_s(struct run_index *ix, const char *scenario, const char *machine,
		    const char *tree, guint hammer_s);

/*
 * Retention: the names of the runs that may be deleted: older than BEFORE, with one of VERDICTS
 * (NULL-terminated names, NULL: all). Kept are the oldest and the newest run of each finding, the
 * KEEP newest of each scenario, machine and kernel, runs with a label `keep`, and those that are
 * RUNNING.
 */
GPtrArray *index_prunable(struct run_index *ix, const char *before, const char *const *verdicts,
			  guint keep, GError **error);
/* Deletes the run folder NAME (its lock must be free) and its rows. */
gboolean index_prune(struct run_index *ix, const char *name, GError **error);

#endif
