/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the index. Private to index/ and stats/. */
#ifndef RIG_INDEX_DB_H
#define RIG_INDEX_DB_H

#include "index/index.h"
#include "util/db.h"

struct run_index {
	sqlite3 *db;
	char *results; /* path of the results folder */
	char *folder; /* from index_place(), or NULL if the index is in memory */
	index_progress progress;
	void *data;
	/* a rebuild is one transaction, so that no reader sees a partial index */
	gboolean rebuilding;
};

/*
 * Opens or creates FILE with the current schema, or an index in memory if FILE is NULL. If SHARED
 * is TRUE, FILE is on a network file system, so SQLite uses a rollback journal and no mmap. If it
 * fails, *ret_damaged is TRUE if FILE is not an index; the caller must then delete it.
 */
gboolean index_db_open(const char *file, gboolean shared, sqlite3 **ret, gboolean *ret_damaged,
		       GError **error);

/*
 * Returns TRUE if PATH is on a file system to which other hosts may write. Returns FALSE if
 * statfs() fails.
 */
gboolean index_is_shared(const char *path);
/* Calls statfs(); tests replace this function. */
struct statfs;
extern int (*index_statfs)(const char *path, struct statfs *ret);

/* Recreates all tables without rows. Must be called in a transaction. */
gboolean index_make_tables(sqlite3 *db, GError **error);

/*
 * add.c: adds or replaces the rows of a run. Returns TRUE also if the folder was deleted meanwhile
 * or is not a run.
 */
gboolean index_add(struct run_index *ix, const char *name, GError **error);

/*
 * query.c: appends the condition " WHERE 1 AND …" of FILTER on the table `runs r` to SQL, and the
 * values to bind to TEXTS, which borrows them from FILTER. FILTER's signature is only part of the
 * condition if WITH_SIGNATURE is TRUE.
 */
void index_where(const struct index_filter *filter, gboolean with_signature, GString *sql,
		 GPtrArray *texts);

/*
 * Returns the name of the table or view from which runs are counted: `rollup` if it has all columns
 * that FILTER uses, otherwise `single`, which is slower but has the same columns. A run without
 * tree or night has '' there.
 */
const char *index_sums(const struct index_filter *filter);

/*
 * Reads the whole database. Returns FALSE if it is damaged, for example after a disk error, or has
 * the tables of another program.
 */
gboolean index_db_is_sound(sqlite3 *db);

#endif
