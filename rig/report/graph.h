/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Draws directed graphs: tasks and the locks that they wait for and hold, or a cycle of locks.
 * Labels may come from a guest, so they are shortened, made valid UTF-8, and escaped. Pictures are
 * drawn by `dot` of the package graphviz.
 */
#ifndef RIG_REPORT_GRAPH_H
#define RIG_REPORT_GRAPH_H

#include <glib.h>
#include <jansson.h>

/* Limits of a graph; larger pictures would not be readable. */
#define GRAPH_NODES_MAX 200
#define GRAPH_EDGES_MAX 600

enum graph_shape { GRAPH_BOX, GRAPH_ROUND, GRAPH_NOTE };

struct graph_node {
	const char *label; /* bytes of any origin, which may have several lines */
	enum graph_shape shape;
	gboolean marked; /* drawn in red: part of a cycle, or of the chain to the culprit */
};

struct graph_edge {
	guint from, to;	   /* indices in `nodes` */
	const char *label; /* text at the edge, or NULL */
	gboolean marked;   /* drawn in red, for the same reasons as a node */
};

struct graph {
	const char *title; /* title of the graph, or NULL */
	const struct graph_node *nodes;
	guint n_nodes;
	const struct graph_edge *edges;
	guint n_edges;
	gboolean sideways; /* draw from left to right instead of top down */
};

/*
 * Returns GRAPH in Graphviz's language, as text that the caller frees. Error: RIG_EXIT_USAGE, the
 * graph is too large, or an edge has no node.
 */
char *graph_dot(const struct graph *graph, GError **error);

/*
 * Returns the graph of tasks and locks WAITS in Graphviz's language, as text that the caller frees.
 * WAITS is the member `graph` of `rig explain --json`: [{"from": task or lock, "to", "what": "waits
 * for" or "held by", "marked"}, …]. Nodes and edges beyond the limits above are left out. If WAITS
 * is empty, the graph is a single note with the text TITLE (which may be NULL). Never returns NULL.
 */
char *graph_dot_of_waits(json_t *waits, const char *title);

/*
 * Draws each of DOTS (NULL-terminated, from graph_dot()). Returns an SVG document in valid UTF-8
 * for each, NULL-terminated; free with g_strfreev(). A `dot` process draws up to 16 pictures,
 * because its start takes as long as drawing 50 of them. Blocks until all processes have ended, at
 * most a minute for each. Errors: RIG_EXIT_INFRA if dot is missing (with the name of its package),
 * fails, exceeds its time limit, or draws more than 2 MiB per picture.
 */
char **graph_draw(const char *const *dots, GError **error);

#endif
