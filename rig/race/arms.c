// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the arms of `rig race` (holds, which make a vCPU wait at one place, see arms.h): calculates
 * from the first run how promising each is, chooses those to try next, and rewards them after a
 * run.
 */
#include "race/arms.h"

#include <math.h>
#include <string.h>

/* factor for the priors of updates if two vCPUs were never in the function together */
#define ALONE 0.3
#define FAVOUR 4 /* factor for the priors of functions that are to be tried first */
/*
 * the reward that the arms (holds) share which may have caused a failure; most of it goes to the
 * one that waited last before the failure
 */
#define REWARD_FAILED 1
/* reward of each arm (hold) that waited in a sweep which had a new lock order */
#define REWARD_NEWS 0.1
/* a sweep in which an arm (hold) did not wait counts as this fraction of a try of the arm */
#define NOT_HELD 0.25

/*
 * An arm (a hold at one place) whose place vCPUs seldom execute is active during the whole sweep:
 * it costs little time, and if it took turns, it might be inactive when the place is executed once.
 * The other arms take turns, so that the few that are active at a time wait often. A place that
 * vCPUs execute constantly gets no arm, because a hold there slows the guest.
 */
#define SELDOM_HZ 10
#define CONSTANT_HZ 400
#define SELDOM_ARMS 160 /* in a sweep: maximum number of holds at seldom executed places */
#define TURN_ARMS (RACE_ARMS - SELDOM_ARMS)
#define SLOTS_MIN 4
/* one of this many sweeps has only arms at updates (non-atomic read-modify-write instructions) */
#define UPDATES_EACH 3
#define SLOTS_MAX 16
#define PCT_MAX_MS 300 /* maximum length of a wait with the random scheduler (PCT), in ms */

/* The kinds of places in a function at which a vCPU can be held. */
static const struct kind {
	/* printf() format with two arguments: the function, and a function that it calls */
	const char *format;
	double weight;
	gboolean is_call, is_update;
} kinds[] = {
	{"%s", 1.0, FALSE, FALSE},
	/* delays the function between the return of the callee and the use of its result */
	{"return of %2$s in %1$s", 0.9, TRUE, FALSE},
	{"return of %s", 0.7, FALSE, FALSE},
	/*
	 * an update is lost if two tasks are between its read and its write at the same time; the
	 * first row holds at each update of a function, but a vCPU that has waited at one does not
	 * wait at the next, so the other rows are for the second and third update
	 */
	{"update in %s", 1.2, FALSE, TRUE},
	{"update 2 in %s", 1.1, FALSE, TRUE},
	{"update 3 in %s", 1.0, FALSE, TRUE},
};

struct function {
	const char *name;
	gint64 visits;
	/* how often another vCPU was in any of the counted functions at about the same time */
	gint64 beside;
	gint64 itself; /* how often another vCPU was in the same function at about the same time */
	json_t *calls;
};

static void clear_arm(gpointer data)
{
	g_free(((struct arm *)data)->hold);
}

static gboolean is_favoured(const char *const *favoured, const char *name)
{
	return favoured && g_strv_contains(favoured, name);
}

static void add_arm(struct race *race, const struct race_record *record, const struct kind *kind,
		    const struct function *f, const char *callee)
{
	double hz = f->visits / MAX(1, record->seconds);
	/*
	 * an update (read-modify-write) can be lost only if two vCPUs are in the same function, so
	 * count only those
	 */
	gint64 beside = kind->is_update && f->itself ? f->itself : f->beside;
	struct arm arm = {.hz = hz, .is_update = kind->is_update};

	/*
	 * the counts are from a single run, so they only decide which arms (holds) are tried first
	 */
	arm.prior = kind->weight / (1 + log10(1 + hz)) *
		    sqrt(MIN(1, beside / (double)f->visits));
	if (kind->is_update && !f->itself)
		arm.prior *= ALONE;
	if (is_favoured(record->favoured, f->name) ||
	    (callee && is_favoured(record->favoured, callee)))
		arm.prior *= FAVOUR;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	arm.hold = g_strdup_printf(kind->format, f->name, callee);
#pragma GCC diagnostic pop
	g_array_append_val(race->arms, arm);
	race->has_updates |= kind->is_update;
}

/*
 * Returns TRUE if updates in F may be lost: two vCPUs were in F at about the same time, or F is
 * called so seldom that two vCPUs only meet there if a hold delays one.
 */
static gboolean may_lose_update(const struct race_record *record, const struct function *f)
{
	return record->updates &&
	       (f->itself || f->visits <= SELDOM_HZ * MAX(1, record->seconds));
}

static void add_function(struct race *race, const struct race_record *record,
			 const struct function *f)
{
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		json_t *callee;
		size_t k;

		if (kinds[i].is_update && !may_lose_update(record, f))
			continue;
		if (!kinds[i].is_call) {
			add_arm(race, record, &kinds[i], f, NULL);
			continue;
		}
		json_array_foreach (f->calls, k, callee)
			if (json_is_string(callee))
				add_arm(race, record, &kinds[i], f, json_string_value(callee));
	}
}

static gboolean read_function(json_t *json, struct function *ret)
{
	json_t *beside = json_object_get(json, "beside"), *times;
	const char *name;

	*ret = (struct function){
		.name = json_string_value(json_object_get(json, "function")),
		.visits = json_integer_value(json_object_get(json, "visits")),
		.calls = json_object_get(json, "calls"),
	};
	if (!ret->name || ret->visits < 1)
		return FALSE;
	json_object_foreach (beside, name, times) {
		gint64 n = MAX(0, json_integer_value(times));

		ret->beside += n;
		if (!strcmp(name, ret->name))
			ret->itself = n;
	}
	return TRUE;
}

gboolean arms_add(struct race *race, const struct race_record *record, guint *ret_bad)
{
	json_t *one;
	size_t i;

	race->pct = record->pct;
	race->arms = g_array_new(FALSE, FALSE, sizeof(struct arm));
	g_array_set_clear_func(race->arms, clear_arm);
	race->n_functions = json_array_size(record->visits);
	json_array_foreach (record->visits, i, one) {
		struct function function;

		if (!read_function(one, &function)) {
			*ret_bad = i;
			return FALSE;
		}
		if (function.beside && function.visits <= CONSTANT_HZ * MAX(1, record->seconds))
			add_function(race, record, &function);
	}
	return TRUE;
}

guint arms_find(const struct race *race, const char *hold)
{
	for (guint i = 0; i < race->arms->len; i++)
		if (!strcmp(g_array_index(race->arms, struct arm, i).hold, hold))
			return i;
	return G_MAXUINT;
}

gboolean arms_is_seldom(const struct race *race, guint arm)
{
	return g_array_index(race->arms, struct arm, arm).hz <= SELDOM_HZ;
}

/* ---- choice of the arms (holds) of a sweep ---- */

static double value(const struct arm *arm)
{
	return (arm->tries ? arm->reward / arm->tries : 0) +
	       arm->prior / (1 + arm->tries + arm->pending);
}

static int best_first(gconstpointer a, gconstpointer b)
{
	const struct arm *const *one = a, *const *two = b;
	double left = value(*one), right = value(*two);

	/* for equal values, keep the order of the record */
	return left > right ? -1 : left < right ? 1 : *one < *two ? -1 : *one > *two;
}

/*
 * Adds at most MAX arms (holds) to the trial, in the order ORDER: if SELDOM, arms whose places are
 * executed seldom, otherwise the other arms.
 */
static void choose(const GPtrArray *order, gboolean seldom, guint max, struct race_trial *ret)
{
	guint n = 0;

	for (guint i = 0; i < order->len && n < max; i++) {
		struct arm *arm = order->pdata[i];

		if ((arm->hz <= SELDOM_HZ) != seldom || arm->hz > CONSTANT_HZ)
			continue;
		arm->pending++;
		ret->hold[ret->n++] = arm->hold;
		n++;
	}
}

gboolean arms_explore(struct race *race, struct race_trial *ret)
{
	static const guint max_ms[] = {100, 300, 500};
	/*
	 * an update (a non-atomic read-modify-write) is lost only after many tries, so some sweeps
	 * have only the few arms at updates
	 */
	gboolean updates = race->has_updates && !race->pct && race->sweeps % UPDATES_EACH == 1;
	g_autoptr(GPtrArray) order = g_ptr_array_new();
	guint n_turns;

	*ret = (struct race_trial){
		.phase = RACE_EXPLORE,
		.why = updates ? "a sweep over updates only"
		       : race->sweeps ? "a sweep over the places that were held least, and those "
					"that were rewarded"
				    : "a sweep over places that vCPUs passed nearly together",
		.max_ms = max_ms[race->sweeps % G_N_ELEMENTS(max_ms)],
		.window_ms = updates ? RACE_FEW_WINDOW_MS : RACE_WINDOW_MS,
	};
	for (guint i = 0; i < race->arms->len; i++) {
		struct arm *arm = &g_array_index(race->arms, struct arm, i);

		if (arm->is_update || !updates)
			g_ptr_array_add(order, arm);
	}
	g_ptr_array_sort(order, best_first);
	choose(order, TRUE, SELDOM_ARMS, ret);
	ret->turns = ret->n;
	choose(order, FALSE, TURN_ARMS, ret);
	/*
	 * choose so many slots (arms that are active at the same time) that each arm has a turn
	 * within 30 s
	 */
	n_turns = ret->n - ret->turns;
	ret->slots = CLAMP(n_turns * RACE_WINDOW_MS / 30000, SLOTS_MIN, SLOTS_MAX);
	race->sweeps += ret->n > 0;
	if (race->pct) {
		ret->pct_seed = race->sweeps;
		ret->max_ms = PCT_MAX_MS;
		ret->why = "a sweep with random priorities of vCPUs";
	}
	return ret->n > 0;
}

/* ---- rewarding arms after a run ---- */

void arms_reward(struct race *race, const struct race_trial *trial, const struct race_outcome *o)
{
	for (guint i = 0; i < trial->n; i++) {
		guint at = arms_find(race, trial->hold[i]);
		struct arm *arm;

		if (at == G_MAXUINT)
			continue;
		arm = &g_array_index(race->arms, struct arm, at);
		arm->pending -= arm->pending > 0;
		if (!o)
			continue;
		if (o->seconds >= 1)
			arm->hz = MAX(arm->hz, o->reached[i] / o->seconds);
		arm->tries += o->held[i] ? 1 : NOT_HELD;
		if (o->failed && o->suspect[i])
			arm->reward += REWARD_FAILED / (double)o->suspect[i];
		else if (o->news && o->held[i])
			arm->reward += REWARD_NEWS;
	}
}

struct suspect {
	guint arm;
	gboolean seldom; /* the time of the failure is known, or vCPUs seldom execute the place */
	double order;	 /* suspects are sorted by this value, lowest first */
};

static int by_order(gconstpointer a, gconstpointer b)
{
	const struct suspect *one = a, *two = b;

	if (one->seldom != two->seldom)
		return one->seldom ? -1 : 1;
	return one->order < two->order ? -1 : one->order > two->order ? 1
	       : one->arm < two->arm				      ? -1
								      : one->arm > two->arm;
}

static void add_suspect(struct race *race, guint arm)
{
	if (race->n_suspects < G_N_ELEMENTS(race->suspect))
		race->suspect[race->n_suspects++] = arm;
}

void arms_suspect(struct race *race, const struct race_trial *trial, const struct race_outcome *o)
{
	g_autoptr(GArray) suspects = g_array_new(FALSE, FALSE, sizeof(struct suspect));
	gboolean timed = FALSE;

	for (guint i = 0; i < trial->n; i++)
		timed |= o->suspect[i] > 0;
	for (guint i = 0; i < trial->n; i++) {
		struct suspect one = {.arm = arms_find(race, trial->hold[i])};
		const struct arm *arm;

		if (one.arm == G_MAXUINT || !o->held[i] || (timed && !o->suspect[i]))
			continue;
		arm = &g_array_index(race->arms, struct arm, one.arm);
		one.seldom = timed || arm->hz <= SELDOM_HZ;
		/*
		 * if no suspect has a rank by time (o->suspect), only a check at the end of the run
		 * has failed; most such failures are lost updates, so arms at updates
		 * (read-modify-writes) come first
		 */
		one.order = timed		 ? o->suspect[i] * (1 + log10(1 + arm->hz))
			    : arm->is_update ? -value(arm) - 10
					     : -value(arm);
		g_array_append_val(suspects, one);
	}
	g_array_sort(suspects, by_order);
	race->n_suspects = 0;
	for (guint i = 0; i < suspects->len; i++) {
		const struct suspect *one = &g_array_index(suspects, struct suspect, i);

		/*
		 * begin a new group with the arms that wait often: in one group, they would delay
		 * the tasks before these reach the places of the other arms. If the time of the
		 * failure is known, `seldom` is TRUE for all arms, because the failure may need
		 * both kinds.
		 */
		if (i && one->seldom != one[-1].seldom)
			while (race->n_suspects % RACE_GROUP)
				add_suspect(race, G_MAXUINT);
		add_suspect(race, one->arm);
	}
}
