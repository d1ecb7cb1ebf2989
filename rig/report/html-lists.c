// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes pages with lists of runs: all runs, those of a cell (scenario, machine and kernel), and
 * those with a signature.
 */
#include "report/page.h"

#include <string.h>

#include "stats/stats.h"
#include "util/text.h"

static void put_signature_row(struct page *page, const struct signature *signature)
{
	const struct run_view *last = signature->runs->pdata[signature->runs->len - 1];
	g_autofree char *since = g_strndup(signature->first_seen, strlen("2026-11-01")),
			*until = model_day(last->when);
	guint before = signature->before + signature->older;

	html(page,
	     "<tr><th scope=\"row\" class=\"wide\"><a href=\"signature/%s.html\">%s</a></th>"
	     "<td data-label=\"kind\">%s</td>"
	     "<td data-label=\"state\">",
	     signature->slug, signature->title, signature->kind);
	put_badge(page,
		  signature->known  ? "known"
		  : !signature->now ? "before"
		  : before	    ? "still"
				    : "new",
		  NULL);
	html(page,
	     "</td><td class=\"num\" data-label=\"runs now\">%u</td><td class=\"num\" "
	     "data-label=\"runs in all\">%u</td>"
	     "<td data-label=\"first seen\">%s</td><td data-label=\"last seen\">%s</td></tr>\n",
	     signature->now, signature->runs->len + signature->older, since, until);
}

static void write_signature_list(struct site *site)
{
	struct page page = page_begin("", TAB_SIGNATURES, "Signatures - hotplug-rig", FALSE);

	html_raw(
		&page,
		"<h1>Signatures</h1>\n<p class=\"soft\">What a report is known by in every build, "
		"boot and architecture; "
		"the most recent first.</p>\n");
	if (!site->model->signatures->len)
		html_raw(&page, "<p>No run has a report.</p>\n");
	else
		html_raw(
			&page,
			"<div class=\"scroll\"><table class=\"grid cards\"><thead><tr>"
			"<th scope=\"col\">title</th>"
			"<th scope=\"col\">kind</th><th scope=\"col\">state</th><th scope=\"col\" "
			"class=\"num\">runs now</th>"
			"<th scope=\"col\" class=\"num\">in all</th><th scope=\"col\">first "
			"seen</th>"
			"<th scope=\"col\">last seen</th></tr></thead>\n<tbody>\n");
	for (guint i = 0; i < site->model->signatures->len; i++)
		put_signature_row(&page, site->model->signatures->pdata[i]);
	if (site->model->signatures->len)
		html_raw(&page, "</tbody></table></div>\n");
	page_end(site, &page, "signatures.html");
}

static void write_run_list(struct site *site)
{
	struct page page = page_begin("", TAB_RUNS, "Runs - hotplug-rig", FALSE);

	html_raw(
		&page,
		"<h1>All runs</h1>\n<div class=\"filter\" hidden><label for=\"words\">Show those "
		"with</label>"
		"<input id=\"words\" type=\"search\" data-table=\"runs\" placeholder=\"pseries "
		"FAIL\">"
		"<output for=\"words\" aria-live=\"polite\"></output></div>\n");
	put_runs(&page, site->model->runs, "runs", TRUE);
	page_end(site, &page, "runs.html");
}

void write_lists(struct site *site)
{
	write_signature_list(site);
	write_run_list(site);
}

/*
 * Writes the failure rate of TALLY's first attempts. Adds the confidence interval, because there
 * may be few runs.
 */
static void put_rate(struct page *page, const char *name, const struct tally *tally)
{
	double low, high;

	if (!tally->first)
		return;
	stats_wilson(tally->first_bad, tally->first, &low, &high);
	html(page,
	     "<dt>%s</dt><dd>%u of %u run%s bad <span class=\"soft\">(95 %% interval: "
	     "%.0f to %.0f %%)</span></dd>\n",
	     name, tally->first_bad, tally->first, text_s(tally->first), 100 * low, 100 * high);
}

static void write_cell(struct site *site, struct cell *cell)
{
	g_autofree char *file = g_strdup_printf("cell/%s.html", cell->slug);
	g_autofree char *title =
		g_strdup_printf("%s on %s, kernel %s", cell->scenario, cell->machine, cell->kernel);
	struct page page = page_begin("../", TAB_NONE, title, TRUE);
	g_autoptr(GPtrArray) one = g_ptr_array_new();

	html(&page,
	     "<p class=\"crumbs\"><a href=\"../index.html#matrix\">Overview</a> / cell</p>\n"
	     "<h1>%s</h1>\n<p>",
	     title);
	put_badge(&page, tally_word(&cell->now), NULL);
	html_raw(&page, "</p>\n<dl class=\"facts\">\n");
	put_rate(&page, "now", &cell->now);
	put_rate(&page, "before", &cell->then);
	put_rate(&page, "all runs here", &cell->ever);
	html_raw(
		&page,
		"</dl>\n<p class=\"soft\">Of judged runs, first attempts alone: "
		"a failing cell is run again.</p>\n");
	g_ptr_array_add(one, cell);
	html_raw(&page, "<h2>Trends</h2>\n");
	put_trends(&page, one);
	html_raw(&page, "<h2>Runs</h2>\n");
	put_runs(&page, cell->runs, NULL, FALSE);
	page_end(site, &page, file);
}

void write_cells(struct site *site)
{
	for (guint i = 0; i < site->model->cells->len; i++)
		write_cell(site, site->model->cells->pdata[i]);
}

/*
 * Returns how often a signature was seen for each WORD of a run (its kernel, for example), as text
 * that the caller owns: "6.1.192 (3 runs), 6.12.4 (1 run)".
 */
static char *spread(const struct signature *signature,
		    const char *(*word)(const struct run_view *run))
{
	g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GList) keys = NULL;
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < signature->runs->len; i++) {
		const char *key = word(signature->runs->pdata[i]);

		g_hash_table_insert(
			counts, (gpointer)key,
			GUINT_TO_POINTER(GPOINTER_TO_UINT(g_hash_table_lookup(counts, key)) + 1));
	}
	keys = g_list_sort(g_hash_table_get_keys(counts), (GCompareFunc)g_strcmp0);
	for (GList *l = keys; l; l = l->next) {
		guint n = GPOINTER_TO_UINT(g_hash_table_lookup(counts, l->data));

		g_string_append_printf(text, "%s%s (%u run%s)", text->len ? ", " : "",
				       (char *)l->data, n, text_s(n));
	}
	return g_string_free(text, FALSE);
}

static const char *word_kernel(const struct run_view *run)
{
	return run->kernel;
}

static const char *word_machine(const struct run_view *run)
{
	return run->machine;
}

static const char *word_scenario(const struct run_view *run)
{
	return run->scenario;
}

static void write_signature(struct site *site, const struct signature *signature)
{
	const struct run_view *last = signature->runs->pdata[signature->runs->len - 1];
	g_autofree char *file = g_strdup_printf("signature/%s.html", signature->slug);
	g_autofree char *until = model_minute(last->when);
	g_autofree char *kernels = spread(signature, word_kernel),
			*machines = spread(signature, word_machine),
			*scenarios = spread(signature, word_scenario),
			*text = model_text(signature->report, "text");
	struct page page = page_begin("../", TAB_NONE, signature->title, FALSE);

	html(&page,
	     "<p class=\"crumbs\"><a href=\"../signatures.html\">Signatures</a> / %s</p>\n"
	     "<h1>%s</h1>\n<dl class=\"facts\">\n",
	     signature->kind, signature->title);
	put_fact(&page, "key", signature->bug);
	put_fact(&page, "known", signature->known);
	put_fact(&page, "first seen", signature->first_seen);
	put_fact(&page, "last seen", until);
	put_fact(&page, "kernels", kernels);
	put_fact(&page, "machines", machines);
	put_fact(&page, "scenarios", scenarios);
	put_bisections(&page, site, signature->bug);
	html_raw(&page, "</dl>\n");
	put_picture(site, &page, signature->report);
	html(&page,
	     "<h2>Its last report</h2>\n<pre tabindex=\"0\" aria-label=\"report\">%s</pre>\n"
	     "<h2>Runs with it</h2>\n",
	     text);
	put_runs(&page, signature->runs, NULL, TRUE);
	if (signature->older)
		html(&page,
		     "<p class=\"soft\">and %u older: <code>rig history</code> lists them.</p>\n",
		     signature->older);
	page_end(site, &page, file);
}

void write_signatures(struct site *site)
{
	for (guint i = 0; i < site->model->signatures->len; i++)
		write_signature(site, site->model->signatures->pdata[i]);
}
