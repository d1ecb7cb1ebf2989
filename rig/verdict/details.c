// SPDX-License-Identifier: GPL-2.0-only
/* Reads data from the content of a run's file `verdict`. */
#include "verdict/details.h"

#include <string.h>

#include "splat/known.h"

static const char *text_at(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

enum run_outcome details_outcome(enum verdict verdict, json_t *details)
{
	json_t *expected = json_object_get(details, "expected");
	gboolean good = verdict == VERDICT_PASS;

	if (!verdict_is_judged(verdict))
		return OUTCOME_NONE;
	if (text_at(expected, "kind"))
		good = json_is_true(json_object_get(expected, "met"));
	return good ? OUTCOME_GOOD : OUTCOME_BAD;
}

const char *details_word(enum verdict verdict, json_t *details)
{
	enum run_outcome outcome = details_outcome(verdict, details);

	if (outcome == OUTCOME_GOOD && verdict != VERDICT_PASS)
		return "EXPECTED";
	if (outcome == OUTCOME_BAD && verdict == VERDICT_PASS)
		return "MISSED";
	return verdict_name(verdict);
}

const char *details_lockdep_text(json_t *details)
{
	json_t *lockdep = json_object_get(details, "lockdep");
	const char *state = text_at(lockdep, "state");

	if (!json_is_object(lockdep))
		return NULL;
	if (json_is_true(json_object_get(lockdep, "armed")))
		return "on until the end";
	if (!g_strcmp0(state, "absent"))
		return "absent: this kernel cannot report lock orders, only actual failures";
	if (!g_strcmp0(state, "unknown"))
		return "state at the end unknown: the guest did not report it";
	return "off at the end: it stops at its first report";
}

char *details_expected_text(enum verdict verdict, json_t *details)
{
	json_t *expected = json_object_get(details, "expected");
	const char *kind = text_at(expected, "kind"), *word = details_word(verdict, details);
	gboolean met = json_is_true(json_object_get(expected, "met"));

	if (!kind)
		return NULL;
	if (!strcmp(word, verdict_name(verdict)))
		return g_strdup_printf("%s: %s", kind, met ? "found" : "not found");
	return g_strdup_printf("%s: %s; `rig report` shows this %s as %s", kind,
			       met ? "found" : "not found", verdict_name(verdict), word);
}

static gboolean has_text(json_t *array, const char *text)
{
	json_t *one;
	size_t i;

	json_array_foreach (array, i, one)
		if (!g_strcmp0(json_string_value(one), text))
			return TRUE;
	return FALSE;
}

static gboolean report_meets(json_t *expected, json_t *report)
{
	json_t *class;
	size_t i;

	if (g_strcmp0(text_at(report, "kind"), text_at(expected, "kind")))
		return FALSE;
	json_array_foreach (json_object_get(expected, "cycle"), i, class)
		if (!has_text(json_object_get(report, "cycle"), json_string_value(class)))
			return FALSE;
	return TRUE;
}

gboolean details_meet(json_t *expected, json_t *reports, enum verdict verdict)
{
	json_t *report;
	size_t i;

	if (!text_at(expected, "kind"))
		return verdict == VERDICT_PASS;
	json_array_foreach (reports, i, report)
		if (report_meets(expected, report))
			return TRUE;
	return FALSE;
}

gboolean details_report_counts(json_t *report)
{
	const char *weight = text_at(report, "weight");

	return (!weight || !strcmp(weight, "fail")) && g_strcmp0(text_at(report, "kind"), "reboot");
}

enum reason_kind details_reason_kind(json_t *details, size_t i)
{
	json_t *reasons = json_object_get(details, "reasons");
	json_t *kinds = json_object_get(details, "reason_kinds");
	const char *sentence = json_string_value(json_array_get(reasons, i));

	if (json_is_array(kinds) && json_array_size(kinds) == json_array_size(reasons))
		return reason_kind_parse(json_string_value(json_array_get(kinds, i)));
	return sentence ? reason_kind_of_former(sentence, json_object_get(details, "reports"))
			: REASON_OTHER;
}

const char *details_hang_bug(json_t *details)
{
	json_t *signature = json_object_get(json_object_get(details, "hang"), "signature");
	const char *text = json_string_value(signature);

	return text ? text : text_at(signature, "bug");
}

gboolean details_finished(json_t *details)
{
	const char *state = text_at(json_object_get(details, "lockdep"), "state");
	json_t *report;
	size_t i;

	json_array_foreach (json_object_get(details, "reports"), i, report)
		if (report_is_fatal(text_at(report, "kind")) &&
		    !known_is_excuse(json_object_get(report, "known")))
			return FALSE;
	/*
	 * The guest's lockdep state is read with the memory accounts after the load. So if it is
	 * known, the run reached that point.
	 */
	return state && strcmp(state, "unknown") != 0;
}

gboolean details_armed(json_t *details)
{
	return json_is_true(json_object_get(json_object_get(details, "lockdep"), "armed"));
}

gboolean verdict_shows_absence(enum verdict verdict, gboolean finished, gboolean armed,
			       gboolean needs_lockdep)
{
	return verdict == VERDICT_PASS || (finished && (armed || !needs_lockdep));
}
