// SPDX-License-Identifier: GPL-2.0-only
/* Pictures on pages: the lock cycle of a report, and who waits for whom in a hang. */
#include <stdlib.h>
#include <string.h>

#include "report/graph.h"
#include "report/page.h"

#define CYCLE_MAX 32

/*
 * A whole SVG document as part of a page: without prologue, without ids, which two pictures share, and without
 * titles, which are Graphviz's own numbers.
 */
static char *as_part(const char *svg)
{
	const char *begin = strstr(svg, "<svg");
	g_autoptr(GRegex) own = g_regex_new(" id=\"[^\"]*\"|<title>.*?</title>\n?|<!--.*?-->\n?", G_REGEX_DOTALL, 0, NULL);

	return begin ? g_regex_replace_literal(own, begin, -1, 0, "", 0, NULL) : g_strdup("");
}

/* "" where it cannot be drawn: then the words have to do. */
static char *draw(const struct graph *graph)
{
	g_autofree char *svg = graph_svg(graph, NULL);

	return svg ? as_part(svg) : g_strdup("");
}

static char *draw_cycle(json_t *cycle)
{
	guint n = json_array_size(cycle);
	g_autofree struct graph_node *nodes = g_new0(struct graph_node, n);
	g_autofree struct graph_edge *edges = g_new0(struct graph_edge, n);
	const struct graph graph = {NULL, nodes, n, edges, n, FALSE};

	for (guint i = 0; i < n; i++) {
		const char *klass = json_string_value(json_array_get(cycle, i));

		nodes[i] = (struct graph_node){klass ? klass : "?", GRAPH_ROUND, TRUE};
		edges[i] = (struct graph_edge){i, (i + 1) % n, "  held while taking", TRUE};
	}
	return draw(&graph);
}

static char *draw_waits(json_t *waits)
{
	g_autofree char *svg = graph_waits(waits, NULL, NULL);

	return svg ? as_part(svg) : g_strdup("");
}

void put_picture(struct site *site, struct page *page, json_t *report)
{
	json_t *waits = model_at(report, "detail/hang/graph"), *cycle = json_object_get(report, "cycle");
	gboolean hang = json_array_size(waits) > 0;
	char *key, *svg;

	if (!hang && (!json_array_size(cycle) || json_array_size(cycle) > CYCLE_MAX))
		return;
	key = json_dumps(hang ? waits : cycle, JSON_COMPACT);
	svg = g_hash_table_lookup(site->pictures, key);
	if (!svg) {
		svg = hang ? draw_waits(waits) : draw_cycle(cycle);
		g_hash_table_insert(site->pictures, g_strdup(key), svg);
	}
	free(key);
	if (!*svg)
		return;
	if (hang)
		html_raw(page, "<figure class=\"picture\" role=\"img\" aria-label=\"Who waits for whom\">");
	else
		html(page, "<figure class=\"picture\" role=\"img\" aria-label=\"Lock cycle of %u locks\">",
		     (guint)json_array_size(cycle));
	html_raw(page, svg);
	html_raw(page, "</figure>\n");
}
