// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pictures by Graphviz. The graph is built through its library, so there is no DOT text to escape but
 * what labels themselves have: a backslash begins an escape sequence in them (Graphviz, "escString").
 */
#include "report/graph.h"

#include <graphviz/gvc.h>

#include "util/error.h"

#define LABEL_MAX 400 /* bytes */
#define RED "#c01c28"

/* Words of a label, without control characters; lines are left-aligned ("\l"). */
static char *label_text(const char *label)
{
	g_autofree char *valid = g_utf8_make_valid(label ? label : "", -1);
	GString *out = g_string_new(NULL);

	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (out->len > LABEL_MAX) {
			g_string_append(out, "…");
			break;
		}
		if (c == '\n')
			g_string_append(out, "\\l");
		else if (c == '\\')
			g_string_append(out, "\\\\");
		/* `&amp;` in a label would be read as an entity */
		else if (c == '&')
			g_string_append(out, "&amp;");
		else if (g_unichar_isprint(c))
			g_string_append_unichar(out, c);
		else
			g_string_append_c(out, ' ');
	}
	if (label && strchr(label, '\n') && !g_str_has_suffix(out->str, "\\l"))
		g_string_append(out, "\\l");
	return g_string_free(out, FALSE);
}

static void set(void *object, const char *name, const char *value)
{
	/* cgraph takes char * and copies */
	agsafeset(object, (char *)name, (char *)value, (char *)"");
}

static void set_label(void *object, const char *label)
{
	g_autofree char *text = label_text(label);

	set(object, "label", text);
}

static Agraph_t *build(const struct graph *graph)
{
	static const char *const shapes[][2] = {
		[GRAPH_BOX] = {"box", "filled"},
		[GRAPH_ROUND] = {"box", "rounded,filled"},
		[GRAPH_NOTE] = {"note", "filled"},
	};
	g_autofree Agnode_t **nodes = g_new0(Agnode_t *, graph->n_nodes + 1);
	Agraph_t *g = agopen((char *)"waits", Agdirected, NULL);

	set(g, "rankdir", graph->sideways ? "LR" : "TB");
	set(g, "fontname", "sans-serif");
	if (graph->title) {
		set_label(g, graph->title);
		set(g, "labelloc", "t");
	}
	for (guint i = 0; i < graph->n_nodes; i++) {
		const struct graph_node *node = &graph->nodes[i];

		nodes[i] = agnode(g, NULL, TRUE);
		set_label(nodes[i], node->label);
		set(nodes[i], "shape", shapes[node->shape][0]);
		set(nodes[i], "style", shapes[node->shape][1]);
		set(nodes[i], "fillcolor", node->shape == GRAPH_ROUND ? "#eef3fb" : "#f6f5f4");
		set(nodes[i], "fontname", "monospace");
		set(nodes[i], "fontsize", "11");
		set(nodes[i], "color", node->marked ? RED : "#5e5c64");
		set(nodes[i], "penwidth", node->marked ? "2" : "1");
	}
	for (guint i = 0; i < graph->n_edges; i++) {
		const struct graph_edge *edge = &graph->edges[i];
		Agedge_t *e = agedge(g, nodes[edge->from], nodes[edge->to], NULL, TRUE);

		set_label(e, edge->label);
		set(e, "fontname", "sans-serif");
		set(e, "fontsize", "10");
		set(e, "color", edge->marked ? RED : "#5e5c64");
		set(e, "fontcolor", edge->marked ? RED : "#5e5c64");
		set(e, "penwidth", edge->marked ? "2" : "1");
	}
	return g;
}

static gboolean check(const struct graph *graph, GError **error)
{
	if (graph->n_nodes > GRAPH_NODES_MAX || graph->n_edges > GRAPH_EDGES_MAX)
		return rig_fail(error, RIG_EXIT_USAGE, "a picture of %u nodes and %u edges is too large: at most %d and %d",
				graph->n_nodes, graph->n_edges, GRAPH_NODES_MAX, GRAPH_EDGES_MAX);
	for (guint i = 0; i < graph->n_edges; i++)
		if (graph->edges[i].from >= graph->n_nodes || graph->edges[i].to >= graph->n_nodes)
			return rig_fail(error, RIG_EXIT_USAGE, "edge %u goes from node %u to %u, there are %u nodes", i,
					graph->edges[i].from, graph->edges[i].to, graph->n_nodes);
	return TRUE;
}

char *graph_svg(const struct graph *graph, GError **error)
{
	/*
	 * One for all, and never freed: the pango plugin of Graphviz 2.42 keeps a font's name that belongs to the
	 * context (static in estimate_textspan_size()), and looks at it again for the next picture.
	 */
	static GVC_t *context;
	Agraph_t *g;
	char *data = NULL, *svg = NULL;
	unsigned len = 0;

	if (!check(graph, error))
		return NULL;
	if (!context)
		context = gvContext();
	g = build(graph);
	if (!gvLayout(context, g, "dot")) {
		if (!gvRenderData(context, g, "svg", &data, &len) && data)
			svg = g_strndup(data, len);
		gvFreeRenderData(data);
		gvFreeLayout(context, g);
	}
	agclose(g);
	if (!svg)
		rig_fail(error, RIG_EXIT_INFRA, "Graphviz could not draw the picture");
	return svg;
}
