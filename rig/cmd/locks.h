/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of `rig locks`. */
#ifndef RIG_CMD_LOCKS_H
#define RIG_CMD_LOCKS_H

#include <jansson.h>

#include "locks/graph.h"

struct asked {
	char *folder, *results, *order, *known, *svg;
	gboolean json, dot;
	struct lock_filter filter;
	struct lock_db *db;
	struct lock_graph *graph;
	char **words; /* the arguments after the subcommand */
	int n_words;
};


/*
 * Opens the lock graph of RESULTS, in the folder of the run index; in memory if that folder cannot
 * be created.
 */
struct lock_db *locks_graph(const char *results, gboolean rebuild, GError **error);

const struct lock_class *locks_class(const struct lock_graph *graph, guint i);
/* The names of the classes GATES, as text separated by ", ", or as a JSON array. */
char *locks_gates_text(const struct lock_graph *graph, const GArray *gates);
json_t *locks_gates_json(const struct lock_graph *graph, const GArray *gates);
/* An edge of A's graph, with its sources and stacks; and as a line. */
json_t *locks_edge_json(const struct asked *a, const struct order_edge *edge);
void locks_print_edge(const struct asked *a, const struct order_edge *edge);
/* Prints the known stacks of an edge. */
void locks_print_stacks(const struct asked *a, const struct order_edge *edge);
/* Prints the edges that WANTED accepts, or adds them to the JSON; returns their number. */
guint locks_tell_edges(const struct asked *a, const char *title,
		       gboolean (*wanted)(const struct asked *a, const struct order_edge *edge,
					  const void *data),
		       const void *data);
/* Prints the places where an edge was seen. */
void locks_tell_places(struct asked *a, const struct order_edge *edge);

/*
 * For `rig compare`; both return an array of "A --> B", or NULL with an error. The first: lock
 * orders that are new in their tree between FIRST and LAST (times, RFC 3339). The second: lock
 * orders of kernel B that kernel A does not have, between classes that A has too.
 */
json_t *locks_new_in_night(struct lock_db *db, const char *first, const char *last, GError **error);
json_t *locks_new_in_kernel(struct lock_db *db, const char *a, const char *b, GError **error);

/* The subcommands `rig locks WORD` (locks-ask.c); each returns an exit code. */
int locks_tell_cycles(struct asked *a, GError **error);
int locks_tell_check(struct asked *a, GError **error);
int locks_tell_new(struct asked *a, GError **error);
int locks_tell_diff(struct asked *a, GError **error);

#endif
