/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arms from which a search chooses, and the state that arms.c and strategy.c share. An arm (a
 * word from bandit algorithms) is a hold at one place. A sweep is a run that tries many arms, a few
 * at a time (strategy.h).
 */
#ifndef RIG_RACE_ARMS_H
#define RIG_RACE_ARMS_H

#include "race/strategy.h"

/* the holds that may have caused the failure of a sweep are tried in at most this many groups */
#define RACE_GROUPS 4

/* An arm: a hold at one place of the kernel, which sweeps may try. */
struct arm {
	char *hold; /* the place, in the format of hold_parse() */
	/*
	 * how often per second vCPUs execute the place: before the first sweep the rate of the
	 * function's entry, later the highest rate in a sweep, which is larger if the place is in a
	 * loop
	 */
	double hz;
	/*
	 * prior: how promising the arm was after the first run; reward: the sum of its rewards for
	 * ended sweeps (arms_reward())
	 */
	double prior, reward;
	/*
	 * number of sweeps with this arm; one in which it did not wait counts less (NOT_HELD in
	 * arms.c)
	 */
	double tries;
	guint pending;	    /* number of sweeps with this arm (hold) that are in progress */
	gboolean is_update; /* the place is a non-atomic read-modify-write */
};

struct race {
	guint n_functions; /* number of functions that vCPUs executed in the first run */
	GArray *arms;
	guint sweeps, ended; /* sweeps that were started; sweeps that have a result */
	/*
	 * has_updates: at least one arm is at a non-atomic read-modify-write; pct: sweeps use a
	 * random scheduler (plugin/pct.h)
	 */
	gboolean has_updates, pct;
	enum race_phase phase;
	/* the holds that cause the failure, as far as known; the strings belong to the arms */
	struct race_trial found;
	/*
	 * In the phase RACE_CONFIRM, which tries the arms that may have caused a failure: `suspect`
	 * has their indices, in groups of RACE_GROUP; in a group with fewer arms, the other entries
	 * are G_MAXUINT. `group` is the group that is tried now.
	 */
	guint suspect[RACE_GROUPS * RACE_GROUP], n_suspects, group;
	/*
	 * In the phase RACE_REDUCE, which leaves out holds as long as the rest fails: `halving` is
	 * TRUE as long as halves of the holds are tried, and FALSE when single holds are left out;
	 * `part` selects the holds that are tried (take_part()), `tries` counts the runs with them,
	 * and `pending` is TRUE while such a run is in progress (also in RACE_CONFIRM). In
	 * RACE_CONFIRM, `tries` counts the runs of the first group.
	 */
	gboolean halving, pending;
	guint part, tries;
	/*
	 * In the phase RACE_MEASURE: `failed` of `runs` runs with the holds of `found` have failed,
	 * and run_pending more are in progress; base_failed, base_runs and base_pending count the
	 * same for runs without holds
	 */
	guint failed, runs, base_failed, base_runs, base_pending, run_pending;
};

/*
 * Adds the arms for the functions that RECORD, the record of the first run, lists. Returns FALSE if
 * an entry of its `visits` cannot be read, and sets *RET_BAD to the index of that entry.
 */
gboolean arms_add(struct race *race, const struct race_record *record, guint *ret_bad);
/*
 * Returns TRUE if vCPUs seldom execute the place of ARM, a hold. Such an arm is active during the
 * whole sweep; the others take turns.
 */
gboolean arms_is_seldom(const struct race *race, guint arm);
/* Returns the index of the arm with the hold HOLD, or G_MAXUINT if there is none. */
guint arms_find(const struct race *race, const char *hold);
/* Fills *RET with a sweep that tries the best arms (holds). Returns FALSE if there are no arms. */
gboolean arms_explore(struct race *race, struct race_trial *ret);
/*
 * Rewards the arms (holds) of the ended sweep TRIAL with the outcome O; O is NULL if the sweep has
 * no result.
 */
void arms_reward(struct race *race, const struct race_trial *trial, const struct race_outcome *o);
/*
 * Sets race->suspect to the arms (holds) that may have caused the failure of the sweep TRIAL, by
 * its outcome O.
 */
void arms_suspect(struct race *race, const struct race_trial *trial, const struct race_outcome *o);

#endif
