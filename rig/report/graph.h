/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Directed graphs as pictures: tasks and the locks that they wait for and hold, a cycle of locks.
 * Labels may come from a guest: they are cut, made valid UTF-8 and escaped. The pictures are drawn
 * by `dot` of the package graphviz.
 */
#ifndef RIG_REPORT_GRAPH_H
#define RIG_REPORT_GRAPH_H

#include <glib.h>
#include <jansson.h>

/* A picture with more of either would not be readable. */
#define GRAPH_NODES_MAX 200
#define GRAPH_EDGES_MAX 600

enum graph_shape { GRAPH_BOX, GRAPH_ROUND, GRAPH_NOTE };

struct graph_node {
	const char *label; /* lines end in '\n'; any bytes */
	enum graph_shape shape;
	gboolean marked; /* on the cycle: drawn in red */
};

struct graph_edge {
	guint from, to;	   /* indices into nodes */
	const char *label; /* or NULL */
	gboolean marked;
};

struct graph {
	const char *title; /* or NULL */
	const struct graph_node *nodes;
	guint n_nodes;
	const struct graph_edge *edges;
	guint n_edges;
	gboolean sideways; /* left to right; else top down */
};

/*
 * GRAPH in Graphviz's language; free it. NULL with an error (RIG_EXIT_USAGE): too large, or an edge
 * without a node.
 */
char *graph_dot(const struct graph *graph, GError **error);

/*
 * A graph of tasks and locks, the same way. WAITS is [{"from": task or lock, "to", "what": "waits
 * for" or "held by", "marked"}, …], `graph` of `rig explain --json`; what exceeds the limits above
 * is left out. If it is empty, the graph is one note with TITLE (which may be NULL). Never NULL.
 */
char *graph_dot_of_waits(json_t *waits, const char *title);

/*
 * Draws DOTS (NULL-terminated, each of graph_dot()): an SVG document, valid UTF-8, for each,
 * NULL-terminated; free with g_strfreev(). Starts one `dot` for some 16 pictures, because its start
 * takes as long as drawing fifty; blocks until they have ended, at most a minute each. Errors:
 * RIG_EXIT_INFRA where dot is missing (names its package), fails, takes longer, or draws more than
 * 2 MiB for each.
 */
char **graph_draw(const char *const *dots, GError **error);

#endif
