/* SPDX-License-Identifier: GPL-2.0-only */
/* The arms of the bandit (strategy.h), and the state that arms.c and strategy.c share. */
#ifndef RIG_RACE_ARMS_H
#define RIG_RACE_ARMS_H

#include "race/strategy.h"

struct arm {
	guint at, until; /* functions */
	double prior, reward;
	guint tries, pending;
	gboolean dead; /* its place was not reached: the guest no longer runs that code */
};

struct race {
	GPtrArray *names;
	GArray *arms;
	GArray *place_tries; /* guint, by function: trials with a hold there */
	guint trials;
	enum race_phase phase;
	struct race_trial found; /* strings: of `names` */
	/* RACE_REDUCE: the part that is tried, and how often */
	gboolean halving, pending;
	guint part, tries;
	guint failed, runs, base_failed, base_runs, base_pending, run_pending;
};

/* How often the I-th function of the record was passed. */
gint64 arms_visits(json_t *visits, guint i);
/* Adds the arms of each function. IDS: name -> index in the record. FAVOURED: names, or NULL. */
void arms_add(struct race *race, json_t *visits, GHashTable *ids, const char *const *favoured);
/* Scales the priors so that the highest one is 1. */
void arms_scale(struct race *race);
/* The arm of HOLD, or NULL. */
struct arm *arms_find(const struct race *race, const struct race_hold *hold);
/* A trial of the best arms. FALSE: there are none. */
gboolean arms_explore(struct race *race, struct race_trial *ret);
/* At least one hold of the trial caused the failure, but not necessarily each. */
void arms_reward(struct race *race, const struct race_trial *trial, const struct race_outcome *o);

#endif
