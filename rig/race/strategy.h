/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The strategy of `rig race`: chooses the next trial (race.h), from the functions that vCPUs
 * executed in a run without holds, and from the outcomes of earlier trials. It starts no runs. The
 * phases:
 *
 *	RACE_EXPLORE	a sweep: one boot tries some two hundred holds (arms, in the terms of a
 *			bandit algorithm), a few at a time. A hold is a delay at one place, so
 *			there is one arm per place, not per pair of places. The arms are chosen by
 *			prior and reward. With PCT, a random scheduler orders the vCPUs that
 *			execute these places.
 *	RACE_CONFIRM	a sweep failed: tries its suspects, in sweeps of at most RACE_GROUP holds:
 *			arms in functions that are in stacks of the failure, then others that
 *			waited at about that time
 *	RACE_REDUCE	a group failed, too: halves its holds, then leaves them out one at a time,
 *			as long as the rest fails
 *	RACE_MEASURE	repeats the scenario with the remaining holds, to measure the failure rate
 *	RACE_BASE	only of a trial: a run without holds, to compare with. The first run is one;
 *			RACE_MEASURE makes more, and RACE_EXPLORE if the first run has failed
 *	RACE_OVER	the search has ended
 *
 * Each choice depends only on the record of the first run and on the outcomes in their order, so a
 * search can be resumed from these.
 */
#ifndef RIG_RACE_STRATEGY_H
#define RIG_RACE_STRATEGY_H

#include <glib.h>
#include <jansson.h>

#include "util/auto.h"

#define RACE_ARMS 320	 /* maximum number of holds that one run tries */
#define RACE_GROUP 6	 /* the same after the phase RACE_EXPLORE */
#define RACE_RUNS 4	 /* runs with the remaining holds, to measure the failure rate */
#define RACE_BASE_RUNS 3 /* runs without holds to compare with, including the first run */
/* if the first RACE_ALONE runs without holds have all failed, holds are not the cause */
#define RACE_ALONE 2

enum race_phase { RACE_EXPLORE, RACE_CONFIRM, RACE_REDUCE, RACE_MEASURE, RACE_BASE, RACE_OVER };

/* Returns the name of PHASE for messages: "explore", … */
const char *race_phase_name(enum race_phase phase);

struct race_trial {
	enum race_phase phase;
	guint n;
	/* the holds, in the format of hold_parse(), but without the numbers (max, times) */
	const char *hold[RACE_ARMS];
	guint turns;	 /* in a sweep, holds with this or a higher index take turns */
	guint slots;	 /* in a sweep: how many of those that take turns are active at a time */
	guint window_ms; /* in a sweep: how long each of those is active before the next one */
	guint max_ms;	 /* maximum length of a wait at a hold */
	/* in a sweep: seed of the random scheduler of plugin/pct.h; 0 if it is not used */
	guint pct_seed;
	const char *why; /* why the trial was chosen; a static string */
};

/*
 * Returns TRUE if TRIAL is a sweep, in which holds take turns: with many holds in RACE_EXPLORE,
 * with few in RACE_CONFIRM and RACE_REDUCE. In other phases, all holds of a trial are always
 * active.
 */
gboolean race_is_sweep(const struct race_trial *trial);

/* The outcome of a trial; the arrays are indexed like the trial's holds. */
struct race_outcome {
	gboolean failed; /* the run has a finding that is not a known issue */
	gboolean news;	 /* the run has a lock order that no earlier run had */
	double seconds;	 /* how long the load (agents and steps) ran; 0 if unknown */
	guint64 reached[RACE_ARMS], held[RACE_ARMS], met[RACE_ARMS];
	/* in a failed sweep: the hold's rank as a suspected cause, from 1; 0 if it has none */
	guint suspect[RACE_ARMS];
};

struct race;

/*
 * What the arms (the holds to try) are made from: the record of the first run, which had no holds,
 * and settings.
 */
struct race_record {
	json_t *visits; /* from director_visits(); may come from a file, so it is checked */
	double seconds; /* how long the load of the first run lasted */
	/* functions in which holds are tried first, NULL-terminated; or NULL */
	const char *const *favoured;
	/*
	 * this QEMU can hold a vCPU between the read and the write of an update (read-modify-write)
	 */
	gboolean updates;
	gboolean pct;	  /* sweeps use a random scheduler (plugin/pct.h) instead of delays */
};

/*
 * for how long an arm that takes turns is active at a time, in a sweep with few holds or only with
 * read-modify-write instructions; short, so that each arm waits often
 */
#define RACE_FEW_WINDOW_MS 200
#define RACE_WINDOW_MS 1500 /* the same in other sweeps: milliseconds for which an arm is active */

/*
 * Returns a new strategy. Error: RIG_EXIT_USAGE, the record cannot be read, or different vCPUs
 * never passed two functions at about the same time.
 */
struct race *race_new(const struct race_record *record, GError **error);
void race_free(struct race *race);
RIG_DEFINE_AUTO(race, race_free)

/* Gets how many functions the first run has counted, and how many arms (holds to try) they have. */
void race_size(const struct race *race, guint *ret_functions, guint *ret_arms);

/*
 * Chooses the next trial. Returns FALSE if race_phase() is RACE_OVER, that is, the search has
 * ended; in other phases, FALSE means that no trial can start until one in progress has ended. A
 * trial is in progress until race_result() or race_forget() is called with it.
 */
gboolean race_next(struct race *race, struct race_trial *ret);
/*
 * Must be called when a trial has ended. TRIAL is from race_next(), or was made by an earlier
 * process and read from race.json.
 */
void race_result(struct race *race, const struct race_trial *trial,
		 const struct race_outcome *outcome);
/* Must be called when a trial has no result, for example because its run was stopped. */
void race_forget(struct race *race, const struct race_trial *trial);

enum race_phase race_phase(const struct race *race);
/*
 * Fills *RET with the holds that cause the failure, as far as known. In RACE_EXPLORE there are
 * none.
 */
void race_found(const struct race *race, struct race_trial *ret);
/*
 * Returns TRUE if the holds of race_found() are the result of the search: at least half of the runs
 * with them have failed, but not all runs without them. Some of the runs that measure the rates may
 * still be missing.
 */
gboolean race_is_found(const struct race *race);
/* Gets how many runs failed, with the holds of race_found() and without holds. */
void race_rates(const struct race *race, guint *ret_failed, guint *ret_runs, guint *ret_base_failed,
		guint *ret_base_runs);

#endif
