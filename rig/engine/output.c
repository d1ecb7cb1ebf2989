// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stores the output of the programs that agents `run` execute, each in a file of the run folder. If
 * an output is in the format TAP, each failed test becomes a report. These reports are added at the
 * end of a run, after the reports of the console, so that `rig recheck` gives the console's reports
 * the same numbers.
 */
#include "engine/session.h"

#include <string.h>

/* Maximum size of an output in bytes. The guest sends at most 256 KiB (guest-init/output.h). */
#define OUTPUT_MAX (320 * 1024)

void output_add(struct session *s, guint id, const char *text, gsize len)
{
	struct agent_run *a = id <= s->agents.list->len ? s->agents.list->pdata[id - 1] : NULL;

	if (!a)
		return;
	if (!a->output)
		a->output = g_string_new(NULL);
	g_string_append_len(a->output, text, MIN(len, OUTPUT_MAX - a->output->len));
}

static const char *param_of(const struct agent *agent, const char *key)
{
	for (unsigned i = 0; i < agent->n_params; i++)
		if (!strcmp(agent->params[i].key, key))
			return agent->params[i].value;
	return NULL;
}

static void judge_one(struct session *s, struct agent_run *a)
{
	g_autofree char *file = g_strdup_printf("agents/%u-output", a->id);
	const char *script = param_of(a->agent, "file");

	run_keep(s->run, file, a->output->str, a->output->len, NULL);
	a->tap = tap_parse(a->output->str);
	if (!a->tap->seen)
		return;
	run_journal(s->run, "tests", "{s:i, s:i, s:i, s:i}", "agent", a->id, "passed",
		    a->tap->passed, "failed", a->tap->failed, "skipped", a->tap->skipped);
	if (a->tap->cut)
		session_judge(s, VERDICT_INFRA,
			      "the output of '%s' is longer than 256 KiB, so results of its tests "
			      "are missing",
			      script);
	for (guint i = 0; i < a->tap->failures->len; i++)
		judge_derived(s, tap_report(a->tap->failures->pdata[i], script ? script : "?"));
}

void output_judge(struct session *s)
{
	for (guint i = 0; i < s->agents.list->len; i++) {
		struct agent_run *a = s->agents.list->pdata[i];

		if (a->output)
			judge_one(s, a);
	}
}

/* If the script was stopped before its time limit, it is unknown whether it would have ended. */
gboolean output_was_cut_off(const struct agent_run *a, const struct guest_result *result)
{
	return !strcmp(a->agent->name, "run") && !strcmp(result->error, "ECANCELED") &&
	       g_strcmp0(param_of(a->agent, "limit"), "0") != 0;
}
