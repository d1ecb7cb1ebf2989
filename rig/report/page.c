// SPDX-License-Identifier: GPL-2.0-only
/* Functions that write parts of HTML pages. */
#include "report/page.h"
#include "util/text.h"

#include <stdlib.h>
#include <string.h>

void html(struct page *page, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_markup_vprintf_escaped(format, args);
	va_end(args);
	g_string_append(page->text, text);
}

void html_raw(struct page *page, const char *markup)
{
	g_string_append(page->text, markup);
}

/*
 * The Content-Security-Policy of a page: it may only load files of its own folder, nothing from a
 * network.
 */
#define POLICY "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src data:"

struct page page_begin(const char *up, enum page_tab tab, const char *title, gboolean charts)
{
	static const char *const tabs[][2] = {
		[TAB_OVERVIEW] = {"index.html", "Overview"},
		[TAB_SIGNATURES] = {"signatures.html", "Signatures"},
		[TAB_TRENDS] = {"trends.html", "Trends"},
		[TAB_RUNS] = {"runs.html", "Runs"},
	};
	struct page page = {g_string_new(NULL), up};

	html_raw(&page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			"<meta http-equiv=\"Content-Security-Policy\" content=\"" POLICY "\">\n"
			"<link rel=\"icon\" href=\"data:,\">\n");
	html(&page, "<title>%s</title>\n<link rel=\"stylesheet\" href=\"%sassets/style.css\">\n",
	     title, up);
	if (charts)
		html(&page, "<script src=\"%sassets/chart.min.js\"></script>\n", up);
	html(&page, "<script src=\"%sassets/site.js\"></script>\n</head>\n<body>\n", up);
	html(&page,
	     "<a class=\"skip-link\" href=\"#main\">Skip to the content</a>\n"
	     "<header class=\"top\"><div class=\"wrap\"><a class=\"name\" "
	     "href=\"%sindex.html\">hotplug-rig</a>\n"
	     "<nav aria-label=\"Pages\">",
	     up);
	for (guint i = 0; i < G_N_ELEMENTS(tabs) && tab != TAB_ALONE; i++)
		html(&page,
		     i == tab ? "<a href=\"%s%s\" aria-current=\"page\">%s</a>\n"
			      : "<a href=\"%s%s\">%s</a>\n",
		     up, tabs[i][0], tabs[i][1]);
	html_raw(
		&page,
		"</nav>\n<button id=\"theme\" type=\"button\" hidden aria-label=\"Switch between "
		"light and dark\">"
		"Dark</button></div></header>\n<main id=\"main\" tabindex=\"-1\">"
		"<div class=\"wrap\">\n");
	return page;
}

void page_end(struct site *site, struct page *page, const char *file)
{
	g_autofree char *path = g_build_filename(site->options->dir, file, NULL);

	html_raw(page, "</div></main>\n<footer><div class=\"wrap\">");
	html(page, "%s: %u run%s of %u in all. Times are UTC.</div></footer>\n</body>\n</html>\n",
	     site->model->label, site->model->now.all, text_s(site->model->now.all),
	     site->model->runs->len);
	if (!site->error)
		g_file_set_contents_full(path, page->text->str, page->text->len,
					 G_FILE_SET_CONTENTS_NONE, 0644, &site->error);
	g_hash_table_add(site->written, g_strdup(file));
	g_string_free(page->text, TRUE);
}

void put_badge(struct page *page, const char *word, const char *href)
{
	g_autofree char *kind = g_ascii_strdown(word, -1);
	const char *shown = strcmp(word, "none") ? word : "not run";

	if (href)
		html(page, "<a class=\"badge %s\" href=\"%s\">%s</a>", kind, href, shown);
	else
		html(page, "<span class=\"badge %s\">%s</span>", kind, shown);
}

void put_fact(struct page *page, const char *name, const char *value)
{
	if (value && *value && strcmp(value, "?"))
		html(page, "<dt>%s</dt><dd>%s</dd>\n", name, value);
}

void put_number(struct page *page, const char *label, double value, const char *format)
{
	g_autofree char *text = value < 0 ? g_strdup("–") : g_strdup_printf(format, value);

	html(page, "<td class=\"num%s\" data-label=\"%s\">%s</td>", value < 0 ? " none" : "", label,
	     text);
}

static void put_run_row(struct page *page, const struct run_view *run, gboolean with_cell)
{
	g_autofree char *when = model_minute(run->when);

	html(page,
	     "<tr><th scope=\"row\"><a href=\"%srun/%s.html\">%s</a></th>\n"
	     "<td data-label=\"verdict\">",
	     page->up, run->slug, when);
	put_badge(page, run->word, NULL);
	html_raw(page, "</td>\n");
	if (with_cell)
		html(page,
		     "<td data-label=\"scenario\">%s</td><td data-label=\"machine\">%s</td>"
		     "<td data-label=\"kernel\">%s</td>\n",
		     run->scenario, run->machine, run->kernel);
	html(page, "<td class=\"num\" data-label=\"seed\">%" JSON_INTEGER_FORMAT "</td>",
	     json_integer_value(json_object_get(run->info->inputs, "seed")));
	put_number(page, "took", run->total_s, "%.1f s");
	put_number(page, "found after", run->detect_s, "%.1f s");
	html(page, "<td class=\"wide%s\" data-label=\"what\">%s</td></tr>\n",
	     *run->title ? "" : " none", run->title);
}

void put_runs(struct page *page, const GPtrArray *runs, const char *id, gboolean with_cell)
{
	html_raw(page, "<div class=\"scroll\"><table class=\"grid cards runs\"");
	if (id)
		html(page, " id=\"%s\"", id);
	html_raw(page, ">\n<thead><tr><th scope=\"col\">run</th><th scope=\"col\">verdict</th>");
	if (with_cell)
		html_raw(
			page,
			"<th scope=\"col\">scenario</th><th scope=\"col\">machine</th>"
			"<th scope=\"col\">kernel</th>");
	html_raw(
		page,
		"<th scope=\"col\" class=\"num\">seed</th><th scope=\"col\" class=\"num\">took</th>"
		"<th scope=\"col\" class=\"num\">found after</th><th scope=\"col\">what</th></tr>"
		"</thead>\n<tbody>\n");
	for (guint i = runs->len; i-- > 0;)
		put_run_row(page, runs->pdata[i], with_cell);
	html_raw(page, "</tbody></table></div>\n");
}

void put_chart_begin(struct page *page, const char *label, gboolean tall, json_t *data)
{
	char *dump = json_dumps(data, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6));
	g_auto(GStrv) parts = g_strsplit(dump, "<", -1);
	/* escape every '<', because "</script" would end a script element */
	g_autofree char *safe = g_strjoinv("\\u003c", parts);

	html(page,
	     "<div class=\"chart%s\"><div class=\"canvas\" hidden><canvas role=\"img\" "
	     "aria-label=\"%s\"></canvas></div>\n",
	     tall ? " tall" : "", label);
	html_raw(page, "<script type=\"application/json\">");
	html_raw(page, safe);
	html_raw(page, "</script>\n<details><summary>The numbers</summary>\n");
	free(dump);
	json_decref(data);
}

void put_chart_end(struct page *page)
{
	html_raw(page, "</details></div>\n");
}
