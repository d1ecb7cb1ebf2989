// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judges runs in which the plugin made calls of kernel functions return an error (`fail` in the
 * scenario). The direct effects of such a call are expected: the host's operation during which it
 * failed may be refused, and an agent's operation may return the errno of the call. Everything
 * later is judged as usual: each kind of operation that succeeded before must succeed again.
 */
#include "engine/session.h"

#include <string.h>

#include "scenario/fallible.h"

/*
 * A kind of operation does not work any more if at least this many were tried after the last failed
 * call, and none succeeded.
 */
#define TRIES_MIN 2

/* Counts of the operations of one kind. */
struct fail_tally {
	guint ok_before, bad_before; /* results before the last failure */
	guint ok, bad;		     /* results of operations that began after the last failure */
	char *last;		     /* the outcome of the last operation that did not succeed */
};

static void tally_free(gpointer data)
{
	struct fail_tally *tally = data;

	g_free(tally->last);
	g_free(tally);
}

void fails_init(struct session *s)
{
	s->fails.happened = g_array_new(FALSE, FALSE, sizeof(struct failure));
	s->fails.tallies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, tally_free);
}

void fails_deinit(struct session *s)
{
	g_array_unref(s->fails.happened);
	g_hash_table_unref(s->fails.tallies);
}

static const char *text_of(const struct session *s, guint fail)
{
	return director_orders_fail(s->plan->orders, fail);
}

void fails_forget_later(struct session *s)
{
	struct fail_tally *tally;
	GHashTableIter iter;

	g_hash_table_iter_init(&iter, s->fails.tallies);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&tally)) {
		tally->ok_before += tally->ok;
		tally->bad_before += tally->bad;
		tally->ok = tally->bad = 0;
	}
}

void fails_happened(const struct director_failed *failed, void *data)
{
	struct session *s = data;
	const struct failure failure = {failed->fail, failed->at_ns};
	g_autofree char *caller = g_strdup_printf("%" G_GINT64_MODIFIER "x", failed->caller);

	g_array_append_val(s->fails.happened, failure);
	session_count(s, "fail", failed->fail < s->scenario->n_fails
					 ? s->scenario->fails[failed->fail].function
					 : "?");
	run_journal(s->run, "failed", "{s:s, s:I, s:i, s:f, s:s, s:s}", "fail",
		    text_of(s, failed->fail), "call", (json_int_t)failed->call, "cpu", failed->cpu,
		    "since", (failed->at_ns - s->times.started_ns) / (double)RIG_NS_PER_S,
		    "caller", caller, "comm", failed->comm);
	fails_forget_later(s);
}

void fails_begin(struct session *s, const struct step *step)
{
	for (unsigned i = 0; s->holds.director && i < s->scenario->n_fails; i++)
		if (s->scenario->fails[i].after &&
		    fail_is_after(s->scenario->fails[i].after, step))
			director_begin_fail(s->holds.director, i);
}

gboolean fails_since(struct session *s, gint64 since_ns)
{
	/* read the plugin's socket first, which may still contain its line about the call */
	if (s->scenario->n_fails && s->holds.director)
		director_poll(s->holds.director);
	for (guint i = 0; i < s->fails.happened->len; i++)
		if (g_array_index(s->fails.happened, struct failure, i).at_ns >= since_ns)
			return TRUE;
	return FALSE;
}

gboolean fails_explain(struct session *s, const char *error, guint64 count)
{
	guint64 same = 0;

	if (!fails_since(s, 0))
		return FALSE;
	for (guint i = 0; i < s->fails.happened->len; i++) {
		guint fail = g_array_index(s->fails.happened, struct failure, i).fail;

		same += fail < s->scenario->n_fails &&
			!strcmp(fallible_errno(s->scenario->fails[fail].error), error);
	}
	return count <= same;
}

void fails_excuse(struct agent_run *a, const struct guest_result *result)
{
	a->excused += result->count;
	run_journal(a->s->run, "excused", "{s:s, s:s, s:s, s:I}", "agent", a->agent->name, "op",
		    result->op, "error", result->error, "count", (json_int_t)result->count);
}

gboolean fails_excuse_verdict(struct session *s, const struct guest_reason *reason)
{
	const struct agent_run *a;

	if (reason->kind != GUEST_ILLEGAL || reason->agent < 1 ||
	    reason->agent > s->agents.list->len)
		return FALSE;
	a = s->agents.list->pdata[reason->agent - 1];
	return reason->count <= a->excused;
}

static gboolean worked(const char *outcome, const char *why)
{
	return !strcmp(outcome, UNPLUGGED) ||
	       (!strcmp(outcome, "ok") && (!strstr(why, "result E") || strstr(why, "result ok")));
}

/*
 * Returns the kind under which the outcomes of STEP are counted ("plug d"), or NULL if such a step
 * cannot fail.
 */
static char *kind_of(const struct step *step)
{
	switch (step->what) {
	case STEP_PLUG:
	case STEP_UNPLUG:
	case STEP_RESIZE:
	case STEP_CPU:
		return g_strdup_printf("%s %s", step_do_name(step->what),
				       step->what == STEP_CPU ? (step->write ? "online" : "offline")
				       : step->id	      ? step->id
							      : "");
	case STEP_ONLINE:
		return g_strdup(step_how_name(step->how));
	default:
		return NULL;
	}
}

void fails_stepped(struct session *s, const struct step *step, gint64 began_ns,
		   const char *outcome, const char *why)
{
	g_autofree char *kind = s->scenario->n_fails ? kind_of(step) : NULL;
	struct fail_tally *tally;

	if (!kind || !strcmp(outcome, "skipped") || !strcmp(outcome, "cut") ||
	    fails_since(s, began_ns))
		return;
	tally = g_hash_table_lookup(s->fails.tallies, kind);
	if (!tally) {
		tally = g_new0(struct fail_tally, 1);
		g_hash_table_insert(s->fails.tallies, g_strdup(kind), tally);
	}
	if (worked(outcome, why ? why : "")) {
		tally->ok++;
	} else {
		tally->bad++;
		g_free(tally->last);
		tally->last = g_strdup(outcome);
	}
}

void fails_judge(struct session *s)
{
	GHashTableIter iter;
	const char *kind;
	struct fail_tally *tally;

	if (!s->fails.happened->len)
		return;
	g_hash_table_iter_init(&iter, s->fails.tallies);
	while (g_hash_table_iter_next(&iter, (gpointer *)&kind, (gpointer *)&tally))
		if (!tally->ok && tally->bad >= TRIES_MIN &&
		    (tally->ok_before || !tally->bad_before))
			session_judge(s, VERDICT_FAIL,
				      "'%s' has not succeeded since the injected failure: "
				      "%u attempts, the last ended with '%s'",
				      kind, tally->bad, tally->last);
}

/* Returns the results of operations after the last failed call: {"plug d": {"ok": 2, "bad": 0}}. */
static json_t *later_json(const struct session *s)
{
	json_t *later = json_object();
	GHashTableIter iter;
	const char *kind;
	struct fail_tally *tally;

	g_hash_table_iter_init(&iter, s->fails.tallies);
	while (g_hash_table_iter_next(&iter, (gpointer *)&kind, (gpointer *)&tally))
		json_object_set_new(later, kind,
				    json_pack("{s:i, s:i}", "ok", tally->ok, "bad", tally->bad));
	return later;
}

json_t *fails_json(struct session *s)
{
	json_t *array;

	if (!s->holds.director || !s->scenario->n_fails)
		return NULL;
	array = json_array();
	for (unsigned i = 0; i < s->scenario->n_fails; i++) {
		guint64 calls, failed;

		director_calls(s->holds.director, i, &calls, &failed);
		json_array_append_new(array, json_pack("{s:s, s:I, s:I}", "fail", text_of(s, i),
						       "calls", (json_int_t)calls, "failed",
						       (json_int_t)failed));
	}
	return json_pack("{s:o, s:o}", "calls", array, "later",
			 s->fails.happened->len ? later_json(s) : json_object());
}
