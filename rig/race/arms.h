/* SPDX-License-Identifier: GPL-2.0-only */
/* The arms of the bandit (strategy.h), and the state that arms.c and strategy.c share. */
#ifndef RIG_RACE_ARMS_H
#define RIG_RACE_ARMS_H

#include "race/strategy.h"

#define RACE_GROUPS 4 /* of suspects that are tried after a sweep has failed */

struct arm {
	char *hold;
	double hz; /* how often the place is passed in a second, at most */
	double prior, reward;
	double tries; /* sweeps in which it waited; one in which it did not counts less */
	guint pending;
	gboolean is_update;
};

struct race {
	guint n_functions;
	GArray *arms;
	guint sweeps;
	enum race_phase phase;
	struct race_trial found; /* strings: of the arms */
	/* RACE_CONFIRM: arms, and the group that is tried */
	guint suspect[RACE_GROUPS * RACE_GROUP], n_suspects, group;
	/* RACE_CONFIRM and RACE_REDUCE: the part that is tried, and how often */
	gboolean halving, pending;
	guint part, tries;
	guint failed, runs, base_failed, base_runs, base_pending, run_pending;
};

/* Adds the arms of RECORD. FALSE: it cannot be read, at entry *RET_BAD. */
gboolean arms_add(struct race *race, const struct race_record *record, guint *ret_bad);
/* The index of HOLD's arm, or G_MAXUINT. */
guint arms_find(const struct race *race, const char *hold);
/* A sweep of the best arms. FALSE: there are none. */
gboolean arms_explore(struct race *race, struct race_trial *ret);
/* TRIAL, a sweep, has ended, or (O is NULL) has no result. */
void arms_reward(struct race *race, const struct race_trial *trial, const struct race_outcome *o);
/* Sets race->suspect from the sweep TRIAL, which failed. */
void arms_suspect(struct race *race, const struct race_trial *trial, const struct race_outcome *o);

#endif
