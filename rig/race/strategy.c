// SPDX-License-Identifier: GPL-2.0-only
/* Arms, their choice, and the reduction of a failed trial. */
#include "race/strategy.h"

#include <math.h>
#include <string.h>

#include "util/error.h"

#define ARMS_EACH 4	 /* partners of a function: those that are nearest */
#define EXPLORATION 0.5	 /* PUCT's factor of the prior, in units of a failure's reward */
#define REWARD_NEWS 0.5
#define REWARD_MET 0.1	 /* the vCPUs met, which may also happen by chance */
#define FAVOUR 4	 /* factor of the prior of a favoured function */
#define TRIES 2		 /* runs without a part of the holds before that part counts as necessary */
#define LUCK 3		 /* after so many runs at least half must have failed, or chance is as good
			  * as the holds */

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

const char *race_phase_name(enum race_phase phase)
{
	static const char *const names[] = {"explore", "reduce", "measure", "base", "over"};

	return names[phase];
}

/* ---- arms ---- */

struct neighbour {
	guint until;
	double near;
};

static int nearest_first(gconstpointer a, gconstpointer b)
{
	const struct neighbour *one = a, *two = b;

	return one->near > two->near ? -1 : one->near < two->near;
}

/* A function that is passed constantly is a poor candidate, and a hold there slows the guest. */
static double rarity(gint64 visits)
{
	return 1 / (1 + log10(visits));
}

static gint64 visits_of(json_t *visits, guint i)
{
	return json_integer_value(json_object_get(json_array_get(visits, i), "visits"));
}

static GArray *neighbours_of(json_t *visits, GHashTable *ids, guint at)
{
	GArray *out = g_array_new(FALSE, FALSE, sizeof(struct neighbour));
	const char *name;
	json_t *times;

	json_object_foreach (json_object_get(json_array_get(visits, at), "beside"), name, times) {
		gpointer id;
		struct neighbour one;

		if (!g_hash_table_lookup_extended(ids, name, NULL, &id) ||
		    json_integer_value(times) <= 0)
			continue;
		one.until = GPOINTER_TO_UINT(id);
		one.near = MIN(1, json_integer_value(times) / (double)visits_of(visits, at)) *
			   rarity(visits_of(visits, one.until));
		g_array_append_val(out, one);
	}
	g_array_sort(out, nearest_first);
	return out;
}

static void add_arms(struct race *race, json_t *visits, GHashTable *ids,
		     const char *const *favoured)
{
	for (guint at = 0; at < race->names->len; at++) {
		g_autoptr(GArray) near = neighbours_of(visits, ids, at);

		for (guint i = 0; i < MIN(near->len, ARMS_EACH); i++) {
			const struct neighbour *one = &g_array_index(near, struct neighbour, i);
			struct arm arm = {.at = at, .until = one->until};

			/* counts of a single run: they only order the arms */
			arm.prior = sqrt(one->near * rarity(visits_of(visits, at)));
			for (const char *const *name = favoured; name && *name; name++)
				if (!strcmp(*name, race->names->pdata[at]) ||
				    !strcmp(*name, race->names->pdata[one->until]))
					arm.prior *= FAVOUR;
			g_array_append_val(race->arms, arm);
		}
	}
}

static void scale_priors(struct race *race)
{
	double most = 0;

	for (guint i = 0; i < race->arms->len; i++)
		most = MAX(most, g_array_index(race->arms, struct arm, i).prior);
	for (guint i = 0; i < race->arms->len; i++)
		g_array_index(race->arms, struct arm, i).prior /= most;
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

		if (!name || visits_of(visits, i) < 1) {
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
	add_arms(race, visits, ids, favoured);
	if (!race->arms->len) {
		rig_fail(error, RIG_EXIT_USAGE,
			 "no two of the %u functions were passed by different vCPUs within 50 ms: "
			 "the scenario needs two tasks that are in memory hotplug at the same time",
			 race->names->len);
		return NULL;
	}
	scale_priors(race);
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

/* ---- explore ---- */

static double value(const struct race *race, const struct arm *arm)
{
	/*
	 * another partner at the same place is almost the same hold: the vCPU waits there as long
	 */
	double n = arm->tries + arm->pending + g_array_index(race->place_tries, guint, arm->at);

	if (arm->dead)
		return 0;
	return (arm->tries ? arm->reward / arm->tries : 0) +
	       EXPLORATION * arm->prior * sqrt(1 + race->trials) / (1 + n);
}

static gboolean has_place(const struct race_trial *trial, const char *at)
{
	for (guint i = 0; i < trial->n; i++)
		if (trial->hold[i].at == at)
			return TRUE;
	return FALSE;
}

static struct arm *best_arm(const struct race *race, const struct race_trial *without)
{
	struct arm *best = NULL;

	for (guint i = 0; i < race->arms->len; i++) {
		struct arm *arm = &g_array_index(race->arms, struct arm, i);

		if (!has_place(without, race->names->pdata[arm->at]) &&
		    (!best || value(race, arm) > value(race, best)))
			best = arm;
	}
	return best;
}

static gboolean explore(struct race *race, struct race_trial *ret)
{
	struct arm *arm;

	*ret = (struct race_trial){.phase = RACE_EXPLORE};
	while (ret->n < RACE_GROUP && (arm = best_arm(race, ret))) {
		if (!ret->n)
			ret->why =
				arm->reward > 0
					? "places whose holds were met before, and places that "
					  "are rarely tried"
				: arm->tries
					? "places that were tried least"
					: "places that vCPUs passed closest to each other, "
					  "not tried yet";
		arm->pending++;
		ret->hold[ret->n].at = race->names->pdata[arm->at];
		ret->hold[ret->n++].until = race->names->pdata[arm->until];
	}
	return ret->n > 0;
}

static struct arm *arm_of(const struct race *race, const struct race_hold *hold)
{
	for (guint i = 0; i < race->arms->len; i++) {
		struct arm *arm = &g_array_index(race->arms, struct arm, i);

		if (!strcmp(race->names->pdata[arm->at], hold->at) &&
		    !strcmp(race->names->pdata[arm->until], hold->until))
			return arm;
	}
	return NULL;
}

/* At least one hold of the trial caused the failure, but not necessarily each. */
static void reward(struct race *race, const struct race_trial *trial, const struct race_outcome *o)
{
	for (guint i = 0; i < trial->n; i++) {
		struct arm *arm = arm_of(race, &trial->hold[i]);

		if (!arm)
			continue;
		arm->pending -= arm->pending > 0;
		arm->tries++;
		g_array_index(race->place_tries, guint, arm->at)++;
		arm->dead |= !o->reached[i];
		if (o->held[i])
			arm->reward += o->failed   ? 1
				       : o->news   ? REWARD_NEWS
				       : o->met[i] ? REWARD_MET
						   : 0;
	}
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
		const struct arm *arm = arm_of(race, &kept.hold[i]);

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
		return explore(race, ret);
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
		const struct arm *arm = o->held[i] ? arm_of(race, &trial->hold[i]) : NULL;

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
		reward(race, trial, o);
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
		struct arm *arm = arm_of(race, &trial->hold[i]);

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
