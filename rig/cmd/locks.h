/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of `rig locks`. */
#ifndef RIG_CMD_LOCKS_H
#define RIG_CMD_LOCKS_H

#include <jansson.h>

#include "locks/graph.h"
#include "splat/known.h"

/* The request of the user, and the lock graph that answers it. */
struct asked {
	char *folder, *results, *order, *known, *svg; /* values of options, or NULL */
	gboolean json, dot;
	gboolean ambiguous; /* print cycles through ambiguous names, too */
	struct lock_filter filter;
	struct lock_db *db;
	struct lock_graph *graph;
	char **words; /* the arguments after the subcommand */
	int n_words;
};

/*
 * Opens the lock graph of RESULTS. It is a database in the folder of the run index; if that folder
 * cannot be created, it is made in memory. If REBUILD is TRUE, it is made again from the run
 * folders.
 */
struct lock_db *locks_graph(const char *results, gboolean rebuild, GError **error);

/* Returns the class with the index I in GRAPH. */
const struct lock_class *locks_class(const struct lock_graph *graph, guint i);
/*
 * Return the names of the classes GATES, which were held at each occurrence of an edge: as a text
 * "A, B", and as a JSON array.
 */
char *locks_gates_text(const struct lock_graph *graph, const GArray *gates);
json_t *locks_gates_json(const struct lock_graph *graph, const GArray *gates);
/* Returns an edge of A's graph with its sources and stacks. The caller owns the reference. */
json_t *locks_edge_json(const struct asked *a, const struct order_edge *edge);
/* Prints an edge of A's graph on a line. */
void locks_print_edge(const struct asked *a, const struct order_edge *edge);
/* Prints the known stacks of an edge. */
void locks_print_stacks(const struct asked *a, const struct order_edge *edge);
/*
 * Prints TITLE and the edges for which WANTED returns TRUE, or nothing if there are none. If
 * a->json is TRUE, prints a JSON array of these edges instead. Returns their number.
 */
guint locks_print_edges(const struct asked *a, const char *title,
			gboolean (*wanted)(const struct asked *a, const struct order_edge *edge,
					   const void *data),
			const void *data);
/* Prints one place of an edge: scenario, machine, kernel and runs. */
void locks_print_place(const struct lock_sighting *s);
/* If no run with lock orders was found, prints how they are recorded. */
void locks_print_if_empty(const struct asked *a);
/* Prints the places (scenario, machine and kernel) where an edge was seen. */
void locks_print_places(struct asked *a, const struct order_edge *edge);

/*
 * For `rig compare`: returns the lock orders that were first seen in their tree between the times
 * FIRST and LAST (RFC 3339), as an array of "A --> B", or NULL with an error.
 */
json_t *locks_new_in_night(struct lock_db *db, const char *first, const char *last, GError **error);
/*
 * For `rig compare`: returns the lock orders of kernel B that kernel A does not have although it
 * has both lock classes, in the form of locks_new_in_night().
 */
json_t *locks_new_in_kernel(struct lock_db *db, const char *a, const char *b, GError **error);

/* Cycles with more classes than this are not searched. */
#define LOCKS_CYCLE_LENGTH 6
/*
 * Opens the list of known issues LIST, or the rig's own list if LIST is NULL. Returns NULL without
 * an error if there is no list.
 */
struct known *locks_open_known(const char *list, GError **error);
/*
 * Returns the known issue that matches a cycle, or NULL. Known issues that apply to a range of
 * kernels do not match, because the edges of a cycle can come from different kernels. KNOWN may be
 * NULL.
 */
const struct known_issue *locks_known_cycle(struct known *known, const struct lock_cycle *cycle);

/* locks-history.c */

/*
 * Prints, for `rig history`, where the edges of the cycle WORD were seen, as text or JSON. WORD is
 * "v1:lock-cycle:A --> B", or "A --> B". *RET_CODE is the exit code. Returns FALSE without an error
 * if WORD is not a cycle of the graph of RESULTS.
 */
gboolean locks_print_history(const char *results, const struct lock_filter *filter,
			     const char *word, gboolean json, int *ret_code, GError **error);
/*
 * Prints the cycles of `rig locks cycles` that were seen since the day SINCE, or all of them if it
 * is NULL. If JSON is not NULL, appends them to this array instead. *RET_N is their number.
 */
gboolean locks_list_history(const char *results, const struct lock_filter *filter,
			    const char *since, json_t *json, guint *ret_n, GError **error);

/* The subcommands of `rig locks` (locks-ask.c); each returns an exit code. */
int locks_print_cycles(struct asked *a, GError **error);
int locks_print_check(struct asked *a, GError **error);
int locks_print_new(struct asked *a, GError **error);
int locks_print_diff(struct asked *a, GError **error);

#endif
