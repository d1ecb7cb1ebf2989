// SPDX-License-Identifier: GPL-2.0-only
/* The table of output formats. */
#include "report/report.h"

#include <stdlib.h>

#include "report/internal.h"
#include "util/text.h"

const struct report_format report_formats[] = {
	{"text", "one screen for a mail: what changed first (the default)", FALSE, write_text},
	{"json", "everything: changes, cells, signatures, runs", FALSE, write_json},
	{"junit", "JUnit XML, as CI servers read it", TRUE, write_junit},
	{"ktap", "KTAP version 1, with a subtest for each cell and run", FALSE, write_ktap},
	{"kcidb", "KCIDB JSON, version 5: checkouts, builds, tests, issues, incidents", TRUE,
	 write_kcidb},
};
const guint n_report_formats = G_N_ELEMENTS(report_formats);

char *json_document(json_t *json)
{
	char *dump = json_dumps(json, JSON_INDENT(2) | JSON_ENSURE_ASCII),
	     *text = g_strconcat(dump, "\n", NULL);

	free(dump);
	json_decref(json);
	return text;
}

/*
 * Returns the reasons and reports of a run as clean text. The text is first cut to FINDINGS_MAX
 * bytes, and then cleaned, because the cut may be inside a UTF-8 character.
 */
char *run_findings(const struct run_view *run)
{
	g_autoptr(GString) text = g_string_new(NULL);
	json_t *reason, *report;
	size_t i;

	json_array_foreach (json_object_get(run->info->details, "reasons"), i, reason)
		if (json_is_string(reason))
			g_string_append_printf(text, "%s\n", json_string_value(reason));
	if (run->info->problem)
		g_string_append_printf(text, "%s\n", run->info->problem);
	json_array_foreach (json_object_get(run->info->details, "reports"), i, report)
		if (json_is_string(json_object_get(report, "text")) && text->len < FINDINGS_MAX)
			g_string_append_printf(text, "\n%s\n",
					       json_string_value(json_object_get(report, "text")));
	g_string_truncate(text, MIN(text->len, FINDINGS_MAX));
	return text_clean(text->str);
}

char *run_reason(const struct run_view *run)
{
	g_autofree char *reason = NULL;
	json_t *first = json_array_get(json_object_get(run->info->details, "reasons"), 0);

	reason = text_clean(run->as == VERDICT_FAIL && run->info->verdict == VERDICT_PASS
				    ? "the report that the scenario expects was not found"
			    : json_is_string(first) ? json_string_value(first)
			    : *run->title	  ? run->title
						  : verdict_name(run->info->verdict));
	g_strdelimit(reason, "\n\t", ' ');
	return g_steal_pointer(&reason);
}
