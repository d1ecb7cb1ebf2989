// SPDX-License-Identifier: GPL-2.0-only
/* Opens the index in SQLite; defines its schema. */
#include "index/db.h"

/*
 * The tables of the index. INDEX_VERSION is stored as user_version, and must be increased with
 * every change of the schema.
 */
static const char schema[] =
	"CREATE TABLE runs("
	" id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, created TEXT NOT NULL,"
	" scenario TEXT NOT NULL, machine TEXT NOT NULL, kernel TEXT NOT NULL, source TEXT, "
	"tree TEXT,"
	" seed INTEGER, verdict TEXT NOT NULL, outcome INTEGER NOT NULL, reason TEXT,"
	" guest_s REAL, first_report_s REAL, boot_s REAL, hammer_s REAL, total_s REAL, ops INTEGER,"
	" night TEXT, cell TEXT, attempt INTEGER, keep INTEGER);"
	"CREATE INDEX runs_created ON runs(created);"
	"CREATE INDEX runs_scenario ON runs(scenario, machine, kernel, created);"
	"CREATE INDEX runs_kernel ON runs(kernel, scenario, machine, created);"
	"CREATE INDEX runs_night ON runs(night, scenario, machine, created);"
	"CREATE INDEX runs_seed ON runs(seed);"
	"CREATE INDEX runs_running ON runs(name) WHERE verdict = 'RUNNING';"
	"CREATE INDEX runs_bad ON runs(scenario, kernel, night, created) WHERE outcome = 1;"
	"CREATE TABLE findings("
	" run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, n INTEGER NOT NULL,"
	" bug TEXT NOT NULL, path TEXT, exact TEXT, kind TEXT NOT NULL, title TEXT NOT NULL, "
	"known TEXT, former TEXT,"
	" PRIMARY KEY(run, n)) WITHOUT ROWID;"
	"CREATE INDEX findings_bug ON findings(bug, run);"
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;";

/*
 * A table with a row for all runs of one day that have the same scenario, machine, kernel, tree and
 * night. Triggers update it, because counting 100,000 runs for each query would take too long.
 * After a deletion, `first` and `last` may be those of a deleted run of that day.
 */
static const char rollup[] =
	"CREATE TABLE rollup("
	" day TEXT, scenario TEXT, machine TEXT, kernel TEXT, tree TEXT, night TEXT,"
	" runs INTEGER, good INTEGER, bad INTEGER, once INTEGER, once_bad INTEGER, first TEXT, "
	"last TEXT,"
	" rate REAL, rates INTEGER, report_s REAL, reports INTEGER, total_s REAL, totals INTEGER,"
	" PRIMARY KEY(day, scenario, machine, kernel, tree, night)) WITHOUT ROWID;"
	"CREATE VIEW single AS SELECT id, substr(created, 1, 10) AS day, scenario, machine, kernel,"
	" coalesce(tree, '') AS tree, coalesce(night, '') AS night, 1 AS runs, "
	"outcome = 0 AS good, outcome = 1 AS bad,"
	" attempt <= 1 AND outcome <> 2 AS once, attempt <= 1 AND outcome = 1 AS once_bad,"
	" created AS first, created AS last,"
	" CASE WHEN ops > 0 AND hammer_s > 0 THEN ops / hammer_s ELSE 0 END AS rate,"
	" ops > 0 AND coalesce(hammer_s, 0) > 0 AS rates, coalesce(first_report_s, 0) AS report_s,"
	" first_report_s IS NOT NULL AS reports, coalesce(total_s, 0) AS total_s, "
	"total_s IS NOT NULL AS totals,"
	" created, cell, verdict, seed FROM runs;"
	"CREATE TRIGGER rollup_add AFTER INSERT ON runs BEGIN INSERT INTO rollup"
	" SELECT day, scenario, machine, kernel, tree, night, runs, good, bad, once, once_bad, "
	"first, last, rate, rates,"
	" report_s, reports, total_s, totals FROM single WHERE id = NEW.id"
	" ON CONFLICT DO UPDATE SET runs = runs + 1, good = good + excluded.good, "
	"bad = bad + excluded.bad,"
	" once = once + excluded.once, once_bad = once_bad + excluded.once_bad,"
	" first = min(first, excluded.first), last = max(last, excluded.last),"
	" rate = rate + excluded.rate, rates = rates + excluded.rates, report_s = report_s + "
	"excluded.report_s,"
	" reports = reports + excluded.reports, total_s = total_s + excluded.total_s, "
	"totals = totals + excluded.totals; END;"
	"CREATE TRIGGER rollup_drop BEFORE DELETE ON runs BEGIN"
	" UPDATE rollup SET runs = rollup.runs - 1, good = rollup.good - s.good, "
	"bad = rollup.bad - s.bad,"
	" once = rollup.once - s.once, once_bad = rollup.once_bad - s.once_bad, rate = rollup.rate "
	"- s.rate,"
	" rates = rollup.rates - s.rates, report_s = rollup.report_s - s.report_s, "
	"reports = rollup.reports - s.reports,"
	" total_s = rollup.total_s - s.total_s, totals = rollup.totals - s.totals"
	" FROM single s WHERE s.id = OLD.id AND rollup.day = s.day AND rollup.scenario = "
	"s.scenario AND"
	" rollup.machine = s.machine AND rollup.kernel = s.kernel AND rollup.tree = s.tree AND "
	"rollup.night = s.night;"
	" DELETE FROM rollup WHERE day = substr(OLD.created, 1, 10) AND scenario = OLD.scenario AND"
	" machine = OLD.machine AND kernel = OLD.kernel AND tree = coalesce(OLD.tree, '') AND"
	" night = coalesce(OLD.night, '') AND runs <= 0; END;";

static const char drop[] =
	"DROP TABLE IF EXISTS findings; DROP VIEW IF EXISTS single; DROP TABLE IF EXISTS rollup;"
	"DROP TABLE IF EXISTS runs; DROP TABLE IF EXISTS meta;";

gboolean index_make_tables(sqlite3 *db, GError **error)
{
	g_autofree char *version = g_strdup_printf("PRAGMA user_version = %d", INDEX_VERSION);

	return db_exec(db, drop, error) && db_exec(db, schema, error) &&
	       db_exec(db, rollup, error) && db_exec(db, version, error);
}

/*
 * Creates the schema in one transaction, so that if several processes start at once, one creates it
 * and the others find it.
 */
static gboolean make_schema(sqlite3 *db, GError **error)
{
	if (db_version(db) == INDEX_VERSION)
		return TRUE;
	if (!db_exec(db, "BEGIN IMMEDIATE", error))
		return FALSE;
	if (db_version(db) == INDEX_VERSION || index_make_tables(db, error))
		return db_exec(db, "COMMIT", error);
	db_exec(db, "ROLLBACK", NULL);
	return FALSE;
}

#define PRAGMAS \
	"PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536; "

gboolean index_db_open(const char *file, gboolean shared, sqlite3 **ret, gboolean *ret_damaged,
		       GError **error)
{
	static const char *const pragmas[] = {
		[FALSE] = "PRAGMA journal_mode = WAL; " PRAGMAS "PRAGMA mmap_size = 268435456",
		[TRUE] = "PRAGMA journal_mode = DELETE; " PRAGMAS "PRAGMA mmap_size = 0",
	};
	sqlite3 *db = NULL;
	int code;

	/*
	 * With synchronous = NORMAL, a power failure can undo the last transactions. The rows are
	 * then read from the folders again.
	 */
	if (db_connect(file ? file : ":memory:", &db, error) &&
	    db_exec(db, pragmas[!!shared], error) && make_schema(db, error)) {
		*ret = db;
		return TRUE;
	}
	code = sqlite3_errcode(db);
	/* the statements are valid, so SQLITE_ERROR means that another program made the file */
	*ret_damaged = code == SQLITE_NOTADB || code == SQLITE_CORRUPT || code == SQLITE_ERROR;
	sqlite3_close(db);
	return FALSE;
}

/*
 * Returns the SQL statements that create DB's tables, indices and triggers, or NULL if they cannot
 * be read.
 */
static char *schema_of(sqlite3 *db)
{
	db_stmt *stmt = db_query(db,
				 "SELECT group_concat(sql, ';') FROM "
				 "(SELECT sql FROM sqlite_schema ORDER BY type, name)",
				 NULL, NULL);

	return stmt && db_row(stmt, NULL) ? db_text(stmt, 0) : NULL;
}

static gboolean passes_check(sqlite3 *db)
{
	db_stmt *stmt = db_query(db, "PRAGMA integrity_check(1)", NULL, NULL);
	g_autofree char *answer = stmt && db_row(stmt, NULL) ? db_text(stmt, 0) : NULL;

	return !g_strcmp0(answer, "ok");
}

gboolean index_db_is_sound(sqlite3 *db)
{
	g_autofree char *ours = schema_of(db), *expected = NULL;
	sqlite3 *fresh = NULL;

	if (index_db_open(NULL, FALSE, &fresh, &(gboolean){FALSE}, NULL)) {
		expected = schema_of(fresh);
		sqlite3_close(fresh);
	}
	return !g_strcmp0(ours, expected) && passes_check(db);
}
