// SPDX-License-Identifier: GPL-2.0-only
/* Makes the result of a search as one JSON object, from which text and HTML are made. */
#include "bisect/result.h"

#include <string.h>

#include "bisect/internal.h"
#include "store/store.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/text.h"

/* Only candidates (changes) with at least this probability are shown, and at most SHOWN_MOST. */
#define SHOWN_LEAST 0.001
#define SHOWN_MOST 10

static const char *const ends[] = {
	[SEARCH_FOUND] = "found",
	[SEARCH_GOOD_IS_BAD] = "good end is bad",
	[SEARCH_OUT_OF_BUDGET] = "out of budget",
	[SEARCH_STOPPED] = "stopped",
};

static json_t *change_json(const struct search *search, guint position)
{
	const struct change *change = span_change(search->span, position);
	g_autofree char *id = text_clean(change->id ? change->id : "?");
	g_autofree char *subject = text_clean(change->subject ? change->subject : "");
	g_autofree char *author = text_clean(change->author ? change->author : "");
	g_autofree char *date = text_clean(change->date ? change->date : "");

	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:f}", "position", (int)position, "id", id,
			 "subject", subject, "author", author, "date", date, "probability",
			 posterior_of(search->posterior, position));
}

static int by_probability(const void *a, const void *b, void *data)
{
	const struct posterior *p = data;
	double x = posterior_of(p, *(const guint *)a), y = posterior_of(p, *(const guint *)b);

	return x > y ? -1 : x < y;
}

static json_t *most_probable(const struct search *search)
{
	g_autoptr(GArray) order = g_array_new(FALSE, FALSE, sizeof(guint));
	json_t *list = json_array();

	for (guint i = 0; i <= search->span->n; i++)
		g_array_append_val(order, i);
	g_array_sort_with_data(order, by_probability, search->posterior);
	for (guint i = 0; i < order->len && i < SHOWN_MOST; i++) {
		guint change = g_array_index(order, guint, i);

		if (posterior_of(search->posterior, change) >= SHOWN_LEAST)
			json_array_append_new(list, change_json(search, change));
	}
	return list;
}

/* Returns the changes that cannot be distinguished from the best candidate, oldest first. */
static json_t *answer(const struct search *search, double *ret_confidence)
{
	g_autofree gboolean *same = g_new(gboolean, search->span->n + 1);
	json_t *list = json_array();

	*ret_confidence = posterior_answer(search->posterior, search->skipped, same);
	for (guint i = 0; i <= search->span->n; i++) {
		g_autofree char *touches = NULL;
		json_t *change;

		if (!same[i])
			continue;
		change = change_json(search, i);
		touches = i ? span_diffstat(search->span, i) : NULL;
		if (touches)
			json_object_set_new(change, "touches", json_string(touches));
		json_array_append_new(list, change);
	}
	return list;
}

static json_t *sightings_counts(const struct search *search, const GPtrArray *reports,
				guint position)
{
	json_t *counts = json_array();

	for (guint i = 0; i < reports->len; i++)
		json_array_append_new(counts, json_integer(sightings_count(
						      search, reports->pdata[i], (int)position)));
	return counts;
}

/*
 * Returns a row for each position (kernel version) with evidence: how often each outcome occurred,
 * and in how many runs each of REPORTS.
 */
static json_t *table(const struct search *search, const GPtrArray *reports)
{
	json_t *rows = json_array();

	for (guint at = 0; at <= search->span->n; at++) {
		json_t *counts = json_object(), *runs = json_array();
		gboolean any = FALSE;
		json_t *row;

		for (guint i = 0; i < search->evidence->len; i++) {
			const struct evidence *e = search->evidence->pdata[i];
			const char *name = outcome_name(e->outcome);

			if (e->position != at)
				continue;
			any = TRUE;
			json_object_set_new(counts, name,
					    json_integer(1 + json_integer_value(json_object_get(
								     counts, name))));
			json_array_append_new(runs, evidence_to_json(e));
		}
		if (any) {
			row = change_json(search, at);
			json_object_set(row, "outcomes", counts);
			json_object_set(row, "runs", runs);
			json_object_set_new(row, "seen", sightings_counts(search, reports, at));
			json_array_append_new(rows, row);
		}
		json_decref(counts);
		json_decref(runs);
	}
	return rows;
}

static const struct evidence *find(const struct search *search, guint position,
				   enum outcome outcome)
{
	for (guint i = 0; i < search->evidence->len; i++) {
		const struct evidence *e = search->evidence->pdata[i];

		if (e->position == position && e->outcome == outcome && e->run)
			return e;
	}
	return NULL;
}

/* Returns the text of the target's report in the run CAUGHT. */
static char *report_text(const struct search *search, const struct evidence *caught)
{
	rig_auto(run_info) run =
		caught && caught->dir ? run_open(search->options.results, caught->dir, NULL) : NULL;
	json_t *report;
	size_t i;

	json_array_foreach (run ? json_object_get(run->details, "reports") : NULL, i, report) {
		const char *kind = json_string_value(json_object_get(report, "kind"));
		const char *bug = json_string_value(
			json_object_get(json_object_get(report, "signature"), "bug"));
		const char *text = json_string_value(json_object_get(report, "text"));

		if (text && !g_strcmp0(search->target.is_kind ? kind : bug, search->target.key))
			return text_clean(text);
	}
	return NULL;
}

static void add_command(json_t *commands, const char *what, const struct evidence *evidence)
{
	g_autofree char *line =
		evidence ? g_strdup_printf("rig replay %s",
					   evidence->dir ? evidence->dir : evidence->run)
			 : NULL;

	if (line)
		json_array_append_new(commands,
				      json_pack("{s:s, s:s}", "what", what, "command", line));
}

/* Adds the command line of this search, quoted for a shell. */
static void add_whole(json_t *commands, const struct search *search)
{
	g_autoptr(GString) line = g_string_new("rig bisect");
	json_t *word;
	size_t i;

	json_array_foreach (search->words, i, word) {
		const char *text = json_string_value(word);
		g_autofree char *quoted = text ? g_shell_quote(text) : NULL;

		if (text)
			g_string_append_printf(
				line, " %s",
				text[strspn(text, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS
					    "-_./:=@~+,")] ||
						!*text
					? quoted
					: text);
	}
	json_array_append_new(commands,
			      json_pack("{s:s, s:s}", "what", "all of it", "command", line->str));
}

/*
 * Adds the commands that repeat the search and two of its runs: one that caught the bug, from the
 * nearest position at or after the best candidate, and a clean one from the nearest position before
 * it (for a fix, clean at or after it and caught before it).
 */
static void add_witnesses(const struct search *search, json_t *result)
{
	guint n = search->span->n, first = posterior_best(search->posterior);
	const struct evidence *caught = NULL, *clean = NULL;
	gboolean fix = search->options.fix;
	json_t *commands = json_array();
	g_autofree char *text = NULL;

	for (guint i = first; i <= n && !(fix ? clean : caught); i++)
		fix ? (clean = find(search, i, OUTCOME_CLEAN))
		    : (caught = find(search, i, OUTCOME_CAUGHT));
	for (guint i = first; i-- > 0 && !(fix ? caught : clean);)
		fix ? (caught = find(search, i, OUTCOME_CAUGHT))
		    : (clean = find(search, i, OUTCOME_CLEAN));
	add_command(commands, "with the bug", caught);
	add_command(commands, "without", clean);
	add_whole(commands, search);
	json_object_set_new(result, "replay", commands);
	text = report_text(search, caught);
	if (text)
		json_object_set_new(result, "report", json_string(text));
}

json_t *result_json(const struct search *search, enum search_end end)
{
	double confidence, low, high, rate = posterior_rate(search->posterior, &low, &high);
	json_t *changes = answer(search, &confidence), *result;
	gboolean done = end == SEARCH_FOUND || end == SEARCH_GOOD_IS_BAD;
	g_autofree char *key = search->target.key ? text_clean(search->target.key) : NULL;
	g_autofree char *how = search->target_why ? text_clean(search->target_why) : NULL;
	static const char *const kinds[] = {"git", "series", "config"};
	g_autoptr(GPtrArray) reports = sightings_list(search);

	result = json_pack(
		"{s:i, s:s, s:s, s:b, s:s, s:s?, s:i, s:{s:s?, s:b, s:s?}, s:f, s:f, s:o, s:{s:f, "
		"s:f, s:f}}",
		"version", 1, "search", search->name, "end", ends[end], "fix", search->options.fix,
		"range", kinds[search->span->kind], "repository", search->span->repo, "changes",
		(int)search->span->n, "target", "key", key, "kind", search->target.is_kind,
		"learned", how, "confidence", confidence, "asked", search->options.confidence,
		"answer", changes, "detection", "rate", rate, "low", low, "high", high);
	json_object_update_new(
		result,
		json_pack("{s:s, s:s?, s:i, s:i, s:f, s:f, s:o, s:o}", "scenario",
			  search->options.scenario, "machine", search->options.machine, "boots",
			  (int)search->boots, "builds", (int)search->builds, "wall_s",
			  search->spent_s, "boots_left",
			  done || !search->target.key ? 0.0 : search_boots_left(search), "probable",
			  most_probable(search), "evidence", table(search, reports)));
	json_object_set_new(result, "signatures", sightings_json(search, reports));
	add_witnesses(search, result);
	return result;
}

static gboolean write_file(const struct search *search, const char *name, const char *text,
			   GError **error)
{
	g_autofree char *path = g_build_filename(search->dir, name, NULL);

	return !text || rig_write_file(path, text, -1, error);
}

gboolean result_write(const struct search *search, enum search_end end, GError **error)
{
	json_auto_t *result = result_json(search, end);
	g_autofree char *json = json_dumps(result, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	g_autofree char *text = result_text(result), *html = result_html(result);
	g_autofree char *log = result_git_log(search, end);

	return write_file(search, "result.json", json, error) &&
	       write_file(search, "result.txt", text, error) &&
	       write_file(search, "result.html", html, error) &&
	       write_file(search, "bisect.log", log, error);
}
