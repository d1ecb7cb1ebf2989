/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the index. Private to index/ and stats/. */
#ifndef RIG_INDEX_DB_H
#define RIG_INDEX_DB_H

#include "index/index.h"
#include "util/db.h"

struct run_index {
	sqlite3 *db;
	char *results, *folder; /* `folder` is from index_place(); NULL: the index is in memory */
	index_progress progress;
	void *data;
	/* one transaction is used for a rebuild, so that no reader sees a partial index */
	gboolean rebuilding;
};

/*
 * Opens or creates FILE (NULL: in memory) with the current schema. SHARED: FILE is on a network
 * file system, so SQLite uses a rollback journal and no mmap. *ret_damaged: FILE is not an index,
 * so the caller must delete it.
 */
gboolean index_db_open(const char *file, gboolean shared, sqlite3 **ret, gboolean *ret_damaged,
		       GError **error);

/*
 * Returns TRUE if PATH is on a file system to which other hosts may write. FALSE if statfs() fails.
 */
gboolean index_is_shared(const char *path);
/* Calls statfs(); tests replace this function. */
struct statfs;
extern int (*index_statfs)(const char *path, struct statfs *ret);

/* Recreates all tables without rows. Must be called in a transaction. */
gboolean index_make_tables(sqlite3 *db, GError **error);

/*
 * Adds or replaces the rows of a run. Also returns TRUE if the folder is not a run any more
 * (add.c).
 */
gboolean index_add(struct run_index *ix, const char *name, GError **error);

/*
 * Appends " WHERE 1 AND …" for FILTER on the table `runs r` to SQL; the values to bind are added to
 * TEXTS (borrowed) (query.c).
 */
void index_where(const struct index_filter *filter, gboolean with_signature, GString *sql,
		 GPtrArray *texts);

/*
 * Returns the table in which runs are counted: `rollup` if it has all columns that FILTER uses;
 * otherwise `single`, which is slower. Both have the columns of rollup; tree and night are '' if
 * there is none.
 */
const char *index_sums(const struct index_filter *filter);

/*
 * FALSE: the database is damaged, for example after a disk error, or has the tables of another
 * program. Reads the whole database.
 */
gboolean index_db_is_sound(sqlite3 *db);

#endif
