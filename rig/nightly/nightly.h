/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A night runs the cells of a plan in parallel, each as a job of a place (place/place.h). A cell is
 * one combination of scenario, machine, kernel, seed and repetition; each execution of it is an
 * attempt. The folder of the night is RESULTS/nights/<id>/:
 *
 *	cells.json	the cells; written first, never changed
 *	journal		a line with a JSON object for each build and each attempt that has ended;
 *			synced to disk before the next child is started
 *	lock		locked (flock) by the process that runs the night
 *	place/		if the cells run on a cluster: the record of its jobs, which continue when
 *			the rig exits (rig/slurm)
 *	stop		created by the user: no further child is started
 *	night.json	the result so far, replaced by rename; rig-json(5) has the format
 *
 * A cell is finished when its run folder has a verdict, or when the journal has the reason why
 * there is none. After a kill -9, night_resume() finds the run folders by their labels `night`,
 * `cell` and `attempt`, and runs the remaining cells.
 */
#ifndef RIG_NIGHTLY_NIGHTLY_H
#define RIG_NIGHTLY_NIGHTLY_H

#include <glib.h>
#include <jansson.h>

#include "nightly/plan.h"
#include "index/index.h"
#include "place/place.h"

enum cell_status {
	CELL_WAITING, /* a first or a further run is missing */
	CELL_GOOD,    /* all of its runs ended as expected */
	CELL_FLAKY,   /* some of its runs ended as expected, others did not */
	CELL_BAD,     /* none of its runs ended as expected */
	CELL_NONE,    /* there is no result: INFRA or LOST */
	/*
	 * the cell cannot be run on this host, its kernel was not built, or all its runs were KNOWN
	 */
	CELL_SKIP,
};
const char *cell_status_name(enum cell_status status);

/* An attempt: one run of a cell. */
struct attempt {
	guint number; /* number of the attempt, from 1 */
	enum verdict verdict;
	enum run_outcome outcome;
	char *run;	      /* name of the run folder, or NULL */
	/*
	 * why the attempt is neither good nor bad (OUTCOME_NONE): a message, or the first reason of
	 * its verdict; otherwise NULL
	 */
	char *problem;
	double wall_s, cpu_s; /* -1 if unknown */
};

struct night_cell {
	char *key; /* "stable/dimm-storm/pc-q35/s7/1": tree, scenario, machine, seed, repetition */
	char *scenario, *scenario_name, *machine; /* `scenario` is the name or path in the plan */
	guint kernel;	  /* index in night->kernels */
	/* the build of its kernel; NULL if the kernel is an image that need not be built */
	struct night_build *build;
	guint64 seed;
	guint repetition;
	/* the resources that a run needs, and its estimated duration */
	struct pack_item item;
	char *stopped;	  /* why the last attempt (run) was stopped before its end, or NULL */
	GArray *attempts; /* of struct attempt, by number, without attempts that ended as ABORTED */
	enum cell_status status;
};

/*
 * A kernel of the plan. Its members have the meaning of those of struct plan_kernel; `tree` is the
 * kernel's name in the plan.
 */
struct night_kernel {
	char *tree, *source;
	char **patches, **fragments;
	gboolean no_lockdep;
};

/*
 * A build that cells need: a kernel source and the architecture for which it is built. Cells share
 * a build if their scenarios add the same options and modules, and their seeds the same fragment.
 */
struct night_build {
	guint kernel;
	char *arch;
	/* the name or path of one of these scenarios, as in the plan; NULL if they add nothing */
	char *scenario;
	/* a text with the options and modules that these scenarios add; "" if there are none */
	char *adds;
	/* the config fragment that their seeds have drawn (switch_draw_fragment()), or NULL */
	char *optional;
	/* `ok`: the build has succeeded; `cached`: the kernel was in the cache */
	gboolean ended, ok, cached;
	/*
	 * `problem`: why the build failed, or NULL; `name`: the short name of the built kernel
	 * ("6.1.192-z03"), or NULL
	 */
	char *problem, *name;
	double wall_s;
};

/* A combination of the plan that has no cell, and the reason. */
struct night_excluded {
	char *scenario, *machine, *tree, *why;
};

struct night_options {
	const char *results;
	/* where the cells run; NULL stands for this host, limited by `cores` and `memory` */
	struct place *place;
	guint cores;	     /* 0 stands for all processors that this process may use */
	guint64 memory;	     /* in bytes; 0 stands for the available memory */
	/* time limit: runs that would end later are not started; 0 stands for no limit */
	double budget_s;
	gboolean shuffle; /* start in an order drawn from `seed`, instead of longest first */
	/*
	 * seed of the night; if the plan has no seeds, those of its cells (runs) are drawn from it
	 */
	guint64 seed;
	const char *const *extra; /* further options for each `rig run`, NULL-terminated */
	const char *rig;	  /* path of the rig; NULL stands for this program */
	gboolean detach;	  /* exit when all jobs are submitted, if the place supports that */
	/*
	 * maximum wall time of a run and of a build; 0 stands for the default. If it is exceeded,
	 * the result is INFRA
	 */
	guint run_limit_s, build_limit_s;
};

/*
 * Callbacks for the user interface; each may be NULL. `ended` is called with CELL when an attempt
 * of CELL has ended, and with BUILD when BUILD has ended; the other argument is NULL.
 */
struct night;
struct night_view {
	void (*ended)(const struct night *night, const struct night_cell *cell,
		      const struct night_build *build, void *data);
	void (*progress)(const struct night *night, const char *line, void *data);
	/*
	 * called when a signal has stopped the night: no further job is started, RUNNING jobs
	 * still run. If ALL is TRUE, these are being stopped, too
	 */
	void (*stopping)(const struct night *night, guint running, gboolean all, void *data);
	/*
	 * called at the first SIGINT, if the jobs can continue without this process. Returns TRUE
	 * to leave them running
	 */
	gboolean (*ask_leave)(const struct night *night, void *data);
	/*
	 * called before the process detaches from the jobs if that must wait for something; WHY is
	 * the text of place_leave_waits()
	 */
	void (*leave_waits)(const struct night *night, const char *why, void *data);
	void *data;
};

struct night {
	/*
	 * id: "20261129T220000Z"; plan, about: name and description of the plan; dir: path of the
	 * night's folder; results: path of the results folder; began: time of the first start,
	 * "2026-11-29T22:00:00Z"
	 */
	char *id, *plan, *about, *dir, *results, *began;
	/* the strings in it belong to the caller, and may be freed after night_new() */
	struct night_options options;
	char **extra; /* further options for each `rig run`, NULL-terminated */
	guint retries, duration_s, patience_s;
	struct plan_keep keep;
	guint64 seed;
	struct night_kernel *kernels;
	guint n_kernels;
	/* of struct night_cell, night_build and night_excluded */
	GPtrArray *cells, *builds, *excluded;
	struct place *place;
	/*
	 * the most resources that one cell (a run) may need; a cell that needs more memory is
	 * skipped
	 */
	struct pack_room host;
	const char *unfinished; /* why the night ended before all cells were run, or NULL */
	/*
	 * sums over all processes that ran the night, without the times that a killed process has
	 * not recorded
	 */
	double wall_s, controller_s, children_s;
	struct run_index *index;
	json_t *past; /* content of night.json of earlier nights, for estimates */
	int lock, journal;
};

/*
 * Makes a night of PLAN in memory, with its cells and with estimates from the index. night_begin()
 * creates its folder. Errors: RIG_EXIT_USAGE (no cell of the plan can be run, or an entry of
 * `exclude` matches none), RIG_EXIT_INFRA.
 */
struct night *night_new(const struct plan *plan, const struct night_options *options,
			GError **error);
gboolean night_begin(struct night *night, GError **error);

/*
 * Loads the night whose ID is ID; if ID is NULL, the newest unfinished night of the plan PLAN. Its
 * cells come from its folder, even if the plan has changed since. The limits, the place, and the
 * path of the rig's program come from OPTIONS. Errors: RIG_EXIT_USAGE (there is no such night, or
 * another process runs it), RIG_EXIT_INFRA.
 */
struct night *night_resume(const char *plan, const char *id, const struct night_options *options,
			   GError **error);
void night_free(struct night *night);
RIG_DEFINE_AUTO(night, night_free)

/* The value of `unfinished` for a night whose jobs continue without the rig. */
#define NIGHT_LEFT "its jobs continue"

/*
 * Returns the id of the newest unfinished night of PLAN, newly allocated. Error: RIG_EXIT_USAGE,
 * there is none.
 */
char *night_find_unfinished(const char *results, const char *plan, GError **error);

/* Lists what night_run() would do: cells, estimated times, missing files. New reference. */
json_t *night_dry_run(const struct night *night);

/*
 * Runs the cells that are not finished. Blocks, iterating the default main context. After the first
 * SIGINT, or if the file `stop` exists, no further child is started; a second SIGINT, or SIGTERM,
 * stops the running ones. Errors: those of place_open(); RIG_EXIT_INFRA, the journal cannot be
 * written.
 */
gboolean night_run(struct night *night, const struct night_view *view, GError **error);

/*
 * Compares the night with earlier ones, and writes night.json. Returns its content (new reference).
 */
json_t *night_result(struct night *night, GError **error);

/*
 * A night never deletes this many of the newest runs of each scenario, machine and kernel; this is
 * also the default of `rig prune --keep`.
 */
#define NIGHT_KEEP_NEWEST 3

/*
 * Deletes old runs and kernels after a finished night, by the ages in the plan's `keep`. Returns
 * {"runs": N, "kernels": N, "kernel_bytes": N, "problem": TEXT|null} (new reference), or NULL if
 * the night is not finished or the plan has no `keep`. A problem does not change the result of the
 * night.
 */
json_t *night_delete_old(struct night *night);

/*
 * Returns 1 if there is a new finding; 3 if a build failed, a cell has no verdict, or the night was
 * stopped for another reason than its budget; otherwise 0. RESULT is from night_result().
 */
int night_exit_code(const struct night *night, json_t *result);

/*
 * Returns the contents of night.json of all nights below RESULTS that can be read, oldest first: a
 * new array.
 */
json_t *night_list(const char *results);

/*
 * Returns the contents of cells.json of the nights without night.json, which still run or were
 * killed: a new array.
 */
json_t *night_list_without_result(const char *results);

#endif
