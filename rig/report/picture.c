// SPDX-License-Identifier: GPL-2.0-only
/*
 * Draws the pictures of reports, before the pages are written: of a lock cycle, or of the waits of
 * a hang.
 */
#include <stdlib.h>
#include <string.h>

#include "report/graph.h"
#include "report/page.h"

#define CYCLE_MAX 32

/*
 * Returns SVG in a form that can be part of an HTML page, as text that the caller owns. Removes the
 * prologue, the ids (an id must not occur twice on a page), and the titles (dot uses the numbers of
 * nodes as titles).
 */
static char *as_part(const char *svg)
{
	const char *begin = strstr(svg, "<svg");
	g_autoptr(GRegex) own = g_regex_new(" id=\"[^\"]*\"|<title>.*?</title>\n?|<!--.*?-->\n?",
					    G_REGEX_DOTALL, 0, NULL);

	return begin ? g_regex_replace_literal(own, begin, -1, 0, "", 0, NULL) : g_strdup("");
}

static char *cycle_dot(json_t *cycle)
{
	guint n = json_array_size(cycle);
	g_autofree struct graph_node *nodes = g_new0(struct graph_node, n);
	g_autofree struct graph_edge *edges = g_new0(struct graph_edge, n);
	const struct graph graph = {NULL, nodes, n, edges, n, FALSE};

	for (guint i = 0; i < n; i++) {
		const char *lock_class = json_string_value(json_array_get(cycle, i));

		nodes[i] = (struct graph_node){lock_class ? lock_class : "?", GRAPH_ROUND, TRUE};
		edges[i] = (struct graph_edge){i, (i + 1) % n, "  held while taking", TRUE};
	}
	return graph_dot(&graph, NULL);
}

/* Returns the edges of the graph of waits in the report of a hang, or NULL if it has none. */
static json_t *hang_of(json_t *report)
{
	json_t *waits = model_at(report, "detail/hang/graph");

	return json_array_size(waits) ? waits : NULL;
}

static json_t *cycle_of(json_t *report)
{
	json_t *cycle = json_object_get(report, "cycle");
	gsize n = json_array_size(cycle);

	return n && n <= CYCLE_MAX ? cycle : NULL;
}

/*
 * Returns the DOT text of the report's graph, or NULL if it has none. Equal graphs have equal text,
 * so that each is drawn once. The caller owns the text.
 */
static char *report_dot(json_t *report)
{
	json_t *waits = hang_of(report), *cycle = cycle_of(report);

	return waits ? graph_dot_of_waits(waits, NULL) : cycle ? cycle_dot(cycle) : NULL;
}

static void collect(struct site *site, GPtrArray *dots, json_t *report)
{
	char *dot = report_dot(report);

	if (!dot || g_hash_table_contains(site->pictures, dot)) {
		g_free(dot);
		return;
	}
	g_hash_table_insert(site->pictures, dot, g_strdup(""));
	g_ptr_array_add(dots, dot);
}

void draw_pictures(struct site *site)
{
	g_autoptr(GPtrArray) dots = g_ptr_array_new();
	g_auto(GStrv) svgs = NULL;
	json_t *report;
	gsize i;

	for (guint k = 0; k < site->model->runs->len; k++) {
		const struct run_view *run = site->model->runs->pdata[k];

		json_array_foreach(json_object_get(run->info->details, "reports"), i, report)
			collect(site, dots, report);
	}
	for (guint k = 0; k < site->model->signatures->len; k++)
		collect(site, dots,
			((const struct signature *)site->model->signatures->pdata[k])->report);
	g_ptr_array_add(dots, NULL);
	svgs = graph_draw((const char *const *)dots->pdata, &site->no_pictures);
	for (i = 0; svgs && svgs[i]; i++)
		g_hash_table_insert(site->pictures, g_strdup(dots->pdata[i]), as_part(svgs[i]));
}

void put_picture(struct site *site, struct page *page, json_t *report)
{
	g_autofree char *dot = report_dot(report);
	const char *svg = dot ? g_hash_table_lookup(site->pictures, dot) : NULL;

	if (dot && site->no_pictures)
		html(page, "<p class=\"soft\">No picture: %s</p>\n", site->no_pictures->message);
	if (!svg || !*svg)
		return;
	if (hang_of(report))
		html_raw(
			page,
			"<figure class=\"picture\" role=\"img\" aria-label=\"Tasks and the locks "
			"that they wait for\">");
	else
		html(page,
		     "<figure class=\"picture\" role=\"img\" aria-label=\"Lock cycle of %u "
		     "locks\">",
		     (guint)json_array_size(cycle_of(report)));
	html_raw(page, svg);
	html_raw(page, "</figure>\n");
}
