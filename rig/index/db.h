/* SPDX-License-Identifier: GPL-2.0-only */
/* SQLite as the index needs it. Private to index/. */
#ifndef RIG_INDEX_DB_H
#define RIG_INDEX_DB_H

#include <glib.h>
#include <sqlite3.h>

#include "index/index.h"

struct run_index {
	sqlite3 *db;
	char *results, *folder; /* folder: index_place(), or NULL: in memory */
	index_progress progress;
	void *data;
	gboolean rebuilding; /* one transaction, so that no reader gets a partial index */
};

/*
 * Opens or makes FILE (NULL: in memory) with the current schema. SHARED: it is on a network file system,
 * so SQLite uses a rollback journal and no mmap. *ret_damaged: the file is not an index; delete it.
 */
gboolean db_open(const char *file, gboolean shared, sqlite3 **ret, gboolean *ret_damaged, GError **error);

/*
 * The folder of the index of RESULTS, which need not exist: RESULTS/.index, or below the user's cache
 * folder where RESULTS is on a network file system. To be freed.
 */
char *index_place(const char *results);
/* Is PATH on a file system that other hosts may write to? FALSE where statfs() fails. */
gboolean index_is_shared(const char *path);
/* statfs(); a test sets another. */
struct statfs;
extern int (*index_statfs)(const char *path, struct statfs *ret);

/* Statements of no result; several with ';' between. */
gboolean db_exec(sqlite3 *db, const char *sql, GError **error);

/* Makes every table anew, without rows. To be called in a transaction. */
gboolean db_make_tables(sqlite3 *db, GError **error);

/* A statement with TEXTS (NULL-terminated, may be NULL) bound to ?1, ?2, … NULL with an error. */
sqlite3_stmt *db_query(sqlite3 *db, const char *sql, const char *const *texts, GError **error);

/* The next row: true. The end, or an error that *error has: false. */
gboolean db_row(sqlite3_stmt *stmt, GError **error);

/* Sets RIG_EXIT_INFRA with what SQLite says; false. */
gboolean db_fail(sqlite3 *db, const char *what, GError **error);

char *db_text(sqlite3_stmt *stmt, int column);	/* a copy, NULL for NULL */
double db_real(sqlite3_stmt *stmt, int column); /* -1 for NULL */

static inline void db_finalize(sqlite3_stmt **stmt)
{
	sqlite3_finalize(*stmt);
}
#define db_stmt __attribute__((cleanup(db_finalize))) sqlite3_stmt

/* add.c: (re)places the rows of a run; TRUE also for a folder that is none any more. */
gboolean index_add(struct run_index *ix, const char *name, GError **error);

/* index-query.c: " WHERE 1 AND …" of FILTER over `runs r`; what it binds is added to TEXTS (borrowed). */
void index_where(const struct index_filter *filter, gboolean with_signature, GString *sql,
		 GPtrArray *texts);

/* What to count runs in: `rollup` where FILTER asks for nothing that is not in it, else `single`, slower. Both have the
 * columns of rollup, tree and night '' where there is none. */
const char *index_sums(const struct index_filter *filter);

#endif
