// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pictures by Graphviz. The graph is built through its library, so there is no DOT text to escape but
 * what labels themselves have: a backslash begins an escape sequence in them (Graphviz, "escString").
 */
#include "report/graph.h"

#include <graphviz/gvc.h>
#include <string.h>

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

/* ---- who waits for whom ---- */

static const char *word(json_t *edge, const char *key)
{
	const char *text = json_string_value(json_object_get(edge, key));

	return text ? text : "?";
}

/* The index of the node called LABEL, a new one where there is none. */
static guint node_of(GArray *nodes, const char *label, enum graph_shape shape, gboolean marked)
{
	struct graph_node node = {label, shape, marked};

	for (guint i = 0; i < nodes->len; i++) {
		struct graph_node *old = &g_array_index(nodes, struct graph_node, i);

		if (strcmp(old->label, label))
			continue;
		old->marked |= marked;
		return i;
	}
	g_array_append_val(nodes, node);
	return nodes->len - 1;
}

char *graph_waits(json_t *waits, const char *title, GError **error)
{
	g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(struct graph_node));
	g_autoptr(GArray) edges = g_array_new(FALSE, FALSE, sizeof(struct graph_edge));
	struct graph graph = {.title = title, .sideways = TRUE};
	json_t *item;
	size_t i;

	json_array_foreach (waits, i, item) {
		gboolean marked = json_is_true(json_object_get(item, "marked")), held = !strcmp(word(item, "what"), "held by");
		struct graph_edge edge = {0, 0, word(item, "what"), marked};

		if (nodes->len + 2 > GRAPH_NODES_MAX || edges->len == GRAPH_EDGES_MAX)
			break;
		edge.from = node_of(nodes, word(item, "from"), held ? GRAPH_BOX : GRAPH_ROUND, marked);
		edge.to = node_of(nodes, word(item, "to"), held ? GRAPH_ROUND : GRAPH_BOX, marked);
		g_array_append_val(edges, edge);
	}
	if (!nodes->len && title)
		node_of(nodes, title, GRAPH_NOTE, FALSE);
	graph.nodes = (const struct graph_node *)nodes->data;
	graph.n_nodes = nodes->len;
	graph.edges = (const struct graph_edge *)edges->data;
	graph.n_edges = edges->len;
	return graph_svg(&graph, error);
}
