/* SPDX-License-Identifier: GPL-2.0-only */
/* The database file of the lock graph, and sums of edges over runs. Private to locks/. */
#ifndef RIG_LOCKS_DB_H
#define RIG_LOCKS_DB_H

#include "locks/graph.h"
#include "store/store.h"
#include "util/db.h"

struct lock_db {
	sqlite3 *db;
	char *results;	    /* path of the results folder */
	GHashTable *stacks; /* the stacks for lock_db_stacks(); NULL before its first call */
	char *logs; /* folder with the lock orders of logs (lock_db_add_log()), or NULL */
};

/* Adds new runs and logs to the graph (add.c). */
gboolean lock_db_update(struct lock_db *db, GError **error);

/*
 * Returns the lock orders of the run or log SIGHTING, or NULL if it does not exist any more. The
 * caller owns the result of this and the next two functions (read.c).
 */
struct lock_orders *lock_db_orders(struct lock_db *db, const char *sighting);
/*
 * Returns the lock orders in the compressed file PATH, or NULL if it cannot be read or is invalid.
 * *RET_JSON is the JSON of the file; the caller owns it, too.
 */
struct lock_orders *lock_orders_of_file(const char *path, json_t **ret_json);
/*
 * Returns the lock orders that the run NAME stored, with those in its reports, or NULL if it has
 * neither.
 */
struct lock_orders *lock_orders_of_info(struct lock_db *db, const char *name,
					const struct run_info *run);

/*
 * The gates of an edge, the locks that were held at each of its occurrences, are a text in the
 * database: the sorted ids of their classes, each between blanks (" 12 40 "). GATES_UNKNOWN marks
 * an edge that is only known from a report: it does not remove gates that other runs have found.
 */
#define GATES_UNKNOWN "?"
/*
 * Returns the gates (locks held at every occurrence) that A and B have in common. The caller owns
 * the text.
 */
char *lock_gates_common(const char *a, const char *b);

/*
 * Makes a cycle of CLASSES (guint: indices), and takes over CLASSES. The graph must have an edge
 * from each class to the next one, and from the last to the first (cycle.c).
 */
struct lock_cycle *lock_cycle_new(const struct lock_graph *graph, GArray *classes);
/*
 * Rotates CYCLE so that the class with the lowest index is first. Indices follow the order of
 * names.
 */
void lock_cycle_rotate(GArray *cycle);

/* An edge at one place (a combination of kernel, machine and so on), summed over runs. */
struct lock_sum {
	/*
	 * Positive: an id of the table `place`; the sum is a row of the table `seen`. Otherwise the
	 * sum is a row of the table `edge`: the negated id of a tree, or 0 for all trees.
	 */
	gint64 place;
	gint64 a, b; /* ids of the edge's two classes in the table `class` */
	guint contexts, runs;
	/*
	 * `gates`: a text, as described above; `first`, `last`: names of the first and the last run
	 */
	char *gates, *first, *last;
};

/* A set of struct lock_sum (sums.c). */
struct lock_sums;

struct lock_sums *lock_sums_new(void);
void lock_sums_free(struct lock_sums *sums);
RIG_DEFINE_AUTO(lock_sums, lock_sums_free)
/* Adds MORE, which is copied, to the sum of the same edge and place (kernel, machine and so on). */
void lock_sums_add(struct lock_sums *sums, const struct lock_sum *more);
/* Calls EACH for every sum, in any order. */
void lock_sums_each(struct lock_sums *sums, void (*each)(const struct lock_sum *sum, void *data),
		    void *data);
/* Adds the sums to the database tables, and clears SUMS. */
gboolean lock_sums_flush(struct lock_sums *sums, sqlite3 *db, GError **error);
/*
 * Registers lock_gates_common() as the SQL function common(GATES, GATES), which lock_sums_flush()
 * uses.
 */
void lock_sums_register(sqlite3 *db);

#endif
