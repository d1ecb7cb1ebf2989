/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `rig race`: searches for holds that make a scenario fail. Its runs are child processes
 * (child/child.h), chosen by strategy.h. It iterates the default main context.
 *
 * `race.json` in its folder has the command line, the record of the first run and each trial with
 * its outcome. It is written by rename after each run, so that a kill loses only the runs under
 * way. `race.yaml` is the scenario with the holds that were found; `sweep-N-M` are the files of
 * sweeps.
 */
#ifndef RIG_RACE_RACE_H
#define RIG_RACE_RACE_H

#include "race/strategy.h"

#define RACE_GUESTS_MAX 4

/* All borrowed for the life of the search. */
struct race_options {
	const char *scenario, *machine; /* machine: NULL, the scenario's first */
	const char *kernel;		/* NULL: the default one */
	const char *const *patches, *const *fragments;
	const char *around; /* see race_around(); NULL: all files of memory hotplug */
	const char *emulator;
	gboolean no_lockdep, drop_holds; /* drop_holds: leave out the scenario's own holds */
	gboolean updates;		 /* QEMU can hold a vCPU inside an update */
	/* seconds of load of the first run and of a sweep; 0: as the scenario has it */
	guint record_s, sweep_s;
	guint guests, budget_s; /* limits for this process; the kernel's build does not count */
	guint duration_s, patience_s;
	const char *results, *dir;
	const char *rig; /* the program to run; NULL: this one */
};

enum race_end { RACE_FOUND, RACE_OUT_OF_BUDGET, RACE_STOPPED, RACE_FAILS_ALONE };

/* A trial that has ended; the first one is the run in which functions are counted. */
struct race_event {
	guint number;
	const struct race_trial *trial;
	const struct race_outcome *outcome;
	const char *verdict, *said; /* `said`: the run's first reason */
	double wall_s;
};

struct race_search;

/*
 * Begins a search in OPTIONS->dir, which is created if it does not exist, or continues with STATE,
 * its race.json. WORDS is the command line, kept for --resume. Errors: RIG_EXIT_USAGE, a state that
 * cannot be read; RIG_EXIT_INFRA.
 */
struct race_search *race_search_new(const struct race_options *options, json_t *words,
				    json_t *state, GError **error);
void race_search_free(struct race_search *search);
RIG_DEFINE_AUTO(race_search, race_search_free)

/* Called when a run has ended. */
void race_search_watch(struct race_search *search,
		       void (*ended)(const struct race_event *event, void *data),
		       void (*starting)(const char *what, void *data), void *data);

/*
 * Runs the search, blocking, until the failure rates are known, the budget is spent or a signal
 * arrives. Errors: RIG_EXIT_USAGE, the scenario or AROUND does not fit the kernel; RIG_EXIT_SKIP,
 * QEMU does not support holds; RIG_EXIT_INFRA, several faults of the host in a row. It can be
 * resumed after each of them.
 */
gboolean race_search_run(struct race_search *search, enum race_end *ret, GError **error);

/* The strategy; NULL until the scenario's first run has ended. Borrowed. */
const struct race *race_search_strategy(const struct race_search *search);
/* The reason of the run that first failed; NULL: none. Borrowed. */
const char *race_search_said(const struct race_search *search);

/* Hold I of TRIAL as `rig run --hold` takes it; the caller's. */
char *race_hold_text(const struct race_trial *trial, guint i);
/* TRIAL, a sweep, as `rig run --sweep` reads it; the caller's. */
char *race_sweep(const struct race_trial *trial);

/*
 * The text of the scenario file FILE with TRIAL's holds instead of its own. Errors: RIG_EXIT_USAGE,
 * FILE cannot be read. The caller's.
 */
char *race_scenario(const char *file, const struct race_trial *trial, GError **error);

/*
 * Interprets --around WHAT. *RET_VISITS: functions to count, for `rig run --visits`; *RET_FAVOURED:
 * functions to try first (g_strfreev()), or NULL.
 *
 *	mm/slub.c	that file of the director's table
 *	add_memory	that function and its neighbours
 *	slab_mutex	a lock: the files that take it
 *	a run all files; the functions in its reports are tried first
 *
 * Errors: RIG_EXIT_USAGE, WHAT is none of these.
 */
gboolean race_around(const char *what, const char *results, char **ret_visits, char ***ret_favoured,
		     GError **error);

#endif
