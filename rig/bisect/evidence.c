// SPDX-License-Identifier: GPL-2.0-only
/* Derives from the verdict and the reports of a run whether the run has shown the target. */
#include "bisect/evidence.h"

#include <string.h>

#include "store/store.h"

static const char *const names[] = {
	[OUTCOME_CAUGHT] = "caught",   [OUTCOME_CLEAN] = "clean",	[OUTCOME_OTHER] = "other",
	[OUTCOME_NO_BOOT] = "no boot", [OUTCOME_NO_BUILD] = "no build", [OUTCOME_UNFIT] = "unfit",
};

const char *outcome_name(enum outcome outcome)
{
	return names[outcome];
}

gboolean outcome_parse(const char *text, enum outcome *ret)
{
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		if (!g_strcmp0(text, names[i])) {
			*ret = i;
			return TRUE;
		}
	return FALSE;
}

static void sighting_clear(void *data)
{
	struct sighting *sighting = data;

	g_free(sighting->kind);
	g_free(sighting->key);
	g_free(sighting->title);
	g_free(sighting->former);
}

struct evidence *evidence_new(guint position)
{
	struct evidence *evidence = g_new0(struct evidence, 1);

	evidence->position = position;
	evidence->sightings = g_array_new(FALSE, TRUE, sizeof(struct sighting));
	g_array_set_clear_func(evidence->sightings, sighting_clear);
	return evidence;
}

void evidence_free(struct evidence *evidence)
{
	g_array_unref(evidence->sightings);
	g_free(evidence->run);
	g_free(evidence->dir);
	g_free(evidence->verdict);
	g_free(evidence->why);
	g_free(evidence);
}

static const char *text_at(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void see(struct evidence *evidence, const char *kind, const char *key, const char *title,
		const char *former)
{
	struct sighting sighting = {g_strdup(kind ? kind : "?"), g_strdup(key), g_strdup(title),
				    g_strdup(former)};

	if (key && evidence->sightings->len < 2 * RUN_REPORTS_MAX)
		g_array_append_val(evidence->sightings, sighting);
	else
		sighting_clear(&sighting);
}

static void see_report(struct evidence *evidence, json_t *report)
{
	json_t *signature = json_object_get(report, "signature");

	/* skip a report that is a consequence of another one */
	if (json_is_true(json_object_get(report, "induced")))
		return;
	see(evidence, text_at(report, "kind"), text_at(signature, "bug"), text_at(report, "title"),
	    text_at(signature, "former"));
}

/*
 * Adds the explanation of a hang as a report, unless a report with its KEY was added already.
 * Verdicts of older versions of the rig do not list it among the reports, only in `hang`.
 */
static void see_hang(struct evidence *evidence, const char *key, const char *title)
{
	for (guint i = 0; key && i < evidence->sightings->len; i++)
		if (!strcmp(g_array_index(evidence->sightings, struct sighting, i).key, key))
			return;
	see(evidence, "hang", key, title, NULL);
}

void evidence_read(struct evidence *evidence, json_t *answer)
{
	json_t *details = json_object_get(answer, "details"), *report, *reason;
	json_t *times = json_object_get(details, "times");
	size_t i;

	evidence->verdict = g_strdup(text_at(answer, "verdict"));
	evidence->run = g_strdup(text_at(answer, "run"));
	evidence->dir = g_strdup(text_at(answer, "folder"));
	json_array_foreach (json_object_get(details, "reports"), i, report)
		see_report(evidence, report);
	reason = json_array_get(json_object_get(details, "reasons"), 0);
	see_hang(evidence, details_hang_bug(details), json_string_value(reason));
	evidence->booted = json_integer_value(json_object_get(times, "boot_ns")) > 0;
	evidence->finished = details_finished(details);
	evidence->armed = details_armed(details);
	evidence->partial =
		json_is_false(json_object_get(json_object_get(details, "counts"), "ran_once"));
	if (json_is_string(reason) && !evidence->why)
		evidence->why = g_strdup(json_string_value(reason));
}

static gboolean shows(const struct evidence *evidence, const struct target *target)
{
	for (guint i = 0; i < evidence->sightings->len; i++) {
		const struct sighting *seen =
			&g_array_index(evidence->sightings, struct sighting, i);

		if (!strcmp(target->is_kind ? seen->kind : seen->key, target->key) ||
		    (!target->is_kind && !g_strcmp0(seen->former, target->key)))
			return TRUE;
	}
	/* a hang without a cycle has no signature; it still matches the kind "hang" */
	return target->is_kind && !strcmp(target->key, "hang") &&
	       !g_strcmp0(evidence->verdict, "HANG");
}

gboolean target_is_lock_order(const struct target *target)
{
	return strstr(target->key, "lock-edge") != NULL ||
	       strstr(target->key, "lock-order") != NULL;
}

/* Returns TRUE if the target cannot be reported once lockdep is off. */
static gboolean needs_lockdep(const struct target *target)
{
	return strstr(target->key, "lockdep") != NULL || target_is_lock_order(target);
}

void evidence_judge(struct evidence *evidence, const struct target *target)
{
	enum verdict verdict = VERDICT_RUNNING; /* the value if the run has no verdict */

	verdict_parse(evidence->verdict, &verdict);
	if (evidence->outcome == OUTCOME_NO_BUILD || evidence->outcome == OUTCOME_UNFIT)
		return;
	if (shows(evidence, target))
		evidence->outcome = OUTCOME_CAUGHT;
	/* if the verdict is INFRA, it is unknown whether this kernel boots */
	else if (!evidence->booted && evidence->verdict && strcmp(evidence->verdict, "INFRA") != 0)
		evidence->outcome = OUTCOME_NO_BOOT;
	/*
	 * A run shows a lock order when it executes the code path for the first time. So if a track
	 * was not executed to its end, the run does not prove that the kernel lacks the lock order.
	 */
	else if (verdict_shows_absence(verdict, evidence->finished, evidence->armed,
				       needs_lockdep(target)) &&
		 !(evidence->partial && target_is_lock_order(target)))
		evidence->outcome = OUTCOME_CLEAN;
	else
		evidence->outcome = OUTCOME_OTHER;
}

/* ---- evidence as JSON ---- */

json_t *evidence_to_json(const struct evidence *evidence)
{
	json_t *seen = json_array();

	for (guint i = 0; i < evidence->sightings->len; i++) {
		const struct sighting *s = &g_array_index(evidence->sightings, struct sighting, i);

		json_array_append_new(seen, json_pack("{s:s, s:s, s:s?, s:s?}", "kind", s->kind,
						      "signature", s->key, "title", s->title,
						      "former", s->former));
	}
	return json_pack("{s:i, s:s, s:s?, s:s?, s:s?, s:s?, s:b, s:b, s:b, s:b, s:f, s:o}",
			 "position", (int)evidence->position, "outcome",
			 outcome_name(evidence->outcome), "run", evidence->run, "folder",
			 evidence->dir, "verdict", evidence->verdict, "why", evidence->why,
			 "booted", evidence->booted, "armed", evidence->armed, "finished",
			 evidence->finished, "partial", evidence->partial, "wall_s",
			 evidence->wall_s, "reports", seen);
}

struct evidence *evidence_from_json(json_t *json)
{
	json_int_t position = json_integer_value(json_object_get(json, "position"));
	rig_auto(evidence) evidence = evidence_new((guint)CLAMP(position, 0, G_MAXINT));
	json_t *seen;
	size_t i;

	if (!json_is_integer(json_object_get(json, "position")) || position < 0 ||
	    !outcome_parse(text_at(json, "outcome"), &evidence->outcome))
		return NULL;
	evidence->run = g_strdup(text_at(json, "run"));
	evidence->dir = g_strdup(text_at(json, "folder"));
	evidence->verdict = g_strdup(text_at(json, "verdict"));
	evidence->why = g_strdup(text_at(json, "why"));
	evidence->booted = json_is_true(json_object_get(json, "booted"));
	evidence->armed = json_is_true(json_object_get(json, "armed"));
	evidence->finished = json_is_true(json_object_get(json, "finished"));
	evidence->partial = json_is_true(json_object_get(json, "partial"));
	evidence->wall_s = json_number_value(json_object_get(json, "wall_s"));
	json_array_foreach (json_object_get(json, "reports"), i, seen)
		see(evidence, text_at(seen, "kind"), text_at(seen, "signature"),
		    text_at(seen, "title"), text_at(seen, "former"));
	return g_steal_pointer(&evidence);
}

/* ---- choosing the target ---- */

struct tally {
	const struct sighting *sighting;
	guint times;
};

static struct tally *tally_of(GArray *tallies, const char *key)
{
	for (guint i = 0; i < tallies->len; i++) {
		struct tally *tally = &g_array_index(tallies, struct tally, i);

		if (!strcmp(tally->sighting->key, key))
			return tally;
	}
	return NULL;
}

/* Counts each report of a run once, even if it was printed several times. */
static void count(GArray *tallies, const struct evidence *evidence)
{
	for (guint i = 0; i < evidence->sightings->len; i++) {
		const struct sighting *seen =
			&g_array_index(evidence->sightings, struct sighting, i);
		struct tally *tally = tally_of(tallies, seen->key), first = {seen, 1};
		gboolean again = FALSE;

		for (guint k = 0; k < i; k++)
			again |=
				!strcmp(seen->key,
					g_array_index(evidence->sightings, struct sighting, k).key);
		if (again)
			continue;
		if (tally)
			tally->times++;
		else
			g_array_append_val(tallies, first);
	}
}

static gboolean is_lock(const struct sighting *sighting)
{
	return g_str_has_prefix(sighting->kind, "lockdep") ||
	       g_str_has_prefix(sighting->kind, "hang") || !strcmp(sighting->kind, "hung-task");
}

/*
 * A warning that every run prints must not be chosen before a deadlock that one run in four shows.
 * So a report that is neither a lock report nor a hang is chosen only after PATIENCE runs without a
 * lock report or hang (the probability to miss such a deadlock is then 0.1 %), or after
 * PATIENCE_SEEN runs if a lock report or hang was seen only once.
 */
#define PATIENCE 24
#define PATIENCE_SEEN 30

/*
 * Returns the most frequent report of BAD that is not in GOOD. Considers lock reports and hangs if
 * LOCK is TRUE, otherwise all other kinds.
 */
static struct tally most_of(GArray *bad, GArray *good, gboolean lock)
{
	struct tally best = {0};

	for (guint i = 0; i < bad->len; i++) {
		struct tally tally = g_array_index(bad, struct tally, i);

		if (is_lock(tally.sighting) == lock && tally.times > best.times &&
		    !tally_of(good, tally.sighting->key))
			best = tally;
	}
	return best;
}

const struct sighting *evidence_find_target(const GPtrArray *all, guint bad_end, guint good_end,
					    guint *ret_times, guint *ret_runs)
{
	g_autoptr(GArray) bad = g_array_new(FALSE, FALSE, sizeof(struct tally));
	g_autoptr(GArray) good = g_array_new(FALSE, FALSE, sizeof(struct tally));
	struct tally best;

	*ret_runs = 0;
	for (guint i = 0; i < all->len; i++) {
		const struct evidence *evidence = all->pdata[i];

		if (evidence->position == bad_end)
			count(bad, evidence);
		else if (evidence->position == good_end)
			count(good, evidence);
		*ret_runs += evidence->position == bad_end && evidence->verdict;
	}
	best = most_of(bad, good, TRUE);
	if (best.times < 2 && *ret_runs >= (best.times ? PATIENCE_SEEN : PATIENCE))
		best = most_of(bad, good, FALSE);
	if (best.times < 2)
		return NULL;
	*ret_times = best.times;
	return best.sighting;
}
