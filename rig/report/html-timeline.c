// SPDX-License-Identifier: GPL-2.0-only
/*
 * Draws a run on a time axis: its states and host steps as bars in lanes, the rates of agents, and
 * the times of reports. The data is from the journal. Journals of older versions of the rig have no
 * counts of agents; the pages of such runs have no rates.
 */
#include "report/page.h"

#include <string.h>

#include "util/text.h"

#define BARS_MAX 1500 /* maximum number of bars; more could not be distinguished */
#define POINTS_MAX 600
#define ROWS_MAX 200 /* maximum number of rows in the table next to the chart */

struct bar {
	guint lane;
	double from, to; /* begin and end in seconds; `to` is negative until the end is known */
	char *name, *outcome;
};

struct timeline {
	GPtrArray *lanes;	/* of char *: names of the lanes */
	GArray *bars;		/* of struct bar */
	GHashTable *open;	/* maps a lane to 1 + the index of its bar that has not ended */
	GHashTable *rates;	/* maps an agent to a JSON array of [time, rate] */
	GPtrArray *agents;	/* keys of `rates`, in order */
	json_t *reports, *last; /* `last` has the latest counts of the agents */
	double last_t, end;
};

static void bar_clear(gpointer data)
{
	struct bar *bar = data;

	g_free(bar->name);
	g_free(bar->outcome);
}

static guint lane_of(struct timeline *tl, const char *name)
{
	for (guint i = 0; i < tl->lanes->len; i++)
		if (!strcmp(tl->lanes->pdata[i], name))
			return i;
	g_ptr_array_add(tl->lanes, g_strdup(name));
	return tl->lanes->len - 1;
}

static void bar_end(struct timeline *tl, guint lane, double t, const char *outcome)
{
	guint index = GPOINTER_TO_UINT(g_hash_table_lookup(tl->open, GUINT_TO_POINTER(lane)));
	struct bar *bar;

	if (!index)
		return;
	bar = &g_array_index(tl->bars, struct bar, index - 1);
	bar->to = t;
	bar->outcome = text_clean(outcome);
	g_hash_table_remove(tl->open, GUINT_TO_POINTER(lane));
}

/* Starts a bar in LANE at the time T, and ends the lane's open bar. NAME is stolen. */
static void bar_begin(struct timeline *tl, guint lane, double t, char *name)
{
	struct bar bar = {lane, t, -1, name, NULL};

	bar_end(tl, lane, t, "");
	if (tl->bars->len >= BARS_MAX) {
		g_free(name);
		return;
	}
	g_array_append_val(tl->bars, bar);
	g_hash_table_insert(tl->open, GUINT_TO_POINTER(lane), GUINT_TO_POINTER(tl->bars->len));
}

static guint lane_of_step(struct timeline *tl, json_t *entry)
{
	json_int_t copy = json_integer_value(json_object_get(entry, "copy"));
	g_autofree char *name = g_strdup_printf(
		"track %" JSON_INTEGER_FORMAT, json_integer_value(json_object_get(entry, "track")));
	g_autofree char *both =
		copy ? g_strdup_printf("%s.%" JSON_INTEGER_FORMAT, name, copy) : g_strdup(name);

	return lane_of(tl, both);
}

static void on_state(struct timeline *tl, json_t *entry, double t)
{
	guint lane = lane_of(tl, "state");

	if (!tl->bars->len)
		bar_begin(tl, lane, 0, g_strdup("boot"));
	bar_end(tl, lane, t, "");
	bar_begin(tl, lane, t, model_text(entry, "to"));
}

static void on_step(struct timeline *tl, json_t *entry, double t)
{
	g_autofree char *what = model_text(entry, "do"), *id = model_text(entry, "id");

	bar_begin(tl, lane_of_step(tl, entry), t,
		  g_strjoin(strcmp(id, "?") ? " " : "", what, strcmp(id, "?") ? id : "", NULL));
}

static void on_stepped(struct timeline *tl, json_t *entry, double t)
{
	g_autofree char *outcome = model_text(entry, "outcome");

	bar_end(tl, lane_of_step(tl, entry), t, outcome);
}

/*
 * Adds the bar of a wait at a hold, a place where a vCPU was made to wait. The journal's ENTRY is
 * from the end of the wait, T.
 */
static void on_held(struct timeline *tl, json_t *entry, double t)
{
	json_int_t hold = json_integer_value(json_object_get(entry, "hold"));
	g_autofree char *name = g_strdup_printf("hold %" JSON_INTEGER_FORMAT, hold);
	g_autofree char *at = model_text(entry, "at"), *outcome = model_text(entry, "outcome");
	double since = json_number_value(json_object_get(entry, "since"));
	guint lane = lane_of(tl, name);

	bar_begin(tl, lane, since > 0 && since < t ? since : t,
		  g_strdup_printf("%s, vCPU %" JSON_INTEGER_FORMAT, at,
				  json_integer_value(json_object_get(entry, "cpu"))));
	bar_end(tl, lane, t, outcome);
}

static void on_report(struct timeline *tl, json_t *entry, double t)
{
	g_autofree char *title = model_text(entry, "title");

	json_array_append_new(tl->reports, json_pack("{s:f, s:s}", "at", t, "title", title));
}

static void on_counts(struct timeline *tl, json_t *entry, double t)
{
	json_t *ops = json_object_get(entry, "ops"), *n;
	double seconds = t - tl->last_t;
	const char *agent;

	json_object_foreach (ops, agent, n) {
		json_t *points = g_hash_table_lookup(tl->rates, agent);
		double done = json_integer_value(n) -
			      json_integer_value(json_object_get(tl->last, agent));

		if (!points) {
			points = json_array();
			g_hash_table_insert(tl->rates, g_strdup(agent), points);
			g_ptr_array_add(tl->agents, g_strdup(agent));
		}
		/* skip negative differences, because a reset sets the counters to 0 */
		if (tl->last && seconds > 0 && done >= 0)
			json_array_append_new(points, json_pack("[f, f]", t, done / seconds));
	}
	json_decref(tl->last);
	tl->last = json_incref(ops);
	tl->last_t = t;
}

static void on_entry(json_t *entry, void *data)
{
	static const struct {
		const char *what;
		void (*take)(struct timeline *tl, json_t *entry, double t);
	} kinds[] = {{"state", on_state}, {"step", on_step},	 {"stepped", on_stepped},
		     {"held", on_held},	  {"report", on_report}, {"counts", on_counts}};
	const char *what = json_string_value(json_object_get(entry, "what"));
	struct timeline *tl = data;
	double t = json_number_value(json_object_get(entry, "t"));

	tl->end = MAX(tl->end, t);
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (!strcmp(what, kinds[i].what))
			kinds[i].take(tl, entry, t);
}

static json_t *bars_json(const struct timeline *tl)
{
	json_t *bars = json_array();

	for (guint i = 0; i < tl->bars->len; i++) {
		const struct bar *bar = &g_array_index(tl->bars, struct bar, i);
		g_autofree char *name = bar->outcome && *bar->outcome
						? g_strconcat(bar->name, ": ", bar->outcome, NULL)
						: g_strdup(bar->name);
		const char *kind =
			!strcmp(tl->lanes->pdata[bar->lane], "state") ? "state"
			: bar->to < 0				      ? "open"
			: !g_strcmp0(bar->outcome, "ok") || !g_strcmp0(bar->outcome, "deleted")
				? "ok"
				: "bad";

		json_array_append_new(bars, json_pack("{s:i, s:f, s:f, s:s, s:s}", "lane",
						      bar->lane, "from", bar->from, "to",
						      bar->to < 0 ? tl->end : bar->to, "kind", kind,
						      "name", name));
	}
	return bars;
}

/* Returns at most POINTS_MAX of POINTS, at equal distances. New reference. */
static json_t *thinned(json_t *points)
{
	size_t n = json_array_size(points), every = 1 + n / POINTS_MAX;
	json_t *few = json_array();

	for (size_t i = 0; i < n; i += every)
		json_array_append(few, json_array_get(points, i));
	return few;
}

static json_t *timeline_json(const struct timeline *tl)
{
	json_t *lanes = json_array(), *rates = json_array();

	for (guint i = 0; i < tl->lanes->len; i++)
		json_array_append_new(lanes, json_string(tl->lanes->pdata[i]));
	if (json_array_size(tl->reports))
		json_array_append_new(lanes, json_string("reports"));
	for (guint i = 0; i < tl->agents->len; i++) {
		g_autofree char *name = text_clean(tl->agents->pdata[i]);
		json_t *points = g_hash_table_lookup(tl->rates, tl->agents->pdata[i]);

		json_array_append_new(
			rates, json_pack("{s:s, s:o}", "name", name, "points", thinned(points)));
	}
	return json_pack("{s:s, s:f, s:o, s:o, s:o, s:O}", "chart", "timeline", "end", tl->end,
			 "lanes", lanes, "bars", bars_json(tl), "rates", rates, "reports",
			 tl->reports);
}

static void put_table(struct page *page, const struct timeline *tl)
{
	json_t *report;
	size_t r;

	html_raw(
		page,
		"<table class=\"cards\"><thead><tr><th scope=\"col\">what</th><th scope=\"col\" "
		"class=\"num\">from</th>"
		"<th scope=\"col\" class=\"num\">to</th><th scope=\"col\">where</th>"
		"<th scope=\"col\">outcome</th></tr>"
		"</thead>\n<tbody>\n");
	json_array_foreach (tl->reports, r, report) {
		html(page, "<tr><th scope=\"row\">report: %s</th>",
		     json_string_value(json_object_get(report, "title")));
		put_number(page, "from", json_real_value(json_object_get(report, "at")), "%.2f s");
		html_raw(
			page,
			"<td class=\"none\"></td><td data-label=\"where\">console</td>"
			"<td class=\"none\"></td></tr>\n");
	}
	for (guint i = 0; i < tl->bars->len && i < ROWS_MAX; i++) {
		const struct bar *bar = &g_array_index(tl->bars, struct bar, i);

		html(page, "<tr><th scope=\"row\">%s</th>", bar->name);
		put_number(page, "from", bar->from, "%.2f s");
		put_number(page, "to", bar->to, "%.2f s");
		html(page,
		     "<td data-label=\"where\">%s</td><td data-label=\"outcome\">%s</td></tr>\n",
		     (char *)tl->lanes->pdata[bar->lane],
		     bar->to < 0 ? "never ended" : bar->outcome);
	}
	html_raw(page, "</tbody></table>\n");
	if (tl->bars->len > ROWS_MAX)
		html(page, "<p>and %u more: the journal has them all.</p>\n",
		     tl->bars->len - ROWS_MAX);
}

void put_timeline(struct page *page, const struct run_view *run)
{
	struct timeline tl = {
		.lanes = g_ptr_array_new_with_free_func(g_free),
		.bars = g_array_new(FALSE, FALSE, sizeof(struct bar)),
		.open = g_hash_table_new(NULL, NULL),
		.rates = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					       (GDestroyNotify)json_decref),
		.agents = g_ptr_array_new_with_free_func(g_free),
		.reports = json_array(),
	};

	g_array_set_clear_func(tl.bars, bar_clear);
	if (run_journal_each(run->info->dir, on_entry, &tl, NULL) && tl.bars->len) {
		html_raw(page, "<h2>Timeline</h2>\n");
		put_chart_begin(page, "Timeline: host steps, rates of the agents, reports", TRUE,
				timeline_json(&tl));
		put_table(page, &tl);
		put_chart_end(page);
	}
	json_decref(tl.last);
	json_decref(tl.reports);
	g_ptr_array_unref(tl.agents);
	g_hash_table_unref(tl.rates);
	g_hash_table_unref(tl.open);
	g_array_unref(tl.bars);
	g_ptr_array_unref(tl.lanes);
}
