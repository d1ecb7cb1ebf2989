/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SQLite: a connection, statements, values of a row. Errors are RIG_EXIT_INFRA with the statement
 * and SQLite's message. Every call may wait up to 30 s for another process that writes.
 */
#ifndef RIG_UTIL_DB_H
#define RIG_UTIL_DB_H

#include <glib.h>
#include <sqlite3.h>

/*
 * Opens or makes FILE (":memory:": in memory). *ret is to be closed with sqlite3_close(), also
 * after FALSE.
 */
gboolean db_connect(const char *file, sqlite3 **ret, GError **error);

/* PRAGMA user_version, the number of the schema: 0 in a new file, -1 if it cannot be read. */
int db_version(sqlite3 *db);

/* Runs statements that return no rows, with ';' between them. */
gboolean db_exec(sqlite3 *db, const char *sql, GError **error);

/* A statement with TEXTS (NULL-terminated, may be NULL) bound to ?1, ?2, … NULL with an error. */
sqlite3_stmt *db_query(sqlite3 *db, const char *sql, const char *const *texts, GError **error);

/* Steps to the next row. FALSE: there is none, or, if *error is set, an error occurred. */
gboolean db_row(sqlite3_stmt *stmt, GError **error);

/* Sets RIG_EXIT_INFRA with SQLite's message about WHAT; FALSE. */
gboolean db_fail(sqlite3 *db, const char *what, GError **error);

char *db_text(sqlite3_stmt *stmt, int column); /* a copy, NULL for NULL */
/* A copy of a column that is NOT NULL; "" for the NULL that a damaged file can have there. */
char *db_name(sqlite3_stmt *stmt, int column);
double db_real(sqlite3_stmt *stmt, int column); /* -1 for NULL */

static inline void db_finalize(sqlite3_stmt **stmt)
{
	sqlite3_finalize(*stmt);
}
#define db_stmt __attribute__((cleanup(db_finalize))) sqlite3_stmt

#endif
