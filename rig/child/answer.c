// SPDX-License-Identifier: GPL-2.0-only
/* Makes a child's result from its output and exit code. */
#include <string.h>

#include "child/child.h"
#include "util/error.h"

/* ---- from the output of a child ---- */

static enum verdict verdict_of_exit(enum child_kind kind, const struct child_result *r)
{
	if (r->end == CHILD_STOPPED)
		return VERDICT_ABORTED;
	if (r->end == CHILD_TIMED_OUT)
		return VERDICT_INFRA;
	if (r->exit_code == RIG_EXIT_PASS && kind != CHILD_RUN)
		return VERDICT_PASS;
	if (r->exit_code == RIG_EXIT_FAIL && kind == CHILD_OTHER)
		return VERDICT_FAIL;
	return r->exit_code == RIG_EXIT_SKIP ? VERDICT_SKIP : VERDICT_INFRA;
}

/* Returns why there is no result: the last line of standard error, or how the child ended. */
static char *explain(const struct child_result *r, guint limit_s, gboolean overflow,
		     const GString *err)
{
	g_autofree char *words = g_utf8_make_valid(err->str, err->len);
	const char *last;

	if (r->end == CHILD_TIMED_OUT)
		return g_strdup_printf("did not end within its limit of %u s", limit_s);
	if (overflow)
		return g_strdup_printf("printed more than %u bytes", CHILD_ANSWER_MAX);
	if (r->exit_code < 0)
		return r->end == CHILD_STOPPED
			       ? g_strdup("stopped")
			       : g_strdup_printf("killed by signal %d", -r->exit_code);
	last = strrchr(g_strchomp(words), '\n');
	last = last ? last + 1 : words;
	if (g_str_has_prefix(last, "rig: "))
		last += strlen("rig: ");
	return *last ? g_strdup(last) : g_strdup_printf("ended with code %d", r->exit_code);
}

/*
 * Returns TRUE if the exit code agrees with the printed verdict, and sets r->verdict. A run that
 * child.c stopped because of its time limit prints ABORTED. This is not accepted, because ABORTED
 * means that the user stopped the run.
 */
static gboolean has_verdict(struct child_result *r)
{
	const char *word = json_string_value(json_object_get(r->answer, "verdict"));

	r->run = g_strdup(json_string_value(json_object_get(r->answer, "run")));
	return word && verdict_parse(word, &r->verdict) &&
	       verdict_exit_code(r->verdict) == r->exit_code &&
	       !(r->end == CHILD_TIMED_OUT && r->verdict == VERDICT_ABORTED);
}

static json_t *read_json(enum child_kind kind, const GString *out)
{
	json_t *answer = out ? json_loadb(out->str, out->len, 0, NULL) : NULL;

	if (json_is_object(answer) || (kind == CHILD_OTHER && json_is_array(answer)))
		return answer;
	json_decref(answer);
	return json_object();
}

void child_read_answer(enum child_kind kind, guint limit_s, const GString *out, const GString *err,
		       struct child_result *r)
{
	r->answer = read_json(kind, out);
	if (kind == CHILD_RUN && has_verdict(r))
		return;
	r->verdict = verdict_of_exit(kind, r);
	if (kind == CHILD_BUILD && r->verdict == VERDICT_PASS &&
	    !json_object_get(r->answer, "image"))
		r->verdict = VERDICT_INFRA;
	if (kind == CHILD_RUN || r->verdict != VERDICT_PASS)
		r->problem = explain(r, limit_s, !out, err);
}

void child_result_clear(struct child_result *r)
{
	json_decref(r->answer);
	g_free(r->run);
	g_free(r->problem);
	*r = (struct child_result){0};
}

