// SPDX-License-Identifier: GPL-2.0-only
/* The lock graph in SQLite: the schema, opening and closing. */
#include "locks/graph.h"

#include <string.h>

#include "locks/db.h"
#include "util/error.h"

#define SCHEMA_VERSION 4
#define FILE_NAME "locks.sqlite"
#define LOGS_NAME "locks-logs"

/*
 * `place` has combinations of kernel, tree, machine, scenario and build (the kernel's hash). `seen`
 * has a row for each edge and each place at which it was seen. `edge` has the sums of these rows
 * for each tree, and for all trees together (tree 0), so a query of the whole graph reads one row
 * per edge. db.h describes the column `gates`, struct lock_stack the stacks. The column `state` of
 * `run` is 0: no lock orders; 1: lock orders; 2: the run had not ended, and is read again later.
 */
static const char schema[] =
	"CREATE TABLE class(id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, "
	"flags INTEGER NOT NULL);"
	"CREATE TABLE tree(id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, first TEXT NOT NULL, "
	"runs INTEGER NOT NULL);"
	"CREATE TABLE place(id INTEGER PRIMARY KEY, kernel TEXT NOT NULL, tree TEXT NOT NULL, "
	"machine TEXT NOT NULL,"
	" scenario TEXT NOT NULL, build TEXT NOT NULL, runs INTEGER NOT NULL,"
	" UNIQUE(kernel, tree, machine, scenario, build));"
	"CREATE TABLE edge(tree INTEGER NOT NULL, a INTEGER NOT NULL, b INTEGER NOT NULL, "
	"contexts INTEGER NOT NULL,"
	" gates TEXT NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL, runs INTEGER NOT NULL,"
	" PRIMARY KEY(tree, a, b)) WITHOUT ROWID;"
	"CREATE INDEX edge_first ON edge(first);"
	"CREATE TABLE seen(place INTEGER NOT NULL, a INTEGER NOT NULL, b INTEGER NOT NULL, "
	"contexts INTEGER NOT NULL,"
	" gates TEXT NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL, runs INTEGER NOT NULL,"
	" PRIMARY KEY(place, a, b)) WITHOUT ROWID;"
	"CREATE INDEX seen_edge ON seen(a, b);"
	"CREATE TABLE run(name TEXT PRIMARY KEY, state INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX run_going ON run(state) WHERE state = 2;"
	"CREATE TABLE stack(a INTEGER NOT NULL, b INTEGER NOT NULL, "
	"functions TEXT NOT NULL, run TEXT NOT NULL, PRIMARY KEY(a, b, functions)) WITHOUT ROWID;"
	"CREATE TABLE folder(mtime_ns INTEGER NOT NULL);";

static const char *const tables[] = {"class", "tree", "place",	"edge",
				     "seen",  "run",  "folder", "stack"};

static gboolean drop_tables(sqlite3 *db, GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
		g_autofree char *drop = g_strdup_printf("DROP TABLE IF EXISTS %s", tables[i]);

		if (!db_exec(db, drop, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean make_tables(sqlite3 *db, gboolean anew, GError **error)
{
	g_autofree char *version =
		g_strdup_printf("PRAGMA user_version = %d; COMMIT", SCHEMA_VERSION);

	if (!anew && db_version(db) == SCHEMA_VERSION)
		return TRUE;
	if (!db_exec(db, "BEGIN IMMEDIATE", error))
		return FALSE;
	/* another process may have created the tables before this transaction began */
	if (!anew && db_version(db) == SCHEMA_VERSION)
		return db_exec(db, "COMMIT", error);
	return drop_tables(db, error) && db_exec(db, schema, error) && db_exec(db, version, error);
}

struct lock_db *lock_db_open(const char *results, const char *folder, gboolean rebuild,
			     GError **error)
{
	rig_auto(lock_db) db = g_new0(struct lock_db, 1);
	g_autofree char *file =
		folder ? g_build_filename(folder, FILE_NAME, NULL) : g_strdup(":memory:");

	db->results = g_strdup(results);
	db->logs = folder ? g_build_filename(folder, LOGS_NAME, NULL) : NULL;
	if (!db_connect(file, &db->db, error))
		return NULL;
	lock_sums_register(db->db);
	if (!db_exec(db->db, "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536", error) ||
	    !make_tables(db->db, rebuild, error) || !lock_db_update(db, error))
		return NULL;
	return g_steal_pointer(&db);
}

void lock_db_free(struct lock_db *db)
{
	if (!db)
		return;
	g_clear_pointer(&db->stacks, g_hash_table_unref);
	sqlite3_close(db->db);
	g_free(db->results);
	g_free(db->logs);
	g_free(db);
}
