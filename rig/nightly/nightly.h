/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A night runs the cells of a plan in parallel, each as a job of a place (place/place.h). It is
 * kept in RESULTS/nights/<id>/:
 *
 *	cells.json	what is to be run: made first, never changed
 *	journal		one JSON object per line for each build and cell that ended; on disk before
 *			the next child is started
 *	lock		held (flock) by the rig that runs the night
 *	place/		the record of a place that continues without the rig (slurm/)
 *	stop		made by the user: no further child is started
 *	night.json	the result so far, by rename; docs/nightly.md is the format
 *
 * A cell is finished when its run folder has a verdict, or the journal has the reason why there is
 * none. After a kill -9, night_resume() finds the run folders by their labels `night`, `cell` and
 * `attempt`, and runs the other cells.
 */
#ifndef RIG_NIGHTLY_NIGHTLY_H
#define RIG_NIGHTLY_NIGHTLY_H

#include <glib.h>
#include <jansson.h>

#include "nightly/plan.h"
#include "index/index.h"
#include "place/place.h"

enum cell_status {
	CELL_WAITING, /* not run, or not completely */
	CELL_GOOD,    /* its runs are as expected */
	CELL_FLAKY,   /* some are, some are not */
	CELL_BAD,     /* none is */
	CELL_NONE,    /* without a result: INFRA, LOST, no kernel */
	CELL_SKIP,    /* cannot be run here */
};
const char *cell_status_name(enum cell_status status);

struct attempt {
	guint number; /* number of the attempt, from 1 */
	enum verdict verdict;
	enum run_outcome outcome;
	char *run;	      /* the folder's name, or NULL */
	char *problem;	      /* why there is no verdict, or NULL */
	double wall_s, cpu_s; /* -1: unknown */
};

struct night_cell {
	char *key; /* "stable/dimm-storm/pc-q35/s7/1": tree, scenario, machine, seed, repetition */
	char *scenario, *scenario_name,
		*machine; /* scenario: as the plan has it, a name or a path */
	guint kernel;	  /* index into night->kernels */
	guint64 seed;
	guint repetition;
	struct pack_item item;
	char *stopped;	  /* why its last attempt was stopped before its end, or NULL */
	GArray *attempts; /* struct attempt, by number; without those that ended as ABORTED */
	enum cell_status status;
};

struct night_kernel {
	char *tree, *source;
	char **patches, **fragments;
	gboolean no_lockdep;
};

/* One kernel for one architecture, of those that are sources. */
struct night_build {
	guint kernel;
	char *arch;
	gboolean ended, ok, cached;
	char *problem, *name;
	double wall_s;
};

struct night_excluded {
	char *scenario, *machine, *tree, *why;
};

struct night_options {
	const char *results;
	struct place *place; /* where the cells run; NULL: this host, with: */
	guint cores;	  /* 0: all that this process may use */
	guint64 memory;	  /* 0: what is available */
	double budget_s;  /* runs that would end later are not started; 0: no limit */
	gboolean shuffle; /* in an order drawn from `seed` instead of longest first */
	guint64 seed; /* seed of the night; cells without a seed in the plan draw theirs from it */
	const char *const *extra; /* further options for each `rig run` */
	const char *rig;	  /* the program; NULL: this one */
	gboolean detach;	  /* leave as soon as all is submitted, where the place can */
	/* longest wall time of a run and of a build; 0: the default. A longer one is INFRA */
	guint run_limit_s, build_limit_s;
};

/* Callbacks for the user interface; each may be NULL. `ended`: CELL or BUILD is NULL. */
struct night;
struct night_view {
	void (*ended)(const struct night *night, const struct night_cell *cell,
		      const struct night_build *build, void *data);
	void (*progress)(const struct night *night, const char *line, void *data);
	/* at the first SIGINT, if the jobs can go on without this process: TRUE leaves them */
	gboolean (*ask_leave)(const struct night *night, void *data);
	void *data;
};

struct night {
	char *id, *plan, *about, *dir, *results, *began;
	struct night_options options; /* after night_new(), only `extra` of its strings is valid */
	char **extra;
	guint retries, duration_s, patience_s;
	struct plan_keep keep;
	guint64 seed;
	struct night_kernel *kernels;
	guint n_kernels;
	GPtrArray *cells, *builds, *excluded; /* of the structs above */
	struct place *place;
	struct pack_room host; /* the most that one cell may need */
	const char *unfinished; /* why it ended before all was run, or NULL */
	/* summed over all processes that ran the night, as far as recorded */
	double wall_s, controller_s, children_s;
	struct run_index *index;
	json_t *past; /* night.json of the nights before, for estimates */
	int lock, journal;
};

/*
 * A night of PLAN, in memory only: expanded, with estimates from the index. night_begin() creates
 * its folder. Errors: RIG_EXIT_USAGE (the plan excludes all cells), RIG_EXIT_INFRA.
 */
struct night *night_new(const struct plan *plan, const struct night_options *options,
			GError **error);
gboolean night_begin(struct night *night, GError **error);

/*
 * Loads a night that has begun: ID, or NULL for the newest unfinished one of the plan PLAN. Its
 * cells come from its folder, even if the plan has changed since; cores, memory, budget, limits
 * and rig come from OPTIONS. Errors (RIG_EXIT_USAGE): no such night, or another process runs it.
 */
struct night *night_resume(const char *plan, const char *id, const struct night_options *options,
			   GError **error);
void night_free(struct night *night);
RIG_DEFINE_AUTO(night, night_free)

/* `unfinished` of a night whose jobs go on without the rig. */
#define NIGHT_LEFT "its jobs go on"

/* The newest unfinished night of PLAN: g_free(). Error (RIG_EXIT_USAGE): there is none. */
char *night_find_unfinished(const char *results, const char *plan, GError **error);

/* What night_run() would do: cells, estimated times, missing files. New reference. */
json_t *night_dry_run(const struct night *night);

/*
 * Runs the cells that are not finished. Blocks, iterating the default main context. After the first
 * SIGINT, or if the file `stop` exists, no further child is started; a second SIGINT or SIGTERM
 * stops running ones. Errors (RIG_EXIT_INFRA): the journal cannot be written.
 */
gboolean night_run(struct night *night, const struct night_view *view, GError **error);

/* Compares the night with earlier ones, writes night.json and returns it: new reference. */
json_t *night_result(struct night *night, GError **error);

/* `rig prune --keep`: how many runs of each scenario, machine and kernel are always kept. */
#define NIGHT_KEEP_NEWEST 3

/*
 * Deletes what the plan's `keep` says, after a finished night: {"runs": N, "kernels": N,
 * "kernel_bytes": N, "problem": TEXT|null}, a new reference; NULL: nothing was to be deleted. A
 * problem does not change the night's result.
 */
json_t *night_delete_old(struct night *night);

/*
 * 1: a new finding; 3: a cell has no verdict or the night was stopped; else 0. RESULT is from
 * night_result().
 */
int night_exit_code(const struct night *night, json_t *result);

/* night.json of all nights below RESULTS that can be read, oldest first: new array. */
json_t *night_list(const char *results);

#endif
