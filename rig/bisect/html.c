// SPDX-License-Identifier: GPL-2.0-only
/* Writes a result as a self-contained page. All text goes through escape(). */
#include "bisect/result.h"

#include <string.h>

#include "bisect/internal.h"
#include "util/clock.h"
#include "util/text.h"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	"style-src 'unsafe-inline'\">\n"
	"<title>rig bisect</title>\n<style>\n"
	":root{color-scheme:light dark}body{font:15px/1.45 sans-serif;max-width:76em;margin:2em "
	"auto;padding:0 1em}\n"
	"table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25em .8em .25em "
	"0;\n"
	"border-bottom:1px solid #8884;vertical-align:top}"
	"pre{background:#8881;padding:.8em;overflow:auto}\n"
	".n{text-align:right}.w{width:1%;white-space:nowrap}"
	"code{font-size:90%;overflow-wrap:anywhere}\n"
	".bar{background:#8883;width:12em}.bar div{background:#47a;height:1em}"
	".answer{background:#fd05}\n"
	".run{display:inline-block;padding:0 .45em;margin:0 .25em .25em "
	"0;border-radius:.3em;background:#8883}\n"
	".run.caught{background:#d442}.run.clean{background:#3a52}summary{cursor:pointer}"
	"</style></head><body>\n";

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
	g_autofree char *line = result_headline(result), *headline = g_markup_escape_text(line, -1);
	json_t *change;
	size_t i;

	*headline = g_ascii_toupper(*headline);
	g_string_append_printf(out, "<h1>%s</h1>\n", headline);
	json_array_foreach (json_object_get(result, "answer"), i, change) {
		g_autofree char *id = escape(change, "id"), *subject = escape(change, "subject");
		g_autofree char *author = escape(change, "author"), *date = escape(change, "date");
		g_autofree char *touches = escape(change, "touches");

		g_string_append_printf(
			out, "<h2>%s</h2>\n<p><code>%s</code><br>%s, %s</p>\n<pre>%s</pre>\n",
			*subject ? subject : id, id, author, date, touches);
	}
}

static void add_numbers(GString *out, json_t *result)
{
	json_t *target = json_object_get(result, "target"),
	       *detection = json_object_get(result, "detection");
	g_autofree char *key = escape(target, "key"), *learned = escape(target, "learned");
	g_autofree char *scenario = escape(result, "scenario"),
			*machine = escape(result, "machine");
	g_autofree char *took =
		rig_duration_text((gint64)(number(result, "wall_s") * RIG_NS_PER_S));

	g_string_append_printf(
		out, "<table><tr><th class=w>searched for<td><code>%s</code><br>%s</tr>\n",
		*key ? key : "not known yet", learned);
	g_string_append_printf(out, "<tr><th>scenario<td>%s on %s</tr>\n", scenario, machine);
	if (number(result, "boots") > 0)
		g_string_append_printf(
			out,
			"<tr><th>caught<td>in %.0f %% of the runs on a kernel with the bug "
			"(%.0f to %.0f %%)</tr>\n",
			100 * number(detection, "rate"), 100 * number(detection, "low"),
			100 * number(detection, "high"));
	g_string_append_printf(out, "<tr><th>spent<td>%.0f boot%s, %.0f build%s, %s",
			       number(result, "boots"), text_s(number(result, "boots")),
			       number(result, "builds"), text_s(number(result, "builds")), took);
	if (number(result, "boots_left") > 0)
		g_string_append_printf(out, "; about %.0f boot%s left",
				       number(result, "boots_left"),
				       text_s(number(result, "boots_left") + 0.5));
	g_string_append(out, "</tr></table>\n");
}

static void add_probable(GString *out, json_t *result)
{
	json_t *one;
	size_t i;

	g_string_append(out, "<h2>Most probable changes</h2>\n<table>\n");
	json_array_foreach (json_object_get(result, "probable"), i, one) {
		g_autofree char *id = escape(one, "id"), *subject = escape(one, "subject");
		double p = 100 * number(one, "probability");

		g_string_append_printf(
			out,
			"<tr><td class=\"n w\">%.2f %%"
			"<td class=w><div class=bar><div style=\"width:%.0f%%\"></div></div>"
			"<td class=\"n w\">%.0f<td><code>%.*s</code> %s</tr>\n",
			p, p, number(one, "position"), strlen(id) == 40 ? 12 : 200, id, subject);
	}
	g_string_append(out, "</table>\n");
}

static void add_run(GString *out, json_t *run)
{
	g_autofree char *outcome = escape(run, "outcome"), *name = escape(run, "run");
	g_autofree char *verdict = escape(run, "verdict"), *why = escape(run, "why");

	g_string_append_printf(out, "<li>%s %s ", outcome, verdict);
	/* a relative link, because run folders and the folder of the search have the same parent */
	if (*name)
		g_string_append_printf(out, "<a href=\"../%s/\"><code>%s</code></a> ", name, name);
	g_string_append_printf(out, "%s\n", why);
}

static void add_row(GString *out, json_t *row, gboolean is_answer)
{
	g_autofree char *id = escape(row, "id"), *subject = escape(row, "subject"),
			*seen = result_seen(row);
	json_t *run;
	size_t i;

	g_string_append_printf(out, "<tr%s><td class=\"n w\">%.0f<td><code>%.*s</code> %s<td>",
			       is_answer ? " class=answer" : "", number(row, "position"),
			       strlen(id) == 40 ? 12 : 200, id, subject);
	json_array_foreach (json_object_get(row, "runs"), i, run) {
		g_autofree char *outcome = escape(run, "outcome");

		g_string_append_printf(out, "<span class=\"run %s\">%s</span>", outcome, outcome);
	}
	g_string_append_printf(out, "<details><summary>%zu run%s</summary><ul>\n", i,
			       text_s(i));
	json_array_foreach (json_object_get(row, "runs"), i, run)
		add_run(out, run);
	g_string_append_printf(out, "</ul></details><td class=w>%s</tr>\n", seen);
}

static gboolean in_answer(json_t *result, json_t *row)
{
	json_t *change;
	size_t i;

	json_array_foreach (json_object_get(result, "answer"), i, change)
		if (json_equal(json_object_get(change, "position"),
			       json_object_get(row, "position")))
			return TRUE;
	return FALSE;
}

static void add_evidence(GString *out, json_t *result)
{
	json_t *row, *seen;
	size_t i;

	g_string_append(out, "<h2>Evidence</h2>\n<table>"
			     "<tr><th class=n>#<th>change<th>outcomes<th>reports</tr>\n");
	json_array_foreach (json_object_get(result, "evidence"), i, row)
		add_row(out, row, in_answer(result, row));
	g_string_append(out, "</table>\n<h2>Reports</h2>\n<table>"
			     "<tr><th><th>signature<th class=n>runs</tr>\n");
	json_array_foreach (json_object_get(result, "signatures"), i, seen) {
		g_autofree char *key = escape(seen, "signature"), *title = escape(seen, "title");
		g_autofree char *letter = result_letter((guint)i);

		g_string_append_printf(
			out, "<tr%s><td class=w>%s<td><code>%s</code><br>%s<td class=n>%.0f</tr>\n",
			json_is_true(json_object_get(seen, "target")) ? " class=answer" : "",
			letter, key, title, number(seen, "runs"));
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
	add_probable(out, result);
	add_evidence(out, result);
	g_string_append(out, "<h2>Commands to repeat it</h2>\n<pre>");
	json_array_foreach (json_object_get(result, "replay"), i, one) {
		g_autofree char *command = escape(one, "command"), *what = escape(one, "what");

		g_string_append_printf(out, "%s    # %s\n", command, what);
	}
	g_string_append(out, "</pre>\n");
	if (*report)
		g_string_append_printf(out, "<h2>A report of the bug</h2>\n<pre>%s</pre>\n",
				       report);
	g_string_append(out, "</body></html>\n");
	return g_string_free(g_steal_pointer(&out), FALSE);
}
