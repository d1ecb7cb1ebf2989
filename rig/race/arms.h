/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arms of the bandit (strategy.h), that is the holds it chooses from, and the state that arms.c
 * and strategy.c share.
 */
#ifndef RIG_RACE_ARMS_H
#define RIG_RACE_ARMS_H

#include "race/strategy.h"

#define RACE_GROUPS 4 /* groups of suspects that are tried after a sweep has failed */

struct arm {
	char *hold;
	double hz; /* upper limit of how often the place is passed in a second */
	double prior, reward;
	double tries; /* sweeps in which it waited; one in which it did not counts less */
	guint pending;
	gboolean is_update;
};

struct race {
	guint n_functions;
	GArray *arms;
	guint sweeps, ended; /* begun, and with a result */
	gboolean has_updates;
	enum race_phase phase;
	struct race_trial found; /* its strings belong to the arms */
	/* RACE_CONFIRM: numbers of the suspected arms, and of the group that is tried */
	guint suspect[RACE_GROUPS * RACE_GROUP], n_suspects, group;
	/* RACE_CONFIRM and RACE_REDUCE: which part of the holds is tried, and how often it was */
	gboolean halving, pending;
	guint part, tries;
	guint failed, runs, base_failed, base_runs, base_pending, run_pending;
};

/* Adds the arms of RECORD. FALSE: entry *RET_BAD cannot be read. */
gboolean arms_add(struct race *race, const struct race_record *record, guint *ret_bad);
/* Is the place of ARM passed so seldom that the arm is active during a whole sweep? */
gboolean arms_is_seldom(const struct race *race, guint arm);
/* The index of HOLD's arm, or G_MAXUINT. */
guint arms_find(const struct race *race, const char *hold);
/* Makes a sweep of the best arms. FALSE: there are none. */
gboolean arms_explore(struct race *race, struct race_trial *ret);
/* Rewards the arms of TRIAL, a sweep that has ended with O; NULL: without a result. */
void arms_reward(struct race *race, const struct race_trial *trial, const struct race_outcome *o);
/* Sets race->suspect from the sweep TRIAL, which failed. */
void arms_suspect(struct race *race, const struct race_trial *trial, const struct race_outcome *o);

#endif
