/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Directed graphs as pictures: who waits for whom, a cycle of locks. Labels may come from a guest: they are
 * cut, made valid and escaped here. Graphviz is linked in; no file is written and no program is started.
 */
#ifndef RIG_REPORT_GRAPH_H
#define RIG_REPORT_GRAPH_H

#include <glib.h>
#include <jansson.h>

/* A picture with more of either is refused: nobody could read it. */
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
 * A whole SVG document, valid UTF-8, to be freed; NULL with an error (RIG_EXIT_USAGE: too large, an edge
 * without a node; RIG_EXIT_INFRA: Graphviz failed). Not for threads: Graphviz has global state.
 */
char *graph_svg(const struct graph *graph, GError **error);

/*
 * Who waits for whom: WAITS is [{"from": task or lock, "to", "what": "waits for" or "held by", "marked"}, …], as
 * `rig explain --json` has it in `graph`. What is too much for a picture is left out. Of an empty list TITLE (which may be
 * NULL) is all there is to see. As graph_svg().
 */
char *graph_waits(json_t *waits, const char *title, GError **error);

#endif
