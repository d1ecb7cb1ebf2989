// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recognises the kind of a reason by its sentence, for run folders whose file `verdict` has no
 * `reason_kinds` (those from before 2026-12). The table has the sentences that these folders
 * contain: if the rig's sentences change, keep the old ones here, and add no new ones.
 */
#include <string.h>

#include "verdict/reason.h"
#include "verdict/verdict.h"

/*
 * Sentences about missing proofs, and those of the engine. If `part` is NULL, `start` is the whole
 * sentence; otherwise it is the beginning, and `part` occurs in the rest.
 */
static const struct {
	const char *start, *part;
	enum reason_kind kind;
} sentences[] = {
	{"the reports that ended this run do not count by the current rules, but the run is "
	 "incomplete",
	 NULL, REASON_PROOF},
	{"the guest ended without a verdict of its own", NULL, REASON_PROOF},
	{"the memory accounts are missing", NULL, REASON_PROOF},
	{"lockdep is off, so the absence of reports proves nothing", NULL, REASON_PROOF},
	{"the console reports that lockdep was turned off", NULL, REASON_PROOF},
	{"console output is missing because the connection was lost, so a report may be missing",
	 NULL, REASON_PROOF},
	{"the guest did not power off", NULL, REASON_PROOF},
	/* the same sentences as older versions of the rig wrote them */
	{"lockdep is no longer armed, so silence proves nothing", NULL, REASON_PROOF},
	{"the reports that ended this run are none by today's rules, but it did not run to its end",
	 NULL, REASON_PROOF},
	{"the console says that lockdep was turned off", NULL, REASON_PROOF},
	{"what the console said while the connection was lost is not known", NULL, REASON_PROOF},
	{"the guest says: agent ", " was killed by signal ", REASON_AGENT_DIED},
	{"the guest's own verdict is bad", NULL, REASON_GUEST_BAD},
	{"firmware fault: ", "", REASON_FIRMWARE},
	{"MemTotal is ", "", REASON_ACCOUNTS},
	{"node ", " pages, it had ", REASON_ACCOUNTS},
};

/* The first words of the reason that runs until 2026-11 have if their hang was a known issue. */
#define OLD_EXCUSE "the hang is a known issue: "

static const char *text_at(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Returns TRUE if REPORT explains a hang and SENTENCE is the reason that the rig made from it. */
static gboolean is_explained(json_t *report, const char *sentence)
{
	const char *title = text_at(report, "title");
	g_autofree char *known = g_strdup_printf("known issue: %s", title);

	if (!report_is_explanation(text_at(report, "kind")))
		return FALSE;
	return !strcmp(sentence, title) || g_str_has_prefix(sentence, known) ||
	       (json_is_object(json_object_get(report, "known")) &&
		g_str_has_prefix(sentence, OLD_EXCUSE));
}

/* Returns TRUE if REPORT is from the console and SENTENCE is the reason that was made from it. */
static gboolean is_of_report(json_t *report, const char *sentence)
{
	/* older versions wrote "the lock validator gave up" */
	static const char *const forms[] = {"%s", "lockdep turned itself off: %s",
					    "the lock validator gave up: %s"};
	const char *title = text_at(report, "title");
	g_autofree char *known = g_strdup_printf("known issue: %s (", title);

	if (!report_is_from_console(text_at(report, "kind")))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
		g_autofree char *text = g_strdup_printf(forms[i], title);

		if (!strcmp(sentence, text))
			return TRUE;
	}
	return g_str_has_prefix(sentence, known);
}

static gboolean is_sentence(guint i, const char *sentence)
{
	const char *start = sentences[i].start, *part = sentences[i].part;

	if (!part)
		return !strcmp(sentence, start);
	return g_str_has_prefix(sentence, start) && strstr(sentence + strlen(start), part);
}

enum reason_kind reason_kind_of_former(const char *sentence, json_t *reports)
{
	json_t *report;
	size_t at;

	json_array_foreach (reports, at, report) {
		if (is_of_report(report, sentence))
			return REASON_REPORT;
		if (is_explained(report, sentence))
			return REASON_EXPLANATION;
	}
	for (guint i = 0; i < G_N_ELEMENTS(sentences); i++)
		if (is_sentence(i, sentence))
			return sentences[i].kind;
	return REASON_OTHER;
}
