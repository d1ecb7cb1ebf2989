/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lock graph of a results folder: the lock orders of all its runs, with the places where each
 * order was seen and how often. The graph is stored in SQLite (locks.sqlite, next to the run index)
 * and updated whenever it is opened. It keeps the orders of runs whose folders were deleted. An
 * update without new runs costs one stat().
 *
 * A sighting is the name of a run, or of a log (lock_db_add_log()). The name begins with a time, so
 * sorting names as text sorts them by time.
 */
#ifndef RIG_LOCKS_GRAPH_H
#define RIG_LOCKS_GRAPH_H

#include "locks/locks.h"
#include "splat/splat.h"

struct lock_db;

/*
 * Opens the graph of RESULTS. Its file is in FOLDER; if FOLDER is NULL, the graph is in memory.
 * With REBUILD, it is created again from the existing run folders and logs. Errors: RIG_EXIT_INFRA
 * (disk), RIG_EXIT_USAGE (RESULTS).
 */
struct lock_db *lock_db_open(const char *results, const char *folder, gboolean rebuild,
			     GError **error);
void lock_db_free(struct lock_db *db);
RIG_DEFINE_AUTO(lock_db, lock_db_free)

/*
 * Adds the lock orders in REPORTS (array of splat_to_json()) of the log FILE. They are stored next
 * to the graph, for a rebuild; a log whose orders are stored already changes nothing. Sets
 * *ret_edges to the number of orders.
 */
gboolean lock_db_add_log(struct lock_db *db, const char *file, json_t *reports, guint *ret_edges,
			 GError **error);

/* A filter; a NULL field matches everything. */
struct lock_filter {
	const char *kernel, *machine, *scenario, *tree;
};

struct order_edge {
	guint from, to; /* indices of the graph's classes */
	guint contexts; /* enum lock_context */
	guint runs;
	char *first, *last; /* names of the first and the last run that had the edge */
	/*
	 * guint, sorted: indices of the classes that were held at every occurrence of the edge in
	 * every run
	 */
	GArray *gates;
};

struct lock_graph {
	GPtrArray *classes; /* of struct lock_class */
	GPtrArray *edges;   /* of struct order_edge, sorted by from, to */
	guint runs;	    /* number of runs with lock orders */
};

/* Loads the edges that match FILTER, or all if FILTER is NULL. */
struct lock_graph *lock_graph_load(struct lock_db *db, const struct lock_filter *filter,
				   GError **error);
void lock_graph_free(struct lock_graph *graph);
RIG_DEFINE_AUTO(lock_graph, lock_graph_free)

/* Makes a graph of the lock orders of one boot. */
struct lock_graph *lock_graph_of_orders(const struct lock_orders *orders);

/* Returns the index of the class called NAME, or -1 if there is none. */
int lock_graph_class(const struct lock_graph *graph, const char *name);
/* Returns the edge FROM -> TO, or NULL if there is none. */
const struct order_edge *lock_graph_find(const struct lock_graph *graph, guint from, guint to);

/* A place where an edge occurred. */
struct lock_sighting {
	char *kernel, *tree, *machine, *scenario; /* `tree` is "" outside of nights */
	char *build; /* the hash of the kernel's sources, config and patches; "" if unknown */
	char *first, *last;
	guint runs;
};
/*
 * Returns the places where the edge FROM -> TO was seen, oldest first: array of struct
 * lock_sighting, owned by the caller.
 */
GPtrArray *lock_db_sightings(struct lock_db *db, const char *from, const char *to, GError **error);

/* A stack of a task that held the first lock of an edge and waited for the second one. */
struct lock_stack {
	char *functions; /* names of functions, the innermost first: "a < b < c" */
	char *run;	 /* the first run or log in which the stack was seen */
};
/*
 * Returns at most four stacks of the edge FROM -> TO as an array of struct lock_stack, which the
 * caller owns; it is empty if no stack is known. Stacks come from lockdep's reports and from
 * recorded locks; lockdep's graph has none.
 */
GPtrArray *lock_db_stacks(struct lock_db *db, const char *from, const char *to);

/* An edge that no earlier run of its tree had. */
struct lock_new {
	char *tree, *from, *to; /* `tree` is "" outside of nights */
	char *first;		/* name of the first run that has the edge */
	guint runs;		/* number of runs of the tree that have the edge */
	gboolean anywhere;	/* no earlier run of any tree had the edge */
};
/*
 * Returns the edges of TREE, or of all trees if TREE is NULL, that were first seen from SINCE on
 * and before UNTIL (beginnings of run names, or NULL for no limit). Edges that are new in all trees
 * come first. The result is an array of struct lock_new, owned by the caller. A tree without an
 * earlier run is left out, because all of its edges would be new.
 */
GPtrArray *lock_db_new_orders(struct lock_db *db, const char *tree, const char *since,
			      const char *until, GError **error);

/* Returns the lock orders in the run folder RUN, or NULL (not an error) if it has none. */
struct lock_orders *lock_orders_of_run(const char *results, const char *run);

/* ---- cycles ---- */

struct lock_cycle {
	/*
	 * guint: a deadlock needs one task per class, which holds a lock of this class and waits
	 * for one of the next class; the last task waits for the first class
	 */
	GArray *classes;
	/*
	 * guint: classes held at every occurrence of at least two of the cycle's edges, so that the
	 * tasks of these edges exclude each other
	 */
	GArray *gates;
	gboolean ambiguous; /* one of its classes has a name that several lockdep keys share */
	/* the cycle cannot deadlock: at one of its classes a recursive reader waits for a reader */
	gboolean readers;
	/*
	 * indices of classes, or -1. `writer`: at this class a reader waits for a reader, so a
	 * deadlock needs one more task, which waits for writing. `unclear`: at this class it is not
	 * known whether both tasks read
	 */
	int writer, unclear;
	const char *since;  /* the run whose edge completed the cycle; borrowed from the graph */
	/* "v1:lock-cycle:A --> B", beginning with the alphabetically first class */
	char *signature;
};

/*
 * Finds cycles of the graph: for each edge, at most one of the shortest cycles through it, and only
 * cycles of at most LENGTH classes. Unguarded cycles are first, and of these, shorter ones. A cycle
 * whose edges were all seen in one run is left out: lockdep of this run either reported the cycle
 * or found that it cannot block (recursive readers, or different locks with keys of one name). A
 * cycle with `readers` is left out, too. *ret_left (may be NULL) counts the cycles that were left
 * out.
 */
struct lock_cycles_left {
	guint judged, readers;
};
#define LOCK_CYCLES_MAX 1000 /* maximum number of cycles to find */
GPtrArray *lock_cycles(struct lock_db *db, const struct lock_graph *graph, guint length,
		       struct lock_cycles_left *ret_left);
/*
 * Returns the cycle through the classes called NAMES (NULL-terminated), in the order of NAMES, even
 * if lock_cycles() leaves it out. Returns NULL if the graph lacks one of the classes or edges. The
 * caller owns the cycle.
 */
struct lock_cycle *lock_cycle_named(const struct lock_graph *graph, char **names);
/*
 * Returns the edge from element I of CYCLE (guint: indices of classes) to the next element, or NULL
 * if the graph has no such edge.
 */
const struct order_edge *lock_cycle_edge(const struct lock_graph *graph, const GArray *cycle,
					 guint i);
void lock_cycle_free(struct lock_cycle *cycle);
RIG_DEFINE_AUTO(lock_cycle, lock_cycle_free)

/* ---- the declared order ---- */

struct lock_violation {
	const struct order_edge *edge; /* an edge of the graph */
	char *rule;		       /* the declared order that it violates */
	char *source;		       /* the source of the declaration */
};

/*
 * Finds the edges of GRAPH that violate the declared order in FILE (scenarios/lock-order.yaml).
 * Errors: RIG_EXIT_USAGE with the line of FILE.
 */
GPtrArray *lock_order_check(const char *file, const struct lock_graph *graph, GError **error);
void lock_violation_free(struct lock_violation *violation);

/*
 * Finds, in the lock orders of one boot, the edges that violate the declared order in ORDER_FILE
 * (reports of kind lock-order), and the edge with the signature KEY, if the boot has it (a report
 * of kind lock-edge, which is a note). KEY is from lock_edge_key(), or any other text, or NULL.
 * Returns the findings as an array of struct splat without a free function. If ORDER_FILE cannot be
 * read, *error is set and there are no lock-order findings.
 */
GPtrArray *lock_findings(const struct lock_orders *orders, const char *order_file, const char *key,
			 GError **error);

struct lock_recorded;
/*
 * Makes a report of kind lock-cycle for each of CYCLES (from lock_recorded_cycles(), recorded.h)
 * whose state is CYCLE_OPEN. Returns an array like that of lock_findings().
 */
GPtrArray *lock_cycle_findings(const struct lock_recorded *recorded, const GPtrArray *cycles);

#endif
