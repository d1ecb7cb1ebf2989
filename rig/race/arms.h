/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arms from which a search chooses, and the state that arms.c and strategy.c share. An arm (a
 * word from bandit algorithms) is a hold at one place. A sweep is a run that tries many arms, a few
 * at a time (strategy.h).
 */
#ifndef RIG_RACE_ARMS_H
#define RIG_RACE_ARMS_H

#include "race/strategy.h"

#define RACE_GROUPS 4 /* number of groups of suspects that are tried after a sweep has failed */

struct arm {
	char *hold;
	/*
	 * how often per second vCPUs execute the place: first the rate of its function's entry,
	 * then the highest rate in a sweep, because a place in a loop is executed more often
	 */
	double hz;
	double prior, reward;
	/* number of sweeps in which the arm waited; a sweep in which it did not wait counts less */
	double tries;
	guint pending;
	gboolean is_update;
};

struct race {
	guint n_functions;
	GArray *arms;
	guint sweeps, ended; /* sweeps that were started; sweeps that have a result */
	gboolean has_updates, pct;
	enum race_phase phase;
	/* the holds that cause the failure, as far as known; the strings belong to the arms */
	struct race_trial found;
	/*
	 * RACE_CONFIRM: `suspect` has the indices of the suspected arms, G_MAXUINT where a group is
	 * not full; `group` is tried now
	 */
	guint suspect[RACE_GROUPS * RACE_GROUP], n_suspects, group;
	/*
	 * RACE_REDUCE: the part of the holds that is tried (take_part()). `tries` counts its runs,
	 * and in RACE_CONFIRM those of the first group
	 */
	gboolean halving, pending;
	guint part, tries;
	guint failed, runs, base_failed, base_runs, base_pending, run_pending;
};

/*
 * Adds the arms of RECORD. Returns FALSE if an entry of `visits` cannot be read, and sets *RET_BAD
 * to its index.
 */
gboolean arms_add(struct race *race, const struct race_record *record, guint *ret_bad);
/*
 * Returns TRUE if the place of ARM is executed so seldom that the arm is active during a whole
 * sweep.
 */
gboolean arms_is_seldom(const struct race *race, guint arm);
/* Returns the index of the arm with the hold HOLD, or G_MAXUINT if there is none. */
guint arms_find(const struct race *race, const char *hold);
/* Fills *RET with a sweep of the best arms. Returns FALSE if there are no arms. */
gboolean arms_explore(struct race *race, struct race_trial *ret);
/*
 * Rewards the arms of the ended sweep TRIAL with the outcome O; O is NULL if the sweep has no
 * result.
 */
void arms_reward(struct race *race, const struct race_trial *trial, const struct race_outcome *o);
/* Sets race->suspect from the outcome of the failed sweep TRIAL. */
void arms_suspect(struct race *race, const struct race_trial *trial, const struct race_outcome *o);

#endif
