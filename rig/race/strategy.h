/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The strategy of `rig race`, without guests: given which functions vCPUs passed in a run without
 * holds, which holds to try next, given what came of those before.
 *
 *	RACE_EXPLORE	a trial has several holds, because a run costs much more than a hold. Each
 *			hold is an arm of a bandit. The choice is by PUCT (Rosin 2011): mean reward
 *			plus the arm's prior, which decreases with its tries.
 *	RACE_REDUCE	a trial failed: its holds are halved, then left out one at a time, as long
 *			as it still fails.
 *	RACE_MEASURE	the holds that are left, again and again, and the scenario without any.
 *
 * All is determined by the record and the outcomes in their order, so that a search can be resumed
 * from them.
 */
#ifndef RIG_RACE_STRATEGY_H
#define RIG_RACE_STRATEGY_H

#include <glib.h>
#include <jansson.h>

#include "util/auto.h"

#define RACE_GROUP 6	  /* holds of a trial; of as many different places */
#define RACE_RUNS 6	  /* runs with the remaining holds, */
#define RACE_BASE_RUNS 3  /* and runs without any, including the first run */

enum race_phase { RACE_EXPLORE, RACE_REDUCE, RACE_MEASURE, RACE_BASE, RACE_OVER };

/* "explore", … */
const char *race_phase_name(enum race_phase phase);

/* A vCPU at function `at` waits for another one at `until`. */
struct race_hold {
	const char *at, *until;
};

struct race_trial {
	enum race_phase phase;
	guint n;
	struct race_hold hold[RACE_GROUP];
	const char *why; /* static: why it was chosen */
};

/* The outcome of a trial; the counts are those of its holds, in order. */
struct race_outcome {
	gboolean failed; /* the run has an unknown finding */
	gboolean news;	 /* it has another new result: a lock order */
	guint64 reached[RACE_GROUP], held[RACE_GROUP], met[RACE_GROUP];
};

struct race;

/*
 * VISITS is a run's `details.visits` (director_visits()); of any origin, so it is checked.
 * FAVOURED: functions whose arms are to come first, NULL-terminated, or NULL. NULL with an error
 * (RIG_EXIT_USAGE): no two functions were passed by different vCPUs at about the same time.
 */
struct race *race_new(json_t *visits, const char *const *favoured, GError **error);
void race_free(struct race *race);
RIG_DEFINE_AUTO(race, race_free)

/* The numbers of functions and arms. */
void race_size(const struct race *race, guint *ret_functions, guint *ret_arms);

/*
 * What to run next. FALSE: nothing until a trial in progress has ended, or nothing any more
 * (race_phase() is RACE_OVER). The trial is in progress until race_result() or race_forget().
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
