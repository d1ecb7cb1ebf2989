// SPDX-License-Identifier: GPL-2.0-only
/* Chooses the next trial in each phase of a search (strategy.h). */
#include "race/arms.h"

#include <string.h>

#include "util/error.h"

/* the holds that a trial leaves out are needed if this many runs without them have passed */
#define TRIES 2
/* number of holds that are active at a time in a sweep after the phase RACE_EXPLORE */
#define FEW_SLOTS 2
/*
 * Once there are this many runs with the found holds, at least half of them must have failed.
 * Otherwise the first failure was a coincidence, and the search returns to RACE_EXPLORE.
 */
#define LUCK 3

gboolean race_is_sweep(const struct race_trial *trial)
{
	return trial->phase <= RACE_REDUCE;
}

const char *race_phase_name(enum race_phase phase)
{
	static const char *const names[] = {"explore", "confirm", "reduce",
					    "measure", "base",	  "over"};

	return names[phase];
}

struct race *race_new(const struct race_record *record, GError **error)
{
	rig_auto(race) race = g_new0(struct race, 1);
	guint bad;

	if (!arms_add(race, record, &bad)) {
		rig_fail(error, RIG_EXIT_USAGE,
			 "the record of the first run is not valid: entry %u (from 0) has no "
			 "function or no visits; start a new search",
			 bad);
		return NULL;
	}
	if (!race->arms->len) {
		rig_fail(error, RIG_EXIT_USAGE,
			 "cannot choose a hold: of the %u counted functions, none was executed "
			 "within 50 ms of another one on another vCPU, except functions that are "
			 "executed too often; use a scenario in which two tasks are in memory "
			 "hotplug at the same time",
			 race->n_functions);
		return NULL;
	}
	return g_steal_pointer(&race);
}

void race_free(struct race *race)
{
	g_array_unref(race->arms);
	g_free(race);
}

void race_size(const struct race *race, guint *ret_functions, guint *ret_arms)
{
	*ret_functions = race->n_functions;
	*ret_arms = race->arms->len;
}

/* ---- RACE_CONFIRM: which holds of the failed sweep cause the failure ---- */

/*
 * Adds HOLD to TRIAL: before the holds that take turns if vCPUs seldom execute its place, otherwise
 * at the end.
 */
static void add_hold(const struct race *race, struct race_trial *trial, const char *hold)
{
	guint arm = arms_find(race, hold), at = trial->n++;

	if (arm != G_MAXUINT && arms_is_seldom(race, arm)) {
		for (; at > trial->turns; at--)
			trial->hold[at] = trial->hold[at - 1];
		trial->turns++;
	}
	trial->hold[at] = hold;
}

static void take_group(const struct race *race, struct race_trial *ret)
{
	*ret = (struct race_trial){
		.phase = RACE_CONFIRM,
		.max_ms = race->found.max_ms,
		.slots = FEW_SLOTS,
		.window_ms = RACE_FEW_WINDOW_MS,
		.why = race->group ? "holds that waited earlier before the failure"
				   : "the holds that waited when a sweep failed",
	};
	for (guint i = race->group * RACE_GROUP;
	     i < race->n_suspects && i < (race->group + 1) * RACE_GROUP &&
	     race->suspect[i] != G_MAXUINT; i++)
		add_hold(race, ret,
			 g_array_index(race->arms, struct arm, race->suspect[i]).hold);
}

/*
 * Starts RACE_CONFIRM after the sweep TRIAL has failed. If none of its holds waited, they are not
 * the cause, and the run counts as one without holds.
 */
static void begin_confirm(struct race *race, const struct race_trial *trial,
			  const struct race_outcome *o)
{
	race->found = (struct race_trial){.max_ms = trial->max_ms};
	arms_suspect(race, trial, o);
	race->group = race->tries = race->runs = race->failed = 0;
	race->pending = FALSE;
	if (race->n_suspects)
		race->phase = RACE_CONFIRM;
	else
		race->base_failed++, race->base_runs++;
}

/* ---- RACE_REDUCE: which of the found holds are needed ---- */

/*
 * Fills *RET with the found holds that are tried next. While race->halving is TRUE, this is the
 * first half of them if race->part is 0, and the second half if it is 1. Later it is all of them
 * except hold number race->part.
 */
static void take_part(const struct race *race, struct race_trial *ret)
{
	guint half = (race->found.n + 1) / 2;

	*ret = (struct race_trial){.phase = RACE_REDUCE,
				   .max_ms = race->found.max_ms,
				   .slots = FEW_SLOTS,
				   .window_ms = RACE_FEW_WINDOW_MS,
				   .why = race->halving ? "which half of the holds is needed"
							: "whether the hold that is left out is "
							  "needed"};
	for (guint i = 0; i < race->found.n; i++)
		if (race->halving ? (i >= half) == (race->part > 0) : i != race->part)
			add_hold(race, ret, race->found.hold[i]);
}

static void begin_reduce(struct race *race)
{
	race->phase = race->found.n > 1 ? RACE_REDUCE : RACE_MEASURE;
	race->halving = TRUE;
	race->part = race->tries = 0;
	race->failed = race->runs = 0;
}

/* Stores the holds of TRIAL as the found ones; if O is not NULL, only those that waited. */
static void keep_holds(struct race *race, const struct race_trial *trial,
		       const struct race_outcome *o)
{
	race->found = (struct race_trial){.max_ms = trial->max_ms};
	for (guint i = 0; i < trial->n; i++) {
		guint arm = o && !o->held[i] ? G_MAXUINT : arms_find(race, trial->hold[i]);

		if (arm != G_MAXUINT)
			race->found.hold[race->found.n++] =
				g_array_index(race->arms, struct arm, arm).hold;
	}
}

/*
 * Handles that TRIAL failed: the holds that it left out are not needed, so its own holds become the
 * found ones.
 */
static void keep_part(struct race *race, const struct race_trial *trial)
{
	gboolean halving = race->halving;
	guint part = race->part;

	keep_holds(race, trial, NULL);
	begin_reduce(race);
	if (!halving && race->phase == RACE_REDUCE) {
		race->halving = FALSE;
		race->part = part;
		if (part >= race->found.n)
			race->phase = RACE_MEASURE;
	}
}

static void next_part(struct race *race)
{
	race->tries = 0;
	race->part++;
	if (race->halving && race->part == 2) {
		race->halving = FALSE;
		race->part = 0;
		/* end now: of two holds, each was already tried alone */
		if (race->found.n == 2)
			race->phase = RACE_MEASURE;
	} else if (!race->halving && race->part >= race->found.n) {
		race->phase = RACE_MEASURE;
	}
}

static void reduce(struct race *race, const struct race_trial *trial, const struct race_outcome *o)
{
	race->pending = FALSE;
	if (o->failed)
		keep_part(race, trial);
	else if (++race->tries >= TRIES)
		next_part(race);
}

static void confirm(struct race *race, const struct race_trial *trial,
		    const struct race_outcome *o)
{
	race->pending = FALSE;
	if (o->failed) {
		keep_holds(race, trial, o);
		if (race->found.n)
			begin_reduce(race);
		else
			race->phase = RACE_EXPLORE;
		return;
	}
	/*
	 * the first group has the suspected holds nearest to the failure, so it is tried TRIES
	 * times
	 */
	if (!race->group && ++race->tries < TRIES)
		return;
	race->tries = 0;
	if (++race->group * RACE_GROUP >= race->n_suspects)
		race->phase = RACE_EXPLORE;
}

/* ---- RACE_MEASURE: how often the scenario fails with and without the holds ---- */

static gboolean measure(struct race *race, struct race_trial *ret)
{
	if (race->runs + race->run_pending < RACE_RUNS) {
		*ret = race->found;
		ret->phase = RACE_MEASURE;
		ret->why = "how often the scenario fails with these holds";
		race->run_pending++;
		return TRUE;
	}
	if (race->base_runs + race->base_pending < RACE_BASE_RUNS) {
		*ret = (struct race_trial){.phase = RACE_BASE,
					   .why = "how often the scenario fails without holds"};
		race->base_pending++;
		return TRUE;
	}
	return FALSE;
}

static void measured(struct race *race, const struct race_outcome *o)
{
	race->run_pending -= race->run_pending > 0;
	race->runs++;
	race->failed += o->failed;
	if (race->runs >= LUCK && race->failed * 2 < race->runs) {
		race->phase = RACE_EXPLORE;
		race->found.n = 0;
	}
}

/*
 * Returns TRUE if all runs without holds have failed, but there are too few of them to be sure that
 * holds are not the cause. In this case the scenario is repeated without holds first.
 */
static gboolean may_fail_alone(const struct race *race)
{
	return race->base_failed && race->base_failed == race->base_runs &&
	       race->base_runs < RACE_ALONE;
}

static gboolean repeat_alone(struct race *race, struct race_trial *ret)
{
	if (race->base_pending)
		return FALSE;
	*ret = (struct race_trial){.phase = RACE_BASE,
				   .why = "whether the scenario fails without holds"};
	race->base_pending++;
	return TRUE;
}

static void end_if_measured(struct race *race)
{
	if (race->phase == RACE_MEASURE && race->runs >= RACE_RUNS &&
	    race->base_runs >= RACE_BASE_RUNS)
		race->phase = RACE_OVER;
}

/* ---- public functions ---- */

gboolean race_next(struct race *race, struct race_trial *ret)
{
	switch (race->phase) {
	case RACE_EXPLORE:
		return may_fail_alone(race) ? repeat_alone(race, ret) : arms_explore(race, ret);
	case RACE_CONFIRM:
	case RACE_REDUCE:
		if (race->pending)
			return FALSE;
		race->pending = TRUE;
		if (race->phase == RACE_CONFIRM)
			take_group(race, ret);
		else
			take_part(race, ret);
		return TRUE;
	case RACE_MEASURE:
		return measure(race, ret);
	default:
		return FALSE;
	}
}

void race_result(struct race *race, const struct race_trial *trial, const struct race_outcome *o)
{
	switch (trial->phase) {
	case RACE_EXPLORE:
		race->ended++;
		race->sweeps = MAX(race->sweeps, race->ended);
		arms_reward(race, trial, o);
		if (o->failed && race->phase == RACE_EXPLORE)
			begin_confirm(race, trial, o);
		break;
	case RACE_CONFIRM:
		if (race->phase == RACE_CONFIRM)
			confirm(race, trial, o);
		break;
	case RACE_REDUCE:
		if (race->phase == RACE_REDUCE)
			reduce(race, trial, o);
		break;
	case RACE_MEASURE:
		if (race->phase == RACE_MEASURE)
			measured(race, o);
		break;
	default:
		race->base_pending -= race->base_pending > 0;
		race->base_runs++;
		race->base_failed += o->failed;
	}
	end_if_measured(race);
}

void race_forget(struct race *race, const struct race_trial *trial)
{
	if (trial->phase == RACE_REDUCE || trial->phase == RACE_CONFIRM)
		race->pending = FALSE;
	else if (trial->phase == RACE_MEASURE)
		race->run_pending -= race->run_pending > 0;
	else if (trial->phase == RACE_BASE)
		race->base_pending -= race->base_pending > 0;
	else
		arms_reward(race, trial, NULL);
}

enum race_phase race_phase(const struct race *race)
{
	return race->phase;
}

void race_found(const struct race *race, struct race_trial *ret)
{
	*ret = race->found;
}

gboolean race_is_found(const struct race *race)
{
	return race->phase >= RACE_MEASURE && race->found.n && race->runs >= LUCK &&
	       race->failed * 2 >= race->runs && race->base_failed < race->base_runs;
}

void race_rates(const struct race *race, guint *ret_failed, guint *ret_runs, guint *ret_base_failed,
		guint *ret_base_runs)
{
	*ret_failed = race->failed;
	*ret_runs = race->runs;
	*ret_base_failed = race->base_failed;
	*ret_base_runs = race->base_runs;
}
