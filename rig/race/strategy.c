// SPDX-License-Identifier: GPL-2.0-only
/* The phases of a search: what is tried next, and the reduction of a failed trial. */
#include "race/arms.h"

#include <string.h>

#include "util/error.h"

#define TRIES 2		 /* runs without a part of the holds before that part counts as necessary */
#define LUCK 3		 /* after so many runs at least half must have failed, or chance is as good
			  * as the holds */

const char *race_phase_name(enum race_phase phase)
{
	static const char *const names[] = {"explore", "reduce", "measure", "base", "over"};

	return names[phase];
}

struct race *race_new(json_t *visits, const char *const *favoured, GError **error)
{
	g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
	rig_auto(race) race = g_new0(struct race, 1);
	json_t *one;
	size_t i;

	race->names = g_ptr_array_new_with_free_func(g_free);
	race->arms = g_array_new(FALSE, FALSE, sizeof(struct arm));
	race->place_tries = g_array_new(FALSE, TRUE, sizeof(guint));
	json_array_foreach (visits, i, one) {
		const char *name = json_string_value(json_object_get(one, "function"));

		if (!name || arms_visits(visits, i) < 1) {
			rig_fail(error, RIG_EXIT_USAGE,
				 "the record of the first run cannot be read: entry %zu has no "
				 "function or no visits",
				 i);
			return NULL;
		}
		g_ptr_array_add(race->names, g_strdup(name));
		g_hash_table_insert(ids, g_ptr_array_index(race->names, i), GUINT_TO_POINTER(i));
	}
	g_array_set_size(race->place_tries, race->names->len);
	arms_add(race, visits, ids, favoured);
	if (!race->arms->len) {
		rig_fail(error, RIG_EXIT_USAGE,
			 "no two of the %u functions were passed by different vCPUs within 50 ms: "
			 "the scenario needs two tasks that are in memory hotplug at the same time",
			 race->names->len);
		return NULL;
	}
	arms_scale(race);
	return g_steal_pointer(&race);
}

void race_free(struct race *race)
{
	g_ptr_array_unref(race->names);
	g_array_unref(race->arms);
	g_array_unref(race->place_tries);
	g_free(race);
}

void race_size(const struct race *race, guint *ret_functions, guint *ret_arms)
{
	*ret_functions = race->names->len;
	*ret_arms = race->arms->len;
}

/* ---- reduce ---- */

/* The part of the found holds to try next: the PART-th half, or all but the PART-th. */
static void take_part(const struct race *race, struct race_trial *ret)
{
	guint half = (race->found.n + 1) / 2;

	*ret = (struct race_trial){.phase = RACE_REDUCE,
				   .why = race->halving ? "which half of the holds it needs"
							: "does it need the one left out"};
	for (guint i = 0; i < race->found.n; i++)
		if (race->halving ? (i >= half) == (race->part > 0) : i != race->part)
			ret->hold[ret->n++] = race->found.hold[i];
}

static void begin_reduce(struct race *race)
{
	race->phase = race->found.n > 1 ? RACE_REDUCE : RACE_MEASURE;
	race->halving = TRUE;
	race->part = race->tries = 0;
	race->failed = race->runs = 0;
}

/* TRIAL failed without the rest: continue with its holds. */
static void keep_part(struct race *race, const struct race_trial *trial)
{
	gboolean halving = race->halving;
	guint part = race->part;
	struct race_trial kept = *trial;

	for (guint i = 0; i < kept.n; i++) {
		const struct arm *arm = arms_find(race, &kept.hold[i]);

		if (arm)
			kept.hold[i] = (struct race_hold){race->names->pdata[arm->at],
							  race->names->pdata[arm->until]};
	}
	race->found = kept;
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
		/* with two holds, each was tried alone */
		if (race->found.n == 2)
			race->phase = RACE_MEASURE;
	} else if (!race->halving && race->part >= race->found.n) {
		race->phase = RACE_MEASURE;
	}
}

/* Handles TRIAL if it is the part being tried; others are late trials of RACE_EXPLORE. */
static void reduce(struct race *race, const struct race_trial *trial, const struct race_outcome *o)
{
	race->pending = FALSE;
	if (o->failed)
		keep_part(race, trial);
	else if (++race->tries >= TRIES)
		next_part(race);
}

/* ---- measure ---- */

static gboolean measure(struct race *race, struct race_trial *ret)
{
	if (race->runs + race->run_pending < RACE_RUNS) {
		*ret = race->found;
		ret->phase = RACE_MEASURE;
		ret->why = "how often it fails with these holds";
		race->run_pending++;
		return TRUE;
	}
	if (race->base_runs + race->base_pending < RACE_BASE_RUNS) {
		*ret = (struct race_trial){.phase = RACE_BASE,
					   .why = "how often it fails without holds"};
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

static void settle(struct race *race)
{
	if (race->phase == RACE_MEASURE && race->runs >= RACE_RUNS &&
	    race->base_runs >= RACE_BASE_RUNS)
		race->phase = RACE_OVER;
}

/* ---- all ---- */

gboolean race_next(struct race *race, struct race_trial *ret)
{
	switch (race->phase) {
	case RACE_EXPLORE:
		return arms_explore(race, ret);
	case RACE_REDUCE:
		if (race->pending)
			return FALSE;
		race->pending = TRUE;
		take_part(race, ret);
		return TRUE;
	case RACE_MEASURE:
		return measure(race, ret);
	default:
		return FALSE;
	}
}

/* Only holds that waited can be the cause. */
static void begin(struct race *race, const struct race_trial *trial, const struct race_outcome *o)
{
	race->found = (struct race_trial){0};
	for (guint i = 0; i < trial->n; i++) {
		const struct arm *arm = o->held[i] ? arms_find(race, &trial->hold[i]) : NULL;

		if (arm)
			race->found.hold[race->found.n++] = (struct race_hold){
				race->names->pdata[arm->at], race->names->pdata[arm->until]};
	}
	if (race->found.n)
		begin_reduce(race);
	else
		race->base_failed++, race->base_runs++;
}

void race_result(struct race *race, const struct race_trial *trial, const struct race_outcome *o)
{
	race->trials++;
	switch (trial->phase) {
	case RACE_EXPLORE:
		arms_reward(race, trial, o);
		if (o->failed && race->phase == RACE_EXPLORE)
			begin(race, trial, o);
		break;
	case RACE_REDUCE:
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
	settle(race);
}

void race_forget(struct race *race, const struct race_trial *trial)
{
	if (trial->phase == RACE_REDUCE)
		race->pending = FALSE;
	else if (trial->phase == RACE_MEASURE)
		race->run_pending -= race->run_pending > 0;
	else if (trial->phase == RACE_BASE)
		race->base_pending -= race->base_pending > 0;
	for (guint i = 0; i < trial->n && trial->phase == RACE_EXPLORE; i++) {
		struct arm *arm = arms_find(race, &trial->hold[i]);

		if (arm)
			arm->pending -= arm->pending > 0;
	}
}

enum race_phase race_phase(const struct race *race)
{
	return race->phase;
}

void race_found(const struct race *race, struct race_trial *ret)
{
	*ret = race->found;
}

void race_rates(const struct race *race, guint *ret_failed, guint *ret_runs, guint *ret_base_failed,
		guint *ret_base_runs)
{
	*ret_failed = race->failed;
	*ret_runs = race->runs;
	*ret_base_failed = race->base_failed;
	*ret_base_runs = race->base_runs;
}
