/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `rig race`: searches for holds that make a scenario fail. A hold makes a vCPU wait at one place
 * of the kernel (docs/director.md). A trial is one run of the search, with the holds that it tries;
 * a sweep is a trial that tries many holds, a few at a time. strategy.h chooses the trials. Each is
 * a job of a place (place/place.h). The search iterates the default main context.
 *
 * `race.json` in the folder of the search has the command line, the record of the first run, and
 * each trial with its outcome. It is written by rename after each run, so a kill only loses the
 * runs in progress. `race.yaml` is the scenario with the holds that were found. A file `sweep-N-M`
 * has the holds of a sweep.
 */
#ifndef RIG_RACE_RACE_H
#define RIG_RACE_RACE_H

#include "place/place.h"
#include "race/strategy.h"

#define RACE_GUESTS_MAX 4

/* Options of a search; all pointers are borrowed for the life of the search. */
struct race_options {
	/* `machine` is NULL for the first machine of the scenario */
	const char *scenario, *machine;
	const char *kernel; /* NULL stands for the default kernel */
	const char *const *patches, *const *fragments;
	/*
	 * selects the functions in which holds are tried, see race_around(); NULL stands for all
	 * source files of memory hotplug
	 */
	const char *around;
	/* the value of `rig run --qemu`; NULL stands for the machine's default */
	const char *emulator;
	/* `drop_holds`: ignore the holds that the scenario itself has */
	gboolean no_lockdep, drop_holds;
	/*
	 * this QEMU can hold a vCPU between the read and the write of a read-modify-write
	 * instruction
	 */
	gboolean updates;
	gboolean pct;	  /* sweeps use a random scheduler (plugin/pct.h) instead of delays */
	/*
	 * seconds of load in the first run and in a sweep (a run that tries many holds); 0 stands
	 * for the scenario's duration
	 */
	guint record_s, sweep_s;
	/*
	 * maximum number of guests at a time; maximum number of seconds that this process takes,
	 * not counting the kernel build
	 */
	guint guests, budget_s;
	guint cpus; /* vCPUs of the guests; 0 stands for the scenario's number */
	guint duration_s, patience_s;
	/* paths of the results folder and of the folder of the search */
	const char *results, *dir;
	const char *rig;       /* path of the rig; NULL stands for this program */
	/*
	 * where the runs are executed; NULL stands for this host, on which a run builds its kernel
	 * itself if the kernel is not in the cache
	 */
	struct place *place;
	struct pack_room need; /* memory and CPUs that a run needs; used if `place` is set */
	/*
	 * source of the kernel that is built at `place` before the first run; NULL if `kernel` is
	 * an image
	 */
	const char *source, *arch;
};

enum race_end {
	/* a search has found holds and measured the failure rate; a walk has run all cells */
	RACE_DONE,
	RACE_OUT_OF_BUDGET,
	RACE_STOPPED,
	RACE_FAILS_ALONE, /* runs fail even without a hold, or without a failed call */
};

/*
 * A trial that has ended. The first trial is the run without holds in which functions are counted.
 */
struct race_event {
	guint number;
	const struct race_trial *trial;
	const struct race_outcome *outcome;
	/*
	 * `verdict` is the name of the run's verdict, `said` the first reason for it; NULL if there
	 * is none
	 */
	const char *verdict, *said;
	double wall_s;
};

struct race_search;

/*
 * Begins a search in OPTIONS->dir, which is created if it does not exist; or continues the search
 * whose race.json is STATE. WORDS is the command line, stored for --resume. Errors: RIG_EXIT_USAGE,
 * STATE cannot be read; RIG_EXIT_INFRA.
 */
struct race_search *race_search_new(const struct race_options *options, json_t *words,
				    json_t *state, GError **error);
void race_search_free(struct race_search *search);
RIG_DEFINE_AUTO(race_search, race_search_free)

/*
 * Sets two callbacks: ENDED is called whenever a run has ended, STARTING whenever one was started;
 * WHAT says what the run is for.
 */
void race_search_watch(struct race_search *search,
		       void (*ended)(const struct race_event *event, void *data),
		       void (*starting)(const char *what, void *data), void *data);

/*
 * Runs the search until the failure rates are known, the budget is spent or a signal arrives.
 * Blocks. Errors: RIG_EXIT_USAGE, the scenario or AROUND does not fit the kernel; RIG_EXIT_SKIP,
 * QEMU does not support holds; RIG_EXIT_INFRA, several consecutive faults of the host, or a fault
 * of the place. After an error the search can be resumed.
 */
gboolean race_search_run(struct race_search *search, enum race_end *ret, GError **error);

/* Returns the strategy; NULL until the scenario's first run has ended. Borrowed. */
const struct race *race_search_strategy(const struct race_search *search);
/*
 * Returns why the last failed sweep of the phase RACE_EXPLORE (strategy.h) has failed: the first
 * reason of its verdict. Returns NULL if no sweep has failed. Borrowed.
 */
const char *race_search_reason(const struct race_search *search);

/* Returns hold I of TRIAL in the format of `rig run --hold`; the caller owns it. */
char *race_hold_text(const struct race_trial *trial, guint i);
/*
 * Returns the list of the holds of the sweep TRIAL, in the format of `rig run --sweep`; the caller
 * owns it.
 */
char *race_sweep(const struct race_trial *trial);

/*
 * Returns the text of the scenario file FILE, with its holds replaced by those of TRIAL, and with
 * CPUS vCPUs unless CPUS is 0. Errors: RIG_EXIT_USAGE, FILE cannot be read. The caller owns the
 * text.
 */
char *race_scenario(const char *file, const struct race_trial *trial, guint cpus, GError **error);

/*
 * Interprets WHAT, the argument of --around. *RET_VISITS are the functions to count, for `rig run
 * --visits`; *RET_FAVOURED are the functions to try first (g_strfreev()), or NULL.
 *
 * 	mm/slub.c       the functions of this file, which the director's table must have
 * 	add_memory      this function and its neighbours
 * 	slab_mutex      a lock: the files with functions that take it
 * 	a run           all files; the functions in the run's reports are tried first
 *
 * Errors: RIG_EXIT_USAGE, WHAT is none of these.
 */
gboolean race_around(const char *what, const char *results, char **ret_visits, char ***ret_favoured,
		     GError **error);

#endif
