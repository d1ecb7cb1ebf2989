/* SPDX-License-Identifier: GPL-2.0-only */
/* The graph's file, and sums of sightings. Private to locks/. */
#ifndef RIG_LOCKS_DB_H
#define RIG_LOCKS_DB_H

#include "locks/graph.h"
#include "store/store.h"
#include "util/db.h"

struct lock_db {
	sqlite3 *db;
	char *results;
	char *logs; /* folder of the orders of logs (lock_db_add_log()), or NULL */
};

/* add.c: adds new runs and logs. */
gboolean lock_db_update(struct lock_db *db, GError **error);

/*
 * read.c. The lock orders of a run or log by its name; NULL: it no longer exists. The caller's, as
 * those of the two below.
 */
struct lock_orders *lock_db_orders(struct lock_db *db, const char *sighting);
/*
 * The lock orders in a compressed file. NULL: there is no valid file. *ret_json: its JSON, the
 * caller's.
 */
struct lock_orders *lock_orders_of_file(const char *path, json_t **ret_json);
/*
 * The lock orders that the run NAME recorded and those in its reports; NULL if it has neither.
 */
struct lock_orders *lock_orders_of_info(struct lock_db *db, const char *name,
					const struct run_info *run);

/*
 * Gates as text: ids of classes, sorted, between blanks, " 12 40 ". "?": the unknown gates of an
 * edge that only a report shows; they do not reduce those of other runs.
 */
#define GATES_UNKNOWN "?"
/* The gates that both texts have. The caller's. */
char *lock_gates_common(const char *a, const char *b);

/* An edge at one place, summed over runs. */
struct lock_sum {
	gint64 place; /* > 0: a row of `seen`; else of `edge`: the negated id of a tree, 0 for all
		       * trees */
	gint64 a, b;
	guint contexts, runs;
	char *gates, *first, *last;
};

/* sums.c */
struct lock_sums;

struct lock_sums *lock_sums_new(void);
void lock_sums_free(struct lock_sums *sums);
RIG_DEFINE_AUTO(lock_sums, lock_sums_free)
/* Adds a copy of MORE. */
void lock_sums_add(struct lock_sums *sums, const struct lock_sum *more);
/* Calls EACH for every sum, in any order. */
void lock_sums_each(struct lock_sums *sums, void (*each)(const struct lock_sum *sum, void *data),
		    void *data);
/* Adds them to the tables, and clears them. */
gboolean lock_sums_flush(struct lock_sums *sums, sqlite3 *db, GError **error);
/* Registers the SQL function common(GATES, GATES), which lock_sums_flush() uses. */
void lock_sums_register(sqlite3 *db);

#endif
