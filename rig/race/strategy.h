/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The strategy of `rig race`, without guests: from the functions that vCPUs passed in a run without
 * holds, and the outcomes of earlier trials, it chooses the holds of the next run.
 *
 *	RACE_EXPLORE	a sweep: one boot tries some two hundred holds (arms, in the terms of a
 *			bandit algorithm), a few at a time. A hold is a delay at one place, so
 *			there is one arm per place, not per pair of places. The arms are chosen by
 *			prior and reward.
 *	RACE_CONFIRM	a sweep failed: tries the arms that waited at about that time, nearest to
 *			the failure first, in groups of RACE_GROUP that are active all the time
 *	RACE_REDUCE	a group failed, too: halves its holds, then leaves them out one at a time,
 *			as long as the rest fails
 *	RACE_MEASURE	repeats the scenario with the remaining holds, and without holds
 *
 * The record and the outcomes in their order determine each choice, so that a search can be resumed
 * from them.
 */
#ifndef RIG_RACE_STRATEGY_H
#define RIG_RACE_STRATEGY_H

#include <glib.h>
#include <jansson.h>

#include "util/auto.h"

#define RACE_ARMS 320	  /* maximum number of holds of a trial */
#define RACE_GROUP 6	  /* maximum number of holds of trials that are not sweeps */
#define RACE_RUNS 4	  /* runs with the remaining holds, */
#define RACE_BASE_RUNS 3  /* and runs without any, including the first run */

enum race_phase { RACE_EXPLORE, RACE_CONFIRM, RACE_REDUCE, RACE_MEASURE, RACE_BASE, RACE_OVER };

/* "explore", … */
const char *race_phase_name(enum race_phase phase);

struct race_trial {
	enum race_phase phase;
	guint n;
	const char *hold[RACE_ARMS]; /* as hold_parse() reads it, without numbers */
	guint turns;		     /* in a sweep, arms from this one on take turns, */
	guint slots;		     /* with this many active at a time */
	guint max_ms;		     /* the longest wait */
	const char *why;	     /* static: why it was chosen */
};

/* TRUE: a sweep, of many holds or of few; FALSE: its holds are active all the time. */
gboolean race_is_sweep(const struct race_trial *trial);

/* The outcome of a trial; the counts are those of its holds, in order. */
struct race_outcome {
	gboolean failed; /* the run has a finding that is not a known issue */
	gboolean news;	 /* the run has a lock order that no earlier run had */
	guint64 reached[RACE_ARMS], held[RACE_ARMS], met[RACE_ARMS];
	guint suspect[RACE_ARMS]; /* in a sweep: from holds_arms_json() */
};

struct race;

/* What the first run recorded, and what else the arms depend on. */
struct race_record {
	json_t *visits;		     /* director_visits(); may come from a file, so it is checked */
	double seconds;		     /* duration of the load */
	const char *const *favoured; /* functions whose arms come first, NULL-terminated, or NULL */
	gboolean updates; /* this QEMU can hold a vCPU inside an update */
};

#define RACE_FEW_WINDOW_MS 200 /* of a sweep of few holds, so that they wait often */
#define RACE_WINDOW_MS 1500 /* duration of an arm's turn in a sweep */

/*
 * NULL with an error (RIG_EXIT_USAGE): the record cannot be read, or no two functions were passed
 * by different vCPUs at about the same time.
 */
struct race *race_new(const struct race_record *record, GError **error);
void race_free(struct race *race);
RIG_DEFINE_AUTO(race, race_free)

/* The numbers of functions and arms. */
void race_size(const struct race *race, guint *ret_functions, guint *ret_arms);

/*
 * Chooses the next trial. FALSE: none until a trial in progress has ended, or, if race_phase() is
 * RACE_OVER, none at all. The trial is in progress until race_result() or race_forget().
 */
gboolean race_next(struct race *race, struct race_trial *ret);
/*
 * To be called when a trial has ended, from race_next() or from an earlier process (with other
 * strings).
 */
void race_result(struct race *race, const struct race_trial *trial,
		 const struct race_outcome *outcome);
/* To be called when a trial has no result, for example because its run was stopped. */
void race_forget(struct race *race, const struct race_trial *trial);

enum race_phase race_phase(const struct race *race);
/* The holds that cause the failure, as far as known: none in RACE_EXPLORE. */
void race_found(const struct race *race, struct race_trial *ret);
/* How many of the runs with race_found()'s holds, and without holds, failed. */
void race_rates(const struct race *race, guint *ret_failed, guint *ret_runs, guint *ret_base_failed,
		guint *ret_base_runs);

#endif
