/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the index share. Private to index/ and stats/. */
#ifndef RIG_INDEX_DB_H
#define RIG_INDEX_DB_H

#include "index/index.h"
#include "util/db.h"

struct run_index {
	sqlite3 *db;
	char *results, *folder; /* folder: index_place(), or NULL: in memory */
	index_progress progress;
	void *data;
	gboolean rebuilding; /* one transaction, so that no reader gets a partial index */
};

/*
 * Opens or creates FILE (NULL: in memory) with the current schema. SHARED: it is on a network file
 * system, so SQLite uses a rollback journal and no mmap. *ret_damaged: the file is not an index;
 * delete it.
 */
gboolean index_db_open(const char *file, gboolean shared, sqlite3 **ret, gboolean *ret_damaged,
		       GError **error);

/* TRUE: PATH is on a file system that other hosts may write to. FALSE if statfs() fails. */
gboolean index_is_shared(const char *path);
/* statfs(); tests replace it. */
struct statfs;
extern int (*index_statfs)(const char *path, struct statfs *ret);

/* Recreates all tables, empty. To be called in a transaction. */
gboolean index_make_tables(sqlite3 *db, GError **error);

/* add.c: (re)places the rows of a run; TRUE also if the folder no longer is a run. */
gboolean index_add(struct run_index *ix, const char *name, GError **error);

/*
 * query.c: " WHERE 1 AND …" for FILTER over `runs r`; values to bind are added to TEXTS (borrowed).
 */
void index_where(const struct index_filter *filter, gboolean with_signature, GString *sql,
		 GPtrArray *texts);

/*
 * The table to count runs in: `rollup` if it has all columns that FILTER uses, else `single`, which
 * is slower. Both have the columns of rollup, with tree and night '' if there is none.
 */
const char *index_sums(const struct index_filter *filter);

/*
 * FALSE if the database is damaged, as after a disk error, or has other tables than an index. Reads
 * all of it.
 */
gboolean index_db_is_sound(sqlite3 *db);

#endif
