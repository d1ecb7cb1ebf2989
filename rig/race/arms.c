// SPDX-License-Identifier: GPL-2.0-only
/* Arms: their priors from the first run, the choice of those to try, and their rewards. */
#include "race/arms.h"

#include <math.h>
#include <string.h>

#define ARMS_EACH 4	 /* partners of a function: those that are nearest */
#define EXPLORATION 0.5	 /* PUCT's factor of the prior, in units of a failure's reward */
#define REWARD_NEWS 0.5
#define REWARD_MET 0.1	 /* the vCPUs met, which may also happen by chance */
#define FAVOUR 4	 /* factor of the prior of a favoured function */

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

gint64 arms_visits(json_t *visits, guint i)
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
		one.near = MIN(1, json_integer_value(times) / (double)arms_visits(visits, at)) *
			   rarity(arms_visits(visits, one.until));
		g_array_append_val(out, one);
	}
	g_array_sort(out, nearest_first);
	return out;
}

void arms_add(struct race *race, json_t *visits, GHashTable *ids,
		     const char *const *favoured)
{
	for (guint at = 0; at < race->names->len; at++) {
		g_autoptr(GArray) near = neighbours_of(visits, ids, at);

		for (guint i = 0; i < MIN(near->len, ARMS_EACH); i++) {
			const struct neighbour *one = &g_array_index(near, struct neighbour, i);
			struct arm arm = {.at = at, .until = one->until};

			/* counts of a single run: they only order the arms */
			arm.prior = sqrt(one->near * rarity(arms_visits(visits, at)));
			for (const char *const *name = favoured; name && *name; name++)
				if (!strcmp(*name, race->names->pdata[at]) ||
				    !strcmp(*name, race->names->pdata[one->until]))
					arm.prior *= FAVOUR;
			g_array_append_val(race->arms, arm);
		}
	}
}

void arms_scale(struct race *race)
{
	double most = 0;

	for (guint i = 0; i < race->arms->len; i++)
		most = MAX(most, g_array_index(race->arms, struct arm, i).prior);
	for (guint i = 0; i < race->arms->len; i++)
		g_array_index(race->arms, struct arm, i).prior /= most;
}

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

gboolean arms_explore(struct race *race, struct race_trial *ret)
{
	struct arm *arm;

	*ret = (struct race_trial){.phase = RACE_EXPLORE};
	while (ret->n < RACE_GROUP && (arm = best_arm(race, ret))) {
		if (!ret->n)
			ret->why = arm->reward > 0 ? "places whose holds were met before, and "
						     "places that are rarely tried"
				   : arm->tries    ? "places that were tried least"
						   : "places that vCPUs passed closest to each "
						     "other, not tried yet";
		arm->pending++;
		ret->hold[ret->n].at = race->names->pdata[arm->at];
		ret->hold[ret->n++].until = race->names->pdata[arm->until];
	}
	return ret->n > 0;
}

struct arm *arms_find(const struct race *race, const struct race_hold *hold)
{
	for (guint i = 0; i < race->arms->len; i++) {
		struct arm *arm = &g_array_index(race->arms, struct arm, i);

		if (!strcmp(race->names->pdata[arm->at], hold->at) &&
		    !strcmp(race->names->pdata[arm->until], hold->until))
			return arm;
	}
	return NULL;
}

void arms_reward(struct race *race, const struct race_trial *trial, const struct race_outcome *o)
{
	for (guint i = 0; i < trial->n; i++) {
		struct arm *arm = arms_find(race, &trial->hold[i]);

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
