// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks the outcomes of steps and of agents' operations that the scenario expects (`expect:
 * outcomes`).
 */
#include "engine/session.h"

#include <string.h>

/*
 * Returns TRUE if the step ended with RESULT. OUTCOME and WHY are from track_stepped(). If a step
 * wrote to several memory blocks, WHY lists the number of blocks for each errno ("result EBUSY 1").
 * Then RESULT matches if it is an errno of this list; "ok" matches only if no block had an error.
 */
static gboolean is_result(const char *outcome, const char *why, const char *result)
{
	g_autofree char *among = g_strdup_printf("result %s ", result);
	g_autofree char *error = g_strdup_printf("error %s", result);

	if (!strcmp(result, "ok"))
		return !strcmp(outcome, "ok") && !strstr(why, "result E");
	return !strcmp(outcome, result) || strstr(why, among) ||
	       (g_str_has_prefix(outcome, error) && strchr(" ", outcome[strlen(error)]));
}

void outcomes_step(struct session *s, const struct step *step, const char *outcome, const char *why)
{
	const struct expect *expect = &s->scenario->expect;

	if (!strcmp(outcome, "skipped"))
		return;
	for (unsigned i = 0; i < expect->n_outcomes; i++) {
		const struct expect_outcome *one = &expect->outcomes[i];

		if (one->agent || one->what != step->what || g_strcmp0(one->id, step->id))
			continue;
		g_hash_table_add(s->host.expected, GUINT_TO_POINTER(i));
		if (!is_result(outcome, why ? why : "", one->result))
			session_judge(s, VERDICT_FAIL,
				      "%s%s%s%s ended in '%s', but the scenario expects '%s'",
				      step_do_name(step->what), one->id ? " of '" : "",
				      one->id ? one->id : "", one->id ? "'" : "", outcome,
				      one->result);
	}
}

gboolean outcomes_expects(const struct session *s, const struct step *step, const char *result)
{
	const struct expect *expect = &s->scenario->expect;

	for (unsigned i = 0; i < expect->n_outcomes; i++)
		if (!expect->outcomes[i].agent && expect->outcomes[i].what == step->what &&
		    !g_strcmp0(expect->outcomes[i].id, step->id) &&
		    !strcmp(expect->outcomes[i].result, result))
			return TRUE;
	return FALSE;
}

gboolean outcomes_may_stay(const struct session *s, const char *id)
{
	const struct expect *expect = &s->scenario->expect;
	g_autofree char *base = g_strndup(id, strcspn(id, "."));

	for (unsigned i = 0; i < expect->n_outcomes; i++)
		if (!expect->outcomes[i].agent && expect->outcomes[i].what == STEP_UNPLUG &&
		    strcmp(expect->outcomes[i].result, UNPLUGGED) &&
		    !g_strcmp0(expect->outcomes[i].id, base))
			return TRUE;
	return FALSE;
}

static gboolean agent_had(const struct session *s, const char *agent, const char *result)
{
	for (guint i = 0; i < s->agents.list->len; i++) {
		const struct agent_run *a = s->agents.list->pdata[i];
		const char *op;
		json_t *results;

		if (strcmp(a->agent->name, agent))
			continue;
		json_object_foreach (a->results, op, results)
			if (json_integer_value(json_object_get(results, result)) > 0)
				return TRUE;
	}
	return FALSE;
}

/*
 * Fails a run that reached its end if an expected outcome did not happen. If the run ended early,
 * the cause of that is already the reason of its verdict.
 */
void outcomes_judge(struct session *s)
{
	const struct expect *expect = &s->scenario->expect;

	for (unsigned i = 0; i < expect->n_outcomes && s->judged.after; i++) {
		const struct expect_outcome *one = &expect->outcomes[i];

		if (one->agent && !agent_had(s, one->agent, one->result))
			session_judge(
				s, VERDICT_FAIL,
				"agent %s never had the result '%s', which the scenario expects",
				one->agent, one->result);
		else if (!one->agent &&
			 !g_hash_table_contains(s->host.expected, GUINT_TO_POINTER(i)))
			session_judge(
				s, VERDICT_FAIL,
				"no step '%s'%s%s was executed, but the scenario expects that it "
				"ends in '%s'",
				step_do_name(one->what), one->id ? " of " : "",
				one->id ? one->id : "", one->result);
	}
}
