// SPDX-License-Identifier: GPL-2.0-only
/* Opens SQLite databases, runs statements, and reads columns. */
#include "util/db.h"

#include "util/error.h"

#define BUSY_MS 30000

gboolean db_fail(sqlite3 *db, const char *what, GError **error)
{
	return rig_fail(error, RIG_EXIT_INFRA, "SQLite: %s: %s", what,
			db ? sqlite3_errmsg(db) : "out of memory");
}

gboolean db_connect(const char *file, sqlite3 **ret, GError **error)
{
	/* no two threads use a connection at the same time, so it needs no mutex */
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

	if (sqlite3_open_v2(file, ret, flags, NULL) != SQLITE_OK ||
	    sqlite3_busy_timeout(*ret, BUSY_MS) != SQLITE_OK)
		return db_fail(*ret, file, error);
	return TRUE;
}

int db_version(sqlite3 *db)
{
	db_stmt *stmt = db_query(db, "PRAGMA user_version", NULL, NULL);

	return stmt && db_row(stmt, NULL) ? sqlite3_column_int(stmt, 0) : -1;
}

gboolean db_exec(sqlite3 *db, const char *sql, GError **error)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK || db_fail(db, sql, error);
}

sqlite3_stmt *db_query(sqlite3 *db, const char *sql, const char *const *texts, GError **error)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
		db_fail(db, sql, error);
		return NULL;
	}
	for (int i = 0; texts && texts[i]; i++)
		sqlite3_bind_text(stmt, i + 1, texts[i], -1, SQLITE_TRANSIENT);
	return stmt;
}

gboolean db_row(sqlite3_stmt *stmt, GError **error)
{
	int code = sqlite3_step(stmt);

	if (code != SQLITE_ROW && code != SQLITE_DONE)
		db_fail(sqlite3_db_handle(stmt), sqlite3_sql(stmt), error);
	return code == SQLITE_ROW;
}

char *db_text(sqlite3_stmt *stmt, int column)
{
	return g_strdup((const char *)sqlite3_column_text(stmt, column));
}

char *db_name(sqlite3_stmt *stmt, int column)
{
	char *text = db_text(stmt, column);

	return text ? text : g_strdup("");
}

double db_real(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL
		       ? -1
		       : sqlite3_column_double(stmt, column);
}
