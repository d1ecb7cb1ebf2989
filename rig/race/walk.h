/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `rig race --fail`: makes calls of the functions in scenario/fallible.h fail, one in each run (a
 * *walk*), and lists those after which a check reports a violation: memory is missing at the end,
 * the kernel prints a report, the guest hangs, or an operation does not work any more. Its runs are
 * jobs of a place. It iterates the default main context.
 *
 * The first run counts calls and lets none fail. Then there is a run (a *cell*) for each
 * combination of a function that was called, one of its first calls, and an errno. Cells for the
 * first call and the first errno come first. `race.json` has all cells with their results; it is
 * written by rename after each run.
 */
#ifndef RIG_RACE_WALK_H
#define RIG_RACE_WALK_H

#include "race/race.h"

#define WALK_CALLS_MAX 100

struct walk_options {
	/* `around` is a function or file; `record_s` and `sweep_s` are not used */
	struct race_options run;
	guint calls; /* number of calls of each function that are made to fail, one per cell */
};

enum walk_result {
	WALK_OPEN,	  /* the cell was not run yet */
	WALK_CLEAN,	  /* the call was made to fail, and no check reported a violation */
	WALK_NOT_REACHED, /* the guest did not make this call */
	WALK_VIOLATION,
	WALK_NOT_JUDGED, /* the host prevented a result in all runs of the cell */
};

struct walk_cell {
	/*
	 * in the format of `rig run --fail`; "" in the first cell, the run in which calls are
	 * counted
	 */
	char *fail;
	enum walk_result result;
	guint tries; /* number of runs of this cell */
	/*
	 * of the last run of the cell: name of the run folder, name of the verdict, and first
	 * reason for the verdict; each is NULL if there is none
	 */
	char *run, *verdict, *said;
	double wall_s;
	gboolean busy; /* a run of this cell is in progress */
};

struct walk;

/*
 * Starts a walk (see the top of this file) in OPTIONS->run.dir, or continues one from STATE, its
 * race.json. WORDS is the command line, stored for --resume. Errors: RIG_EXIT_USAGE, STATE cannot
 * be read; RIG_EXIT_INFRA.
 */
struct walk *walk_new(const struct walk_options *options, json_t *words, json_t *state,
		      GError **error);
void walk_free(struct walk *walk);
RIG_DEFINE_AUTO(walk, walk_free)

/* Sets a callback that is called after each run. */
void walk_watch(struct walk *walk, void (*ended)(const struct walk_cell *cell, void *data),
		void *data);

/*
 * Runs the cells without a result. Blocks. Errors: RIG_EXIT_USAGE or RIG_EXIT_SKIP, the first run
 * was refused, for example because QEMU is too old; RIG_EXIT_INFRA.
 */
gboolean walk_run(struct walk *walk, enum race_end *ret, GError **error);

struct fallible;

/* Returns TRUE if AROUND (a function, part of a path, or NULL for all) selects ROW. */
gboolean walk_is_wanted(const struct fallible *row, const char *around);

/* Returns TRUE if AROUND selects at least one row of the table (walk_is_wanted()). */
gboolean walk_has_function(const char *around);

/* Returns all cells; the first one is the run in which calls were counted. Borrowed. */
const GPtrArray *walk_cells(const struct walk *walk);
/*
 * Returns the functions of the table that the kernel has, but the scenario did not call; borrowed
 * strings.
 */
const GPtrArray *walk_uncalled(const struct walk *walk);

/*
 * Returns the walk as JSON: {"cells": [{"fail", "result", "run", "verdict", "said", "wall_s"}],
 * "uncalled": […]}.
 */
json_t *walk_json(const struct walk *walk);
/* Returns the name of a result: "clean", "violation", … */
const char *walk_result_name(enum walk_result result);

#endif
