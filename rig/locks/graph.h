/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lock graph of a results folder: the orders of all its runs united, with where and how often
 * each was seen. It is kept in SQLite (locks.sqlite beside the run index), brought up to date when
 * it is opened, and outlives run folders that are pruned; REBUILD makes it again from the folders
 * that are there. With nothing new that costs one stat().
 *
 * The name of a sighting is that of its run, or of a log (lock_db_add_log()). It begins with its
 * time, so that text order is the order of time.
 */
#ifndef RIG_LOCKS_GRAPH_H
#define RIG_LOCKS_GRAPH_H

#include "locks/locks.h"
#include "splat/splat.h"

struct lock_db;

/*
 * Opens the graph in FOLDER; NULL: in memory. Errors: RIG_EXIT_INFRA (disk), RIG_EXIT_USAGE
 * (RESULTS).
 */
struct lock_db *lock_db_open(const char *results, const char *folder, gboolean rebuild,
			     GError **error);
void lock_db_free(struct lock_db *db);
RIG_DEFINE_AUTO(lock_db, lock_db_free)

/*
 * Adds the lock orders in REPORTS (array of splat_to_json()) of the log FILE. They are stored next
 * to the graph, for a rebuild; a log with the same orders changes nothing. *ret_edges: their
 * number.
 */
gboolean lock_db_add_log(struct lock_db *db, const char *file, json_t *reports, guint *ret_edges,
			 GError **error);

/* A filter; NULL leaves a field open. */
struct lock_filter {
	const char *kernel, *machine, *scenario, *tree;
};

struct order_edge {
	guint from, to;	 /* indices of the graph's classes */
	guint contexts;	 /* enum lock_context */
	guint runs;
	char *first, *last; /* names of runs */
	/* guint, sorted: indices of classes held at every occurrence in every run */
	GArray *gates;
};

struct lock_graph {
	GPtrArray *classes; /* of struct lock_class */
	GPtrArray *edges;   /* of struct order_edge, sorted by from, to */
	guint runs;	    /* number of runs with lock orders */
};

/* Loads all edges that match FILTER (NULL: all). */
struct lock_graph *lock_graph_load(struct lock_db *db, const struct lock_filter *filter,
				   GError **error);
void lock_graph_free(struct lock_graph *graph);
RIG_DEFINE_AUTO(lock_graph, lock_graph_free)

/* The graph of one boot. */
struct lock_graph *lock_graph_of_orders(const struct lock_orders *orders);

/* The index of the class called NAME, or -1. */
int lock_graph_class(const struct lock_graph *graph, const char *name);
/* The edge FROM -> TO, or NULL. */
const struct order_edge *lock_graph_find(const struct lock_graph *graph, guint from, guint to);

/* A place where an edge occurred. */
struct lock_sighting {
	char *kernel, *tree, *machine, *scenario; /* tree "" outside of nights */
	char *first, *last;
	guint runs;
};
/* The places of FROM -> TO (names), oldest first: array of struct lock_sighting, the caller's. */
GPtrArray *lock_db_sightings(struct lock_db *db, const char *from, const char *to, GError **error);

/* An edge that no run of its tree had before. */
struct lock_new {
	char *tree, *from, *to; /* tree "" outside of nights */
	char *first;		/* name of the run */
	guint runs;		/* number of runs of the tree that have it */
	gboolean anywhere;	/* no run of any tree had it before */
};
/*
 * The edges first seen from SINCE on and before UNTIL (beginnings of run names; NULL: no end), of
 * TREE (NULL: of all trees), those that are new anywhere first: array of struct lock_new, the
 * caller's. A tree without an earlier run is left out, because all of its edges would be new.
 */
GPtrArray *lock_db_new_orders(struct lock_db *db, const char *tree, const char *since,
			      const char *until, GError **error);

/* The lock orders in the run folder RUN; NULL (no error): it has none. */
struct lock_orders *lock_orders_of_run(const char *results, const char *run);

/* ---- cycles ---- */

struct lock_cycle {
	GArray *classes; /* guint: each is held while the next is waited for, the last one while the
			  * first one is */
	GArray *gates;	 /* guint: held at every occurrence of at least two of its edges, so that
			  * these exclude each other */
	gboolean ambiguous; /* it passes through a name that stands for several keys */
	const char *since;  /* the run that completed it; borrowed from the graph */
	char *signature; /* "lock-cycle:A --> B", begins with the least name */
};

/*
 * Shortest cycles of the graph, at most one through each edge and of at most LENGTH classes;
 * unguarded ones first, then by length. A cycle whose edges were all seen in one run is left out:
 * lockdep saw them too, and has either reported it or found that it cannot block (recursive
 * readers, or keys of one name that are different locks). *ret_judged (may be NULL): how many
 * cycles were left out.
 */
#define LOCK_CYCLES_MAX 1000 /* no more are looked for */
GPtrArray *lock_cycles(struct lock_db *db, const struct lock_graph *graph, guint length,
		       guint *ret_judged);
void lock_cycle_free(struct lock_cycle *cycle);

/* ---- the declared order ---- */

struct lock_violation {
	const struct order_edge *edge; /* an edge of the graph */
	char *rule;		       /* the declared order that it violates */
	char *source;		       /* the source of the declaration */
};

/*
 * The edges of GRAPH that violate the declared order in FILE (scenarios/lock-order.yaml). Errors:
 * RIG_EXIT_USAGE with the line of FILE.
 */
GPtrArray *lock_order_check(const char *file, const struct lock_graph *graph, GError **error);
void lock_violation_free(struct lock_violation *violation);

/*
 * The findings in the lock orders of one boot, as reports: edges that violate the declared order
 * in ORDER_FILE (kind lock-order), and the edge that KEY names, if the boot has it (kind
 * lock-edge, a note). KEY is from lock_edge_key(), or any other text, or NULL. Array of struct
 * splat without a free function. An ORDER_FILE that cannot be read sets *error and gives no
 * findings of its kind.
 */
GPtrArray *lock_findings(const struct lock_orders *orders, const char *order_file, const char *key,
			 GError **error);

struct lock_recorded;
/*
 * The open cycles of CYCLES (recorded.h: lock_recorded_cycles()) as reports of kind lock-cycle: an
 * array as above.
 */
GPtrArray *lock_cycle_findings(const struct lock_recorded *recorded, const GPtrArray *cycles);

#endif
