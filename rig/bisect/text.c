// SPDX-License-Identifier: GPL-2.0-only
/* Writes a result for the terminal. result.c has already cleaned its strings. */
#include "bisect/result.h"

#include <string.h>

#include "bisect/internal.h"
#include "util/clock.h"
#include "util/text.h"

static const char *text_at(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static double number(json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

/* Returns the id of a change; a commit's is shortened to 12 digits. */
static char *short_id(json_t *result, json_t *change)
{
	return g_strndup(text_at(change, "id"), strcmp(text_at(result, "range"), "git") ? 200 : 12);
}

char *result_headline(json_t *result)
{
	gboolean fix = json_is_true(json_object_get(result, "fix")),
		 found = !strcmp(text_at(result, "end"), "found");
	gsize n = json_array_size(json_object_get(result, "answer"));
	const char *range = text_at(result, "range");
	const char *what = !strcmp(range, "git")      ? "commit"
			   : !strcmp(range, "series") ? "patch"
						      : "option";

	if (!strcmp(text_at(result, "end"), "good end is bad"))
		return g_strdup_printf("the %s, %.2f %% sure",
				       fix ? "bad end does not have the bug"
					   : "good end has the bug already",
				       100 * number(result, "confidence"));
	if (!found)
		return g_strdup_printf("not found: %s. The most probable %s is %.2f %% sure",
				       text_at(result, "end"), what,
				       100 * number(result, "confidence"));
	return g_strdup_printf("the first %s %s%s, %.2f %% sure", fix ? "good" : "bad", what,
			       n > 1 ? " is one of these, which no test can distinguish" : "",
			       100 * number(result, "confidence"));
}

static void add_answer(GString *out, json_t *result)
{
	g_autofree char *headline = result_headline(result);
	json_t *change;
	size_t i;

	g_string_append_printf(out, "%s\n", headline);
	json_array_foreach (json_object_get(result, "answer"), i, change) {
		g_autofree char *id = short_id(result, change);
		g_auto(GStrv) touches = g_strsplit(text_at(change, "touches"), "\n", -1);

		g_string_append_printf(out, "\n  %s %s\n", id, text_at(change, "subject"));
		if (*text_at(change, "author"))
			g_string_append_printf(out, "  %s, %s\n", text_at(change, "author"),
					       text_at(change, "date"));
		for (char **line = touches; *line; line++)
			if (**line)
				g_string_append_printf(out, "  %s\n", g_strstrip(*line));
	}
}

static void add_numbers(GString *out, json_t *result)
{
	json_t *detection = json_object_get(result, "detection"),
	       *target = json_object_get(result, "target");
	g_autofree char *took =
		rig_duration_text((gint64)(number(result, "wall_s") * RIG_NS_PER_S));

	g_string_append_printf(out, "\ntarget    %s\n",
			       *text_at(target, "key") ? text_at(target, "key") : "not known yet");
	if (*text_at(target, "learned"))
		g_string_append_printf(out, "          %s\n", text_at(target, "learned"));
	/* without any run, the rate is only an assumption */
	if (number(result, "boots") > 0)
		g_string_append_printf(
			out,
			"caught    in %.0f %% of the runs on a kernel with the bug "
			"(%.0f to %.0f %%)\n",
			100 * number(detection, "rate"), 100 * number(detection, "low"),
			100 * number(detection, "high"));
	g_string_append_printf(out, "spent     %.0f boot%s, %.0f build%s, %s",
			       number(result, "boots"), text_s(number(result, "boots")),
			       number(result, "builds"), text_s(number(result, "builds")), took);
	if (number(result, "boots_left") > 0)
		g_string_append_printf(out, "; about %.0f boot%s left",
				       number(result, "boots_left"),
				       text_s(number(result, "boots_left") + 0.5));
	g_string_append_c(out, '\n');
}

/* Returns the outcomes at a position as a text such as "3 caught, 1 other". */
static char *outcomes(json_t *row)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const char *name;
	json_t *n;

	json_object_foreach (json_object_get(row, "outcomes"), name, n)
		g_string_append_printf(text, "%s%" JSON_INTEGER_FORMAT " %s", text->len ? ", " : "",
				       json_integer_value(n), name);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

char *result_letter(guint at)
{
	return at < 26 ? g_strdup_printf("%c", 'A' + at) : g_strdup_printf("#%u", at + 1);
}

char *result_seen(json_t *row)
{
	g_autoptr(GString) text = g_string_new(NULL);
	json_t *n;
	size_t i;

	json_array_foreach (json_object_get(row, "seen"), i, n) {
		g_autofree char *letter = result_letter((guint)i);

		if (json_integer_value(n))
			g_string_append_printf(text, "%s%s%" JSON_INTEGER_FORMAT,
					       text->len ? " " : "", letter, json_integer_value(n));
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void add_table(GString *out, json_t *result)
{
	json_t *row, *seen;
	size_t i;

	if (!json_array_size(json_object_get(result, "evidence")))
		return;
	g_string_append(out, "\nevidence\n");
	json_array_foreach (json_object_get(result, "evidence"), i, row) {
		g_autofree char *what = outcomes(row), *id = short_id(result, row),
				*reports = result_seen(row);

		g_string_append_printf(out, "%6.0f  %-12s  %-24s  %-8s  %s\n",
				       number(row, "position"), id, what, reports,
				       text_at(row, "subject"));
	}
	json_array_foreach (json_object_get(result, "signatures"), i, seen) {
		g_autofree char *letter = result_letter((guint)i);

		g_string_append_printf(out, "%s%6s  %s%s\n", i ? "" : "\nreports\n", letter,
				       text_at(seen, "signature"),
				       json_is_true(json_object_get(seen, "target"))
					       ? "  (what is searched for)"
					       : "");
		if (*text_at(seen, "title"))
			g_string_append_printf(out, "        %s\n", text_at(seen, "title"));
	}
}

char *result_text(json_t *result)
{
	g_autoptr(GString) out = g_string_new(NULL);
	json_t *one;
	size_t i;

	add_answer(out, result);
	add_numbers(out, result);
	add_table(out, result);
	if (json_array_size(json_object_get(result, "probable")) > 1 &&
	    strcmp(text_at(result, "end"), "found")) {
		g_string_append(out, "\nprobable\n");
		json_array_foreach (json_object_get(result, "probable"), i, one) {
			g_autofree char *id = short_id(result, one);

			g_string_append_printf(out, "%6.2f %%  %-12s  %s\n",
					       100 * number(one, "probability"), id,
					       text_at(one, "subject"));
		}
	}
	g_string_append(out, "\n");
	json_array_foreach (json_object_get(result, "replay"), i, one)
		g_string_append_printf(out, "%-12s  %s\n", text_at(one, "what"),
				       text_at(one, "command"));
	return g_string_free(g_steal_pointer(&out), FALSE);
}
