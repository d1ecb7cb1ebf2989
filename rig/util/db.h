/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SQLite: connections, statements, and values of a row. All errors are RIG_EXIT_INFRA; the message
 * has the statement and SQLite's message. Each function may block for up to 30 s while another
 * process writes.
 */
#ifndef RIG_UTIL_DB_H
#define RIG_UTIL_DB_H

#include <glib.h>
#include <sqlite3.h>

/*
 * Opens or creates the database FILE, or one in memory if FILE is ":memory:". The caller must close
 * *ret with sqlite3_close(), even after an error.
 */
gboolean db_connect(const char *file, sqlite3 **ret, GError **error);

/*
 * Returns the version of the schema (PRAGMA user_version): 0 in a new file, -1 if it cannot be
 * read.
 */
int db_version(sqlite3 *db);

/* Runs statements without result rows, separated by ';'. */
gboolean db_exec(sqlite3 *db, const char *sql, GError **error);

/*
 * Prepares a statement with TEXTS (NULL-terminated, may be NULL) bound to ?1, ?2, … Returns NULL
 * after an error.
 */
sqlite3_stmt *db_query(sqlite3 *db, const char *sql, const char *const *texts, GError **error);

/* Steps to the next row. Returns FALSE if there is none, or, with *error set, after an error. */
gboolean db_row(sqlite3_stmt *stmt, GError **error);

/* Sets an error RIG_EXIT_INFRA with SQLite's message about WHAT, and returns FALSE. */
gboolean db_fail(sqlite3 *db, const char *what, GError **error);

char *db_text(sqlite3_stmt *stmt, int column); /* returns a copy; NULL for an SQL NULL */
/*
 * Returns a copy of the text of a column that the schema declares as NOT NULL. If it is NULL
 * nevertheless, because the file is damaged, returns "".
 */
char *db_name(sqlite3_stmt *stmt, int column);
double db_real(sqlite3_stmt *stmt, int column); /* returns -1 for an SQL NULL */

static inline void db_finalize(sqlite3_stmt **stmt)
{
	sqlite3_finalize(*stmt);
}
#define db_stmt __attribute__((cleanup(db_finalize))) sqlite3_stmt

#endif
