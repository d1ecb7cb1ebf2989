// SPDX-License-Identifier: GPL-2.0-only
/* A result as a page that stands alone. All text goes through escape(). */
#include "bisect/result.h"

#include <string.h>

#include "util/clock.h"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	"<title>rig bisect</title>\n<style>body{font:15px/1.45 sans-serif;max-width:70em;margin:2em auto;padding:0 1em}"
	"table{border-collapse:collapse}td,th{text-align:left;padding:.2em .8em .2em 0;border-bottom:1px solid #ddd;"
	"vertical-align:top}pre{background:#f6f6f6;padding:.8em;overflow:auto}.n{text-align:right}"
	"code{white-space:nowrap}</style></head><body>\n";

static char *escape(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return g_markup_escape_text(text ? text : "", -1);
}

static double number(json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static void add_answer(GString *out, json_t *result)
{
	g_autofree char *end = escape(result, "end");
	json_t *change;
	size_t i;

	g_string_append_printf(out, "<h1>%s, %.2f %% sure</h1>\n<p>The search ended: %s.</p>\n",
			       json_is_true(json_object_get(result, "fix")) ? "First good" : "First bad",
			       100 * number(result, "confidence"), end);
	json_array_foreach (json_object_get(result, "answer"), i, change) {
		g_autofree char *id = escape(change, "id"), *subject = escape(change, "subject");
		g_autofree char *author = escape(change, "author"), *date = escape(change, "date");
		g_autofree char *touches = escape(change, "touches");

		g_string_append_printf(out, "<h2>%s</h2>\n<p><code>%s</code> %s %s</p>\n<pre>%s</pre>\n", subject, id,
				       author, date, touches);
	}
}

static void add_numbers(GString *out, json_t *result)
{
	json_t *target = json_object_get(result, "target"), *detection = json_object_get(result, "detection");
	g_autofree char *key = escape(target, "key"), *learned = escape(target, "learned");
	g_autofree char *scenario = escape(result, "scenario"), *machine = escape(result, "machine");
	g_autofree char *took = rig_duration_text((gint64)(number(result, "wall_s") * RIG_NS_PER_S));

	g_string_append_printf(
		out,
		"<table><tr><th>target<td>%s<br>%s</tr><tr><th>scenario<td>%s %s</tr><tr><th>caught<td>in %.0f %% of "
		"the runs that can (%.0f to %.0f %%)</tr><tr><th>spent<td>%.0f boots, %.0f builds, %s</tr></table>\n",
		key, learned, scenario, machine, 100 * number(detection, "rate"), 100 * number(detection, "low"),
		100 * number(detection, "high"), number(result, "boots"), number(result, "builds"), took);
}

/* What else a run printed: its other reports are worth knowing, though they do not count. */
static void add_run(GString *out, json_t *run)
{
	g_autofree char *outcome = escape(run, "outcome"), *name = escape(run, "run");
	g_autofree char *verdict = escape(run, "verdict"), *why = escape(run, "why");
	json_t *report;
	size_t i;

	g_string_append_printf(out, "<tr><td><td>%s<td>%s<td><code>%s</code> %s", outcome, verdict, name, why);
	json_array_foreach (json_object_get(run, "reports"), i, report) {
		g_autofree char *signature = escape(report, "signature");

		g_string_append_printf(out, "<br><code>%s</code>", signature);
	}
	g_string_append(out, "</tr>\n");
}

static void add_table(GString *out, json_t *result)
{
	json_t *row, *run;
	size_t i, k;

	g_string_append(out, "<h2>Evidence</h2>\n<table><tr><th>change<th>outcome<th>verdict<th>run, reports</tr>\n");
	json_array_foreach (json_object_get(result, "evidence"), i, row) {
		g_autofree char *id = escape(row, "id"), *subject = escape(row, "subject");

		g_string_append_printf(out, "<tr><th colspan=4>%.0f: <code>%.40s</code> %s (%.2f %%)</tr>\n",
				       number(row, "position"), id, subject, 100 * number(row, "probability"));
		json_array_foreach (json_object_get(row, "runs"), k, run)
			add_run(out, run);
	}
	g_string_append(out, "</table>\n");
}

char *result_html(json_t *result)
{
	g_autoptr(GString) out = g_string_new(head);
	g_autofree char *report = escape(result, "report");
	json_t *one;
	size_t i;

	add_answer(out, result);
	add_numbers(out, result);
	add_table(out, result);
	g_string_append(out, "<h2>Again</h2>\n<pre>");
	json_array_foreach (json_object_get(result, "replay"), i, one) {
		g_autofree char *command = escape(one, "command"), *what = escape(one, "what");

		g_string_append_printf(out, "%s    # %s\n", command, what);
	}
	g_string_append(out, "</pre>\n");
	if (*report)
		g_string_append_printf(out, "<h2>The report at the first bad</h2>\n<pre>%s</pre>\n", report);
	g_string_append(out, "</body></html>\n");
	return g_string_free(g_steal_pointer(&out), FALSE);
}
