// SPDX-License-Identifier: GPL-2.0-only
/* The lock graph in SQLite: the schema, runs that are added, what is read of it. */
#include "locks/graph.h"

#include <string.h>
#include <zlib.h>

#include "locks/db.h"
#include "store/store.h"
#include "util/error.h"

#define SCHEMA_VERSION 1
#define FILE_NAME "locks.sqlite"
#define BATCH 200

/*
 * `edge` is the sum of `seen` over all places, kept beside it because a question about the whole graph
 * must not read a row for each place. gates: " 12 40 ", ids of classes between blanks.
 */
static const char schema[] =
	"CREATE TABLE class(id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, flags INTEGER NOT NULL);"
	"CREATE TABLE place(id INTEGER PRIMARY KEY, kernel TEXT NOT NULL, tree TEXT NOT NULL, machine TEXT NOT NULL,"
	" scenario TEXT NOT NULL, UNIQUE(kernel, tree, machine, scenario));"
	"CREATE TABLE edge(a INTEGER NOT NULL, b INTEGER NOT NULL, contexts INTEGER NOT NULL, gates TEXT NOT NULL,"
	" first TEXT NOT NULL, last TEXT NOT NULL, runs INTEGER NOT NULL, PRIMARY KEY(a, b)) WITHOUT ROWID;"
	"CREATE TABLE seen(a INTEGER NOT NULL, b INTEGER NOT NULL, place INTEGER NOT NULL, contexts INTEGER NOT NULL,"
	" gates TEXT NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL, runs INTEGER NOT NULL,"
	" PRIMARY KEY(a, b, place)) WITHOUT ROWID;"
	"CREATE TABLE run(name TEXT PRIMARY KEY, orders INTEGER NOT NULL) WITHOUT ROWID;";

static const char drop[] = "DROP TABLE IF EXISTS class; DROP TABLE IF EXISTS place; DROP TABLE IF EXISTS edge;"
			   "DROP TABLE IF EXISTS seen; DROP TABLE IF EXISTS run;";

/* ---- reading a run ---- */

static char *read_gz(const char *path)
{
	gzFile file = gzopen(path, "rb");
	g_autofree char *text = NULL;
	int n = -1;

	if (!file)
		return NULL;
	text = g_malloc(LOCKS_TEXT_MAX + 1);
	n = gzread(file, text, LOCKS_TEXT_MAX);
	gzclose(file);
	if (n < 0)
		return NULL;
	text[n] = '\0';
	return g_realloc(g_steal_pointer(&text), n + 1);
}

struct lock_orders *lock_orders_of_run(const char *results, const char *run)
{
	g_autofree char *path = g_build_filename(results, run, "locks", "orders.json.gz", NULL);
	g_autofree char *text = read_gz(path);
	json_auto_t *json = text ? json_loads(text, 0, NULL) : NULL;

	return json ? lock_orders_from_json(json, NULL) : NULL;
}

/* ---- adding a run ---- */

static gint64 id_of(sqlite3 *db, const char *insert, const char *find, const char *const *texts)
{
	db_stmt *add = db_query(db, insert, texts, NULL);
	db_stmt *stmt = NULL;

	if (add)
		sqlite3_step(add);
	stmt = db_query(db, find, texts, NULL);
	return stmt && db_row(stmt, NULL) ? sqlite3_column_int64(stmt, 0) : 0;
}

static gint64 place_id(sqlite3 *db, const struct run_info *run)
{
	json_t *in = run->inputs;
	const char *texts[] = {
		json_string_value(json_object_get(json_object_get(in, "kernel"), "name")),
		json_string_value(json_object_get(json_object_get(in, "labels"), "tree")),
		json_string_value(json_object_get(in, "machine")),
		json_string_value(json_object_get(in, "scenario")),
		NULL,
	};

	for (guint i = 0; i < 4; i++)
		texts[i] = texts[i] && strlen(texts[i]) < 300 ? texts[i] : "";
	return id_of(db, "INSERT OR IGNORE INTO place VALUES(NULL, ?1, ?2, ?3, ?4)",
		     "SELECT id FROM place WHERE kernel = ?1 AND tree = ?2 AND machine = ?3 AND scenario = ?4", texts);
}

/* The ids of the orders' classes; what a run knows of a class is added to what is known. */
static gint64 *class_ids(sqlite3 *db, const struct lock_orders *orders)
{
	g_autofree gint64 *ids = g_new0(gint64, orders->classes->len + 1);
	db_stmt *add = db_query(db, "INSERT INTO class VALUES(NULL, ?1, ?2) ON CONFLICT(name) DO UPDATE SET"
				    " flags = CASE WHEN (flags & excluded.flags & 2) THEN flags | excluded.flags"
				    " ELSE (flags | excluded.flags) & ~2 END RETURNING id", NULL, NULL);

	for (guint i = 0; add && i < orders->classes->len; i++) {
		const struct lock_class *class = orders->classes->pdata[i];

		sqlite3_bind_text(add, 1, class->name, -1, SQLITE_STATIC);
		sqlite3_bind_int(add, 2, class->flags);
		if (db_row(add, NULL))
			ids[i] = sqlite3_column_int64(add, 0);
		sqlite3_reset(add);
	}
	return add ? g_steal_pointer(&ids) : NULL;
}

static int by_id(gconstpointer a, gconstpointer b)
{
	gint64 one = *(const gint64 *)a, two = *(const gint64 *)b;

	return one < two ? -1 : one > two;
}

static char *gates_text(const struct lock_edge *edge, const gint64 *ids)
{
	g_autoptr(GArray) sorted = g_array_new(FALSE, FALSE, sizeof(gint64));
	GString *text = g_string_new(" ");

	for (guint i = 0; edge->gates && i < edge->gates->len; i++)
		g_array_append_val(sorted, ids[g_array_index(edge->gates, guint, i)]);
	g_array_sort(sorted, by_id);
	for (guint i = 0; i < sorted->len; i++)
		g_string_append_printf(text, "%" G_GINT64_FORMAT " ", g_array_index(sorted, gint64, i));
	return g_string_free(text, FALSE);
}

/* The words that both texts of gates have. */
static char *in_common(const char *a, const char *b)
{
	g_auto(GStrv) words = g_strsplit(a ? a : "", " ", -1);
	GString *text = g_string_new(" ");

	for (char **word = words; *word; word++) {
		g_autofree char *padded = g_strdup_printf(" %s ", *word);

		if (**word && b && strstr(b, padded))
			g_string_append(text, padded + 1);
	}
	return g_string_free(text, FALSE);
}

/* SQL function common(GATES, GATES). */
static void common(sqlite3_context *context, int n, sqlite3_value **values)
{
	char *text = in_common((const char *)sqlite3_value_text(values[0]),
			       (const char *)sqlite3_value_text(values[1]));

	(void)n;
	sqlite3_result_text(context, text, -1, g_free);
}

/* SQL aggregate shared(GATES): what all rows have in common. */
static void shared_step(sqlite3_context *context, int n, sqlite3_value **values)
{
	char **sum = sqlite3_aggregate_context(context, sizeof(*sum));
	const char *text = (const char *)sqlite3_value_text(values[0]);

	(void)n;
	if (!sum)
		return;
	if (!*sum) {
		*sum = g_strdup(text ? text : " ");
	} else {
		g_autofree char *had = *sum;

		*sum = in_common(had, text);
	}
}

static void shared_final(sqlite3_context *context)
{
	char **sum = sqlite3_aggregate_context(context, 0);

	sqlite3_result_text(context, sum && *sum ? *sum : " ", -1, SQLITE_TRANSIENT);
	if (sum)
		g_clear_pointer(sum, g_free);
}

static gboolean add_edges(struct lock_db *db, const char *run, gint64 place, const struct lock_orders *orders,
			  GError **error)
{
	static const char *const sqls[] = {
		"INSERT INTO edge VALUES(?1, ?2, ?4, ?5, ?6, ?6, 1) ON CONFLICT DO UPDATE SET"
		" contexts = contexts | excluded.contexts, gates = common(gates, excluded.gates),"
		" first = min(first, excluded.first), last = max(last, excluded.last), runs = runs + 1",
		"INSERT INTO seen VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?6, 1) ON CONFLICT DO UPDATE SET"
		" contexts = contexts | excluded.contexts, gates = common(gates, excluded.gates),"
		" first = min(first, excluded.first), last = max(last, excluded.last), runs = runs + 1",
	};
	g_autofree gint64 *ids = class_ids(db->db, orders);

	for (guint s = 0; ids && s < G_N_ELEMENTS(sqls); s++) {
		db_stmt *stmt = db_query(db->db, sqls[s], NULL, error);

		for (guint i = 0; stmt && i < orders->edges->len; i++) {
			const struct lock_edge *edge = orders->edges->pdata[i];
			g_autofree char *gates = gates_text(edge, ids);

			sqlite3_bind_int64(stmt, 1, ids[edge->from]);
			sqlite3_bind_int64(stmt, 2, ids[edge->to]);
			sqlite3_bind_int64(stmt, 3, place);
			sqlite3_bind_int(stmt, 4, edge->contexts);
			sqlite3_bind_text(stmt, 5, gates, -1, SQLITE_STATIC);
			sqlite3_bind_text(stmt, 6, run, -1, SQLITE_STATIC);
			if (sqlite3_step(stmt) != SQLITE_DONE)
				return db_fail(db->db, run, error);
			sqlite3_reset(stmt);
		}
		if (!stmt)
			return FALSE;
	}
	return ids || db_fail(db->db, run, error);
}

/* A run that still goes on is asked again next time. */
static gboolean add_run(struct lock_db *db, const char *name, GError **error)
{
	g_autofree char *dir = g_build_filename(db->results, name, NULL);
	rig_auto(lock_orders) orders = lock_orders_of_run(db->results, name);
	rig_auto(run_info) run = run_open(db->results, dir, NULL);
	db_stmt *stmt = NULL;

	if (!run || run->verdict == VERDICT_RUNNING)
		return TRUE;
	if (orders && !add_edges(db, name, place_id(db->db, run), orders, error))
		return FALSE;
	stmt = db_query(db->db, orders ? "INSERT INTO run VALUES(?1, 1)" : "INSERT INTO run VALUES(?1, 0)",
			(const char *[]){name, NULL}, error);
	return stmt && (sqlite3_step(stmt) == SQLITE_DONE || db_fail(db->db, name, error));
}

static GHashTable *names_in_db(struct lock_db *db, GError **error)
{
	GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	db_stmt *stmt = db_query(db->db, "SELECT name FROM run", NULL, error);

	while (stmt && db_row(stmt, NULL))
		g_hash_table_add(names, db_text(stmt, 0));
	return names;
}

static gboolean update(struct lock_db *db, GError **error)
{
	g_autoptr(GHashTable) had = names_in_db(db, error);
	g_autoptr(GDir) dir = g_dir_open(db->results, 0, NULL);
	const char *name;
	guint n = 0;

	if (!db_exec(db->db, "BEGIN IMMEDIATE", error))
		return FALSE;
	while (dir && (name = g_dir_read_name(dir))) {
		if (*name == '.' || !g_utf8_validate(name, -1, NULL) || g_hash_table_contains(had, name))
			continue;
		/* another writer is not kept waiting for long */
		if ((++n % BATCH == 0 && !db_exec(db->db, "COMMIT; BEGIN IMMEDIATE", error)) ||
		    !add_run(db, name, error)) {
			db_exec(db->db, "ROLLBACK", NULL);
			return FALSE;
		}
	}
	return db_exec(db->db, "COMMIT", error);
}

/* ---- opening ---- */

static gboolean make_tables(sqlite3 *db, gboolean anew, GError **error)
{
	g_autofree char *version = g_strdup_printf("PRAGMA user_version = %d; COMMIT", SCHEMA_VERSION);

	if (!anew && db_version(db) == SCHEMA_VERSION)
		return TRUE;
	return db_exec(db, "BEGIN IMMEDIATE", error) && db_exec(db, drop, error) && db_exec(db, schema, error) &&
	       db_exec(db, version, error);
}

struct lock_db *lock_db_open(const char *results, const char *folder, gboolean rebuild, GError **error)
{
	rig_auto(lock_db) db = g_new0(struct lock_db, 1);
	g_autofree char *file = folder ? g_build_filename(folder, FILE_NAME, NULL) : g_strdup(":memory:");

	db->results = g_strdup(results);
	if (!db_connect(file, &db->db, error))
		return NULL;
	sqlite3_create_function(db->db, "common", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, common, NULL, NULL);
	sqlite3_create_function(db->db, "shared", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, NULL, shared_step,
				shared_final);
	if (!db_exec(db->db, "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536", error) ||
	    !make_tables(db->db, rebuild, error) || !update(db, error))
		return NULL;
	return g_steal_pointer(&db);
}

void lock_db_free(struct lock_db *db)
{
	if (!db)
		return;
	sqlite3_close(db->db);
	g_free(db->results);
	g_free(db);
}
