/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lock graph of a results folder: the lock orders of all its runs, with how often each order
 * was seen, and in which combinations of kernel, machine, scenario and tree. The graph is stored in
 * SQLite (locks.sqlite, next to the run index), and is updated whenever it is opened; without new
 * runs, this costs one stat(). Orders of runs whose folders were deleted stay in the graph.
 *
 * A sighting is the name of a run or of a log (lock_db_add_log()) in which an edge was seen. It
 * begins with a time, so sorting sightings as text sorts them by time.
 */
#ifndef RIG_LOCKS_GRAPH_H
#define RIG_LOCKS_GRAPH_H

#include "locks/locks.h"
#include "splat/splat.h"

struct lock_db;

/*
 * Opens and updates the graph of the results folder RESULTS. Its file is in FOLDER; if FOLDER is
 * NULL, the graph is in memory. If REBUILD is TRUE, it is made again from the existing run folders
 * and logs. Errors: RIG_EXIT_INFRA (disk), RIG_EXIT_USAGE (RESULTS).
 */
struct lock_db *lock_db_open(const char *results, const char *folder, gboolean rebuild,
			     GError **error);
void lock_db_free(struct lock_db *db);
RIG_DEFINE_AUTO(lock_db, lock_db_free)

/*
 * Adds the lock orders in REPORTS (an array of splat_to_json()), which are from the log FILE. They
 * are also stored next to the graph, for a rebuild. A log whose orders are stored already changes
 * nothing. *RET_EDGES is the number of orders in REPORTS.
 */
gboolean lock_db_add_log(struct lock_db *db, const char *file, json_t *reports, guint *ret_edges,
			 GError **error);

/*
 * Selects the runs with this kernel, machine, scenario and tree (the kernel's name in the plan of a
 * night); a NULL field matches everything.
 */
struct lock_filter {
	const char *kernel, *machine, *scenario, *tree;
};

struct order_edge {
	guint from, to; /* indices of the graph's classes */
	guint contexts; /* bits of enum lock_context */
	guint runs;
	/*
	 * `runs`: number of runs that had the edge; `first`, `last`: names of the first and the
	 * last of them
	 */
	char *first, *last;
	/*
	 * guint, sorted: the gates, indices of the classes that were held at every occurrence of
	 * the edge in every run
	 */
	GArray *gates;
};

struct lock_graph {
	GPtrArray *classes; /* of struct lock_class */
	GPtrArray *edges;   /* of struct order_edge, sorted by from, to */
	guint runs;	    /* number of runs with lock orders */
};

/* Loads the edges that match FILTER, with their classes. If FILTER is NULL, loads all edges. */
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

/*
 * A combination of kernel, machine, scenario and tree (the kernel's name in the plan of a night) in
 * which an edge occurred.
 */
struct lock_sighting {
	char *kernel, *tree, *machine, *scenario; /* `tree` is "" outside of nights */
	char *build; /* the hash of the kernel's sources, config and patches; "" if unknown */
	char *first, *last;
	guint runs;
};
/*
 * Returns the combinations in which the edge FROM -> TO was seen, sorted by their first runs, the
 * oldest first: an array of struct lock_sighting, which the caller owns.
 */
GPtrArray *lock_db_sightings(struct lock_db *db, const char *from, const char *to, GError **error);

/* A stack of a task that held the first lock of an edge while it waited for the second one. */
struct lock_stack {
	char *functions; /* names of functions, the innermost first: "a < b < c" */
	char *run;	 /* the first run or log in which the stack was seen */
};
/*
 * Returns at most four stacks of the edge FROM -> TO, an array of struct lock_stack, which the
 * caller owns. It is empty if no stack is known: stacks come from lockdep's reports and from
 * recorded locks, but lockdep's graph (/proc/lockdep_chains) has none.
 */
GPtrArray *lock_db_stacks(struct lock_db *db, const char *from, const char *to);

/* A lock order that no earlier run of its tree (the kernel's name in plans) had. */
struct lock_new {
	char *tree, *from, *to; /* `tree` is "" outside of nights */
	char *first;		/* name of the first run that has the edge */
	guint runs;		/* number of runs of the tree that have the edge */
	gboolean anywhere;	/* no earlier run of any tree had the edge */
};
/*
 * Returns the edges of TREE, or of all trees if it is NULL, that were first seen from SINCE on and
 * before UNTIL. Both are beginnings of run names; either is NULL for no limit. A tree without an
 * earlier run is left out, because all of its edges would be new. The result is an array of struct
 * lock_new, which the caller owns; edges that are new in all trees are first.
 */
GPtrArray *lock_db_new_orders(struct lock_db *db, const char *tree, const char *since,
			      const char *until, GError **error);

/* Returns the lock orders in the run folder RUN, or NULL (not an error) if it has none. */
struct lock_orders *lock_orders_of_run(const char *results, const char *run);

/* ---- cycles ---- */

struct lock_cycle {
	/*
	 * guint: indices of classes. A deadlock needs one task for each of them: it holds a lock of
	 * this class and waits for one of the next class. The last task waits for the first class.
	 */
	GArray *classes;
	/*
	 * guint: classes of gates, held at every occurrence of at least two edges of the cycle. The
	 * tasks of these edges exclude each other, so the cycle cannot deadlock.
	 */
	GArray *gates;
	gboolean ambiguous; /* one of its classes has a name that several lockdep keys share */
	/* the cycle cannot deadlock, because at one class a recursive reader waits for a reader */
	gboolean readers;
	/*
	 * Indices of classes, or -1. `writer`: at this class, a reader waits for a reader, so a
	 * deadlock also needs a third task that waits for writing. `unclear`: at this class, it is
	 * unknown whether both tasks read.
	 */
	int writer, unclear;
	/* name of the run with the last edge of the cycle to be seen; borrowed from the graph */
	const char *since;
	/* "v1:lock-cycle:A --> B"; the alphabetically first class is first */
	char *signature;
};

/*
 * Finds cycles of at most LENGTH classes: for each edge, one of the shortest cycles through it.
 * Unguarded cycles (without gates) are first, and of these, shorter ones. Two kinds of cycles are
 * left out, and counted in *RET_LEFT (may be NULL). `judged`: all edges were seen in one run, so
 * lockdep of this run has either reported the cycle or found that it cannot block (recursive
 * readers, or different locks with keys of one name). `readers`: a recursive reader makes the cycle
 * harmless.
 */
struct lock_cycles_left {
	guint judged, readers;
};
#define LOCK_CYCLES_MAX 1000 /* maximum number of cycles to find */
GPtrArray *lock_cycles(struct lock_db *db, const struct lock_graph *graph, guint length,
		       struct lock_cycles_left *ret_left);
/*
 * Returns the cycle through the classes NAMES (NULL-terminated), in this order, even if
 * lock_cycles() leaves it out. Returns NULL if the graph lacks one of the classes or edges. The
 * caller owns the cycle.
 */
struct lock_cycle *lock_cycle_named(const struct lock_graph *graph, char **names);
/*
 * Returns the edge from element I of CYCLE (guint: indices of classes) to the next element, or from
 * the last element to the first. Returns NULL if the graph has no such edge.
 */
const struct order_edge *lock_cycle_edge(const struct lock_graph *graph, const GArray *cycle,
					 guint i);
void lock_cycle_free(struct lock_cycle *cycle);
RIG_DEFINE_AUTO(lock_cycle, lock_cycle_free)

/* ---- the declared order ---- */

struct lock_violation {
	const struct order_edge *edge; /* an edge of the graph */
	char *rule;		       /* the declared order that it violates */
	char *source; /* where the declaration is from, for example a kernel file */
};

/*
 * Finds the edges of GRAPH that violate the declared order in FILE (scenarios/lock-order.yaml).
 * Errors: RIG_EXIT_USAGE with the line of FILE.
 */
GPtrArray *lock_order_check(const char *file, const struct lock_graph *graph, GError **error);
void lock_violation_free(struct lock_violation *violation);

/*
 * Makes reports of findings in ORDERS, the lock orders of one boot: for each edge that violates the
 * declared order in ORDER_FILE, a report of kind lock-order; for the edge with the signature KEY,
 * if the boot has it, a report of kind lock-edge, which is a note. KEY is from lock_edge_key(), or
 * any other text, or NULL. Returns an array of struct splat without a free function. If ORDER_FILE
 * cannot be read, *ERROR is set, and there are no reports of kind lock-order.
 */
GPtrArray *lock_findings(const struct lock_orders *orders, const char *order_file, const char *key,
			 GError **error);

struct lock_recorded;
/*
 * Makes a report of kind lock-cycle for each element of CYCLES (from lock_recorded_cycles(),
 * recorded.h) whose state is CYCLE_OPEN. Returns an array of struct splat without a free function.
 */
GPtrArray *lock_cycle_findings(const struct lock_recorded *recorded, const GPtrArray *cycles);

#endif
