// SPDX-License-Identifier: GPL-2.0-only
/* Writes the page of a run: verdict, inputs, timeline, reports, and how to replay it. */
#include "report/page.h"

#include <string.h>

#include "util/clock.h"
#include "util/text.h"

#define REPORTS_MAX 12

static void put_state(struct page *page, const struct run_view *run)
{
	g_autofree char *kind = g_ascii_strdown(verdict_name(run->as), -1),
			*reason = run_reason(run);
	json_t *reasons = json_object_get(run->info->details, "reasons"), *other;
	size_t i;

	html(page,
	     "<p class=\"crumbs\"><a href=\"../index.html\">Overview</a> / <a "
	     "href=\"../cell/%s.html\">%s on %s, kernel %s</a></p>\n",
	     run->cell->slug, run->scenario, run->machine, run->kernel);
	html(page, "<div class=\"state %s\"><p>", kind);
	put_badge(page, verdict_name(run->info->verdict), NULL);
	if (run->as != run->info->verdict)
		html(page, " %s",
		     run->as == VERDICT_PASS ? "as the scenario expects"
					     : "the scenario expects a report");
	html(page, "</p><h1>%s</h1>\n",
	     run->info->verdict == VERDICT_PASS ? "No report, and all checks passed" : reason);
	json_array_foreach (reasons, i, other) {
		g_autofree char *text =
			i && json_is_string(other) ? text_clean(json_string_value(other)) : NULL;

		if (text)
			html(page, "<p>%s</p>\n", text);
	}
	if (run->info->problem) {
		g_autofree char *problem = text_clean(run->info->problem);

		html(page, "<p>%s</p>\n", problem);
	}
	html_raw(page, "</div>\n");
}

static char *joined(json_t *array)
{
	GString *text = g_string_new(NULL);
	json_t *word;
	size_t i;

	json_array_foreach (array, i, word)
		if (json_is_string(word))
			g_string_append_printf(text, "%s%s", text->len ? ", " : "",
					       json_string_value(word));
	g_autofree char *raw = g_string_free(text, FALSE);

	return text_clean(raw);
}

static char *times_text(json_t *times)
{
	g_autofree char *boot = NULL, *hammer = NULL, *total = NULL;

	if (!json_is_object(times))
		return NULL;
	boot = rig_duration_text(json_integer_value(json_object_get(times, "boot_ns")));
	hammer = rig_duration_text(json_integer_value(json_object_get(times, "hammer_ns")));
	total = rig_duration_text(json_integer_value(json_object_get(times, "total_ns")));
	return g_strdup_printf("%s until the guest was ready, %s under load, %s in all", boot,
			       hammer, total);
}

/* Returns the result of the lock recorder as text, or NULL if the recorder was not used. */
static char *recorded_text(json_t *recorded)
{
	const char *fault = json_string_value(json_object_get(recorded, "fault"));
	json_t *cycles = json_object_get(recorded, "cycles"), *cycle;
	g_autoptr(GString) text = NULL;
	size_t i;

	if (!json_is_object(recorded))
		return NULL;
	if (fault)
		return g_strdup_printf("the record of locks is incomplete: %s", fault);
	text = g_string_new(NULL);
	g_string_printf(text, "%" JSON_INTEGER_FORMAT " acquisitions",
			json_integer_value(json_object_get(recorded, "acquired")));
	json_array_foreach (cycles, i, cycle) {
		g_autofree char *signature = model_text(cycle, "signature");
		g_autofree char *state = model_text(cycle, "state");
		g_autofree char *gate = model_text(cycle, "gate");

		g_string_append_printf(text, "; %s: %s%s%s", signature ? signature : "?",
				       state ? state : "?", gate ? " by " : "", gate ? gate : "");
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static void put_facts(struct site *site, struct page *page, const struct run_view *run)
{
	json_t *in = run->info->inputs, *details = run->info->details,
	       *seed = json_object_get(in, "seed");
	static const char *const rows[][2] = {
		{"kernel source", "kernel/source"},
		{"kernel hash", "kernel/hash"},
		{"accelerator", "accel_why"},
		{"firmware", "firmware"},
		{"MMU", "mmu"},
		{"page size", "pages"},
		{"sizes", "fitted"},
		{"replays", "replays"},
	};
	g_autofree char *patches = joined(model_at(in, "kernel/patches")),
			*fragments = joined(model_at(in, "kernel/fragments"));
	g_autofree char *recorded = recorded_text(json_object_get(details, "recorded"));
	g_autofree char *times = times_text(json_object_get(details, "times")),
			*dir = text_clean(run->info->dir);
	g_autofree char *expected = details_expected_text(run->info->verdict, details);
	g_autofree char *number = json_is_integer(seed) ? g_strdup_printf("%" JSON_INTEGER_FORMAT,
									  json_integer_value(seed))
							: NULL;

	html_raw(page, "<dl class=\"facts\">\n");
	put_fact(page, "scenario", run->scenario);
	put_fact(page, "machine", run->machine);
	put_fact(page, "kernel", run->kernel);
	put_fact(page, "seed", number);
	put_fact(page, "began", run->created);
	put_fact(page, "times", times);
	put_fact(page, "lockdep", details_lockdep_text(details));
	put_fact(page, "expected", expected);
	put_fact(page, "recorded locks", recorded);
	put_fact(page, "patches", patches);
	put_fact(page, "config", fragments);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *value = model_text(in, rows[i][1]);

		put_fact(page, rows[i][0], value);
	}
	put_bisection_of(page, site, run);
	put_fact(page, "folder", dir);
	html_raw(page, "</dl>\n");
}

static void put_locks(struct page *page, json_t *report)
{
	static const char *const rows[][3] = {{"acquired", "wants", "in"},
					      {"held", "holds", "taken in"}};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		json_t *lock = json_object_get(report, rows[i][0]);
		g_autofree char *error_class = model_text(lock, "class"),
				*function = model_text(lock, "function");

		if (json_is_object(lock))
			html(page, "<dt>%s</dt><dd><code>%s</code>, %s <code>%s</code></dd>\n",
			     rows[i][1], error_class, rows[i][2], function);
	}
}

static const struct signature *signature_named(const struct run_view *run, const char *bug)
{
	for (guint i = 0; i < run->signatures->len; i++) {
		const struct signature *signature = run->signatures->pdata[i];

		if (!strcmp(signature->bug, bug))
			return signature;
	}
	return NULL;
}

static void put_report(struct site *site, struct page *page, const struct run_view *run,
		       json_t *report, gboolean open)
{
	g_autofree char *title = model_text(report, "title"), *kind = model_text(report, "kind"),
			*bug = model_text(report, "signature/bug"),
			*text = model_text(report, "text"),
			*known = model_text(report, "known/reason"), *symbols = NULL;
	json_t *when = json_object_get(report, "when");
	const struct signature *signature = signature_named(run, bug);

	html(page, "<section class=\"report\"><h3>%s</h3>\n<dl class=\"facts\">\n", title);
	put_fact(page, "kind", kind);
	if (json_is_number(when))
		html(page, "<dt>when</dt><dd>%.1f s after the guest&#39;s boot</dd>\n",
		     json_number_value(when));
	put_fact(page, "known", known);
	put_locks(page, report);
	if (signature)
		html(page, "<dt>signature</dt><dd><a href=\"../signature/%s.html\">%s</a></dd>\n",
		     signature->slug, bug);
	html_raw(page, "</dl>\n");
	put_picture(site, page, report);
	if (site->options->symbolise)
		symbols = site->options->symbolise(run, report, site->options->data);
	if (symbols)
		html(page,
		     "<details><summary>Functions, files and lines</summary><pre tabindex=\"0\" "
		     "aria-label=\"frames\">%s</pre>"
		     "</details>\n",
		     symbols);
	html(page,
	     "<details%s><summary>Its lines</summary><pre tabindex=\"0\" aria-label=\"report\">%s"
	     "</pre></details></section>\n",
	     open ? " open" : "", text);
}

static void put_reports(struct site *site, struct page *page, const struct run_view *run)
{
	json_t *reports = json_object_get(run->info->details, "reports");
	size_t n = json_array_size(reports);

	if (!n)
		return;
	html(page, "<h2>Reports</h2>\n");
	for (size_t i = 0; i < n && i < REPORTS_MAX; i++)
		put_report(site, page, run, json_array_get(reports, i), i == 0);
	if (n > REPORTS_MAX)
		html(page, "<p>and %u more: <code>rig show %s</code></p>\n",
		     (guint)(n - REPORTS_MAX), run->name);
}

/* Appends COUNTS to TEXT: {"ok": 3, "EBUSY": 1} as "ok 3, EBUSY 1". */
static void append_counts(GString *text, json_t *counts)
{
	const char *result, *comma = "";
	json_t *n;

	json_object_foreach (counts, result, n) {
		g_string_append_printf(text, "%s%s %" JSON_INTEGER_FORMAT, comma, result,
				       json_integer_value(n));
		comma = ", ";
	}
}

static void put_agent(struct page *page, json_t *agent, double hammer_s)
{
	g_autofree char *name = model_text(agent, "name"), *clean = NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	double ops = json_number_value(json_object_get(agent, "ops"));
	const char *op;
	json_t *counts;

	json_object_foreach (json_object_get(agent, "results"), op, counts) {
		g_string_append_printf(text, "%s%s: ", text->len ? "; " : "", op);
		append_counts(text, counts);
	}
	clean = text_clean(text->str);
	html(page, "<tr><th scope=\"row\">%s</th>", name);
	put_number(page, "operations", ops, "%.0f");
	put_number(page, "a second", hammer_s > 0 ? ops / hammer_s : -1, "%.1f");
	put_number(page, "illegal", json_number_value(json_object_get(agent, "failed")), "%.0f");
	html(page, "<td class=\"wide%s\" data-label=\"results\">%s</td></tr>\n",
	     *clean ? "" : " none", clean);
}

static void put_counts(struct page *page, const struct run_view *run)
{
	json_t *agents = model_at(run->info->details, "counts/agents"),
	       *devices = model_at(run->info->details, "counts/devices");
	double hammer_s =
		json_number_value(model_at(run->info->details, "times/hammer_ns")) / RIG_NS_PER_S;
	const char *what;
	json_t *entry;
	size_t i;

	if (json_array_size(agents))
		html_raw(
			page,
			"<h2>Agents in the guest</h2>\n<div class=\"scroll\">"
			"<table class=\"cards\"><thead><tr><th scope=\"col\">agent</th>"
			"<th scope=\"col\" class=\"num\">operations</th><th scope=\"col\" "
			"class=\"num\">a second</th>"
			"<th scope=\"col\" class=\"num\">illegal</th><th scope=\"col\">results</th>"
			"</tr></thead>\n<tbody>\n");
	json_array_foreach (agents, i, entry)
		put_agent(page, entry, hammer_s);
	if (json_array_size(agents))
		html_raw(page, "</tbody></table></div>\n");
	if (!json_object_size(devices))
		return;
	html_raw(page, "<h2>Operations of the host</h2>\n<dl class=\"facts\">\n");
	json_object_foreach (devices, what, entry) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autofree char *name = text_clean(what), *clean = NULL;

		append_counts(text, entry);
		clean = text_clean(text->str);
		put_fact(page, name, clean);
	}
	html_raw(page, "</dl>\n");
}

static void write_run(struct site *site, const struct run_view *run)
{
	g_autofree char *file = g_strdup_printf("run/%s.html", run->slug);
	g_autofree char *title =
		g_strdup_printf("%s: %s on %s", run->word, run->scenario, run->machine);
	struct page page = page_begin("../", TAB_NONE, title, TRUE);

	put_state(&page, run);
	put_facts(site, &page, run);
	html(&page, "<h2>Again</h2>\n<pre class=\"cmd\">rig replay %s\nrig show %s", run->name,
	     run->name);
	if (run->info->verdict == VERDICT_HANG)
		html(&page, "\nrig explain %s", run->name);
	html_raw(&page, "</pre>\n");
	put_timeline(&page, run);
	put_reports(site, &page, run);
	put_counts(&page, run);
	page_end(site, &page, file);
}

void write_runs(struct site *site)
{
	for (guint i = 0; i < site->model->runs->len; i++)
		write_run(site, site->model->runs->pdata[i]);
}
