/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The strategy of `rig race`, without guests: given which functions vCPUs passed in a run without holds, which
 * holds to try next, given what came of those before.
 *
 *	RACE_EXPLORE	a trial has several holds, because a run costs much more than a hold. Each hold is an arm of
 *			a bandit. The choice is by PUCT (Rosin 2011): mean reward plus the arm's prior, which
 *			decreases with its tries.
 *	RACE_REDUCE	a trial failed: its holds are halved, then left out one at a time, as long as it still fails.
 *	RACE_MEASURE	the holds that are left, again and again, and the scenario without any.
 *
 * All is determined by the record and the outcomes in their order, so that a search can be resumed from them.
 */
#ifndef RIG_RACE_STRATEGY_H
#define RIG_RACE_STRATEGY_H

#include <glib.h>
#include <jansson.h>

#include "util/auto.h"

#define RACE_GROUP 6	  /* holds of a trial; of as many different places */
#define RACE_RUNS 6	  /* runs with the holds that are left, */
#define RACE_BASE_RUNS 3  /* and runs without any, of which the record is one */

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
	const char *why; /* static: why this one */
};

/* What came of a trial; the counts are of its holds, in their order. */
struct race_outcome {
	gboolean failed;  /* the run found something that is not known */
	gboolean news;	  /* it showed something else that is new: a lock order */
	guint64 reached[RACE_GROUP], held[RACE_GROUP], met[RACE_GROUP];
};

struct race;

/*
 * VISITS is a run's `details.visits` (director_visits()); of any origin, so it is checked. FAVOURED: functions whose
 * arms are to come first, NULL-terminated, or NULL. NULL with an error (RIG_EXIT_USAGE): no two functions were passed
 * by different vCPUs at about the same time.
 */
struct race *race_new(json_t *visits, const char *const *favoured, GError **error);
void race_free(struct race *race);
RIG_DEFINE_AUTO(race, race_free)

/* The number of functions, and of arms. */
void race_size(const struct race *race, guint *ret_functions, guint *ret_arms);

/*
 * What to run next. FALSE: nothing until a trial that is under way has ended, or at all (race_phase() is RACE_OVER).
 * The trial counts as under way until race_result() or race_forget().
 */
gboolean race_next(struct race *race, struct race_trial *ret);
/* A trial has ended that race_next() gave, or that an earlier process ran: then its strings may be others. */
void race_result(struct race *race, const struct race_trial *trial, const struct race_outcome *outcome);
/* A trial has come to nothing, for example because its run was stopped. */
void race_forget(struct race *race, const struct race_trial *trial);

enum race_phase race_phase(const struct race *race);
/* The holds that fail, as far as it is known yet: none in RACE_EXPLORE. */
void race_found(const struct race *race, struct race_trial *ret);
/* How often the holds of race_found(), and the scenario without holds, failed of how many runs. */
void race_rates(const struct race *race, guint *ret_failed, guint *ret_runs, guint *ret_base_failed,
		guint *ret_base_runs);

#endif
