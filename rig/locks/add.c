// SPDX-License-Identifier: GPL-2.0-only
/* Adds the lock orders of new runs and logs to the graph, in batches of one transaction each. */
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "locks/db.h"
#include "store/store.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"

#define BATCH 2000
/*
 * The mtime of a folder is stored only if it lies at least this far in the past. A folder with a
 * newer mtime might change again without getting another mtime, and the change would not be
 * noticed.
 */
#define FRESH_NS (2 * RIG_NS_PER_S)

/* Number of fields of a row of the table `place`: kernel, tree, machine, scenario, build. */
#define PLACE_FIELDS 5

enum run_state { RUN_WITHOUT, RUN_WITH, RUN_GOING };

/* A row of the table `class`, cached by a batch. */
struct class_row {
	gint64 id;
	guint flags;
};

struct batch {
	struct lock_db *db;
	GHashTable *classes; /* name -> struct class_row */
	struct lock_sums *sums;
	guint runs;
};

/* ---- writing rows of the tables ---- */

static gint64 id_of(sqlite3 *db, const char *insert, const char *const *texts)
{
	db_stmt *stmt = db_query(db, insert, texts, NULL);

	return stmt && db_row(stmt, NULL) ? sqlite3_column_int64(stmt, 0) : 0;
}

/*
 * Returns the id of the row of the table `place` with TEXTS (kernel, tree, machine, scenario,
 * build, NULL). The row is created if there is none.
 */
static gint64 place_id(sqlite3 *db, const char *const *texts)
{
	return id_of(db,
		     "INSERT INTO place VALUES(NULL, ?1, ?2, ?3, ?4, ?5, 1)"
		     " ON CONFLICT DO UPDATE SET runs = runs + 1 RETURNING id",
		     texts);
}

static gint64 tree_id(sqlite3 *db, const char *tree, const char *run)
{
	return id_of(db,
		     "INSERT INTO tree VALUES(NULL, ?1, ?2, 1) ON CONFLICT DO UPDATE"
		     " SET runs = runs + 1, first = min(first, excluded.first) RETURNING id",
		     (const char *[]){tree, run, NULL});
}

static gboolean load_classes(struct batch *b, GError **error)
{
	db_stmt *stmt = db_query(b->db->db, "SELECT name, id, flags FROM class", NULL, error);

	g_hash_table_remove_all(b->classes);
	while (stmt && db_row(stmt, NULL)) {
		struct class_row *row = g_new0(struct class_row, 1);

		*row = (struct class_row){sqlite3_column_int64(stmt, 1),
					  sqlite3_column_int(stmt, 2)};
		g_hash_table_insert(b->classes, db_text(stmt, 0), row);
	}
	return stmt != NULL;
}

/*
 * Returns the flags of a class that has FLAGS in one run and MORE in another: all that it has in
 * one of them, but LOCK_SINGLE only if it has it in both.
 */
static guint joined(guint flags, guint more)
{
	return flags & more & LOCK_SINGLE ? flags | more : (flags | more) & ~LOCK_SINGLE;
}

/*
 * Returns the id of CLASS in the database, and merges its flags into its row. Returns 0 after an
 * error.
 */
static gint64 class_id(struct batch *b, const struct lock_class *class, GError **error)
{
	struct class_row *row = g_hash_table_lookup(b->classes, class->name);
	guint flags = row ? joined(row->flags, class->flags) : class->flags;
	db_stmt *stmt = NULL;

	if (row && flags == row->flags)
		return row->id;
	stmt = db_query(b->db->db,
			"INSERT INTO class VALUES(NULL, ?1, ?2) ON CONFLICT(name) DO UPDATE SET"
			" flags = excluded.flags RETURNING id",
			NULL, error);
	if (!stmt)
		return 0;
	sqlite3_bind_text(stmt, 1, class->name, -1, SQLITE_STATIC);
	sqlite3_bind_int(stmt, 2, flags);
	if (!db_row(stmt, error))
		return 0;
	if (!row) {
		row = g_new0(struct class_row, 1);
		g_hash_table_insert(b->classes, g_strdup(class->name), row);
	}
	*row = (struct class_row){sqlite3_column_int64(stmt, 0), flags};
	return row->id;
}

static int by_id(gconstpointer a, gconstpointer b)
{
	gint64 one = *(const gint64 *)a, two = *(const gint64 *)b;

	return one < two ? -1 : one > two;
}

static char *gates_text(const struct lock_edge *edge, const gint64 *ids)
{
	g_autoptr(GArray) sorted = NULL;
	GString *text;

	if (!edge->gates && !(edge->contexts & LOCK_IN_REPORT))
		return g_strdup(" ");
	if ((edge->contexts & ~(LOCK_FROM_ALL | LOCK_TO_ALL)) == LOCK_IN_REPORT)
		return g_strdup(GATES_UNKNOWN);
	sorted = g_array_new(FALSE, FALSE, sizeof(gint64));
	for (guint i = 0; edge->gates && i < edge->gates->len; i++)
		g_array_append_val(sorted, ids[g_array_index(edge->gates, guint, i)]);
	g_array_sort(sorted, by_id);
	text = g_string_new(" ");
	for (guint i = 0; i < sorted->len; i++)
		g_string_append_printf(text, "%" G_GINT64_FORMAT " ",
				       g_array_index(sorted, gint64, i));
	return g_string_free(text, FALSE);
}

/* maximum number of stacks stored for an edge; a string, because it is part of SQL */
#define STACKS "4"

/*
 * Stores STACK, from the run or log NAME, for the edge of SUM. Does nothing if STACK is NULL, or
 * the edge already has STACKS of them.
 */
static gboolean add_stack(struct batch *b, const char *name, const struct lock_sum *sum,
			  const char *stack, GError **error)
{
	db_stmt *stmt = stack ? db_query(b->db->db,
					 "INSERT OR IGNORE INTO stack SELECT ?3, ?4, ?1, ?2 WHERE"
					 " (SELECT count(*) FROM stack WHERE a = ?3 AND b = ?4)"
					 " < " STACKS,
					 (const char *[]){stack, name, NULL}, error)
			      : NULL;

	if (!stmt)
		return !stack;
	sqlite3_bind_int64(stmt, 3, sum->a);
	sqlite3_bind_int64(stmt, 4, sum->b);
	return sqlite3_step(stmt) == SQLITE_DONE || db_fail(b->db->db, name, error);
}

/*
 * Adds ORDERS, the lock orders of the run or log NAME, to the sums of its place; TEXTS are the
 * fields of the place, see place_id().
 */
static gboolean add_orders(struct batch *b, const char *name, const char *const *texts,
			   const struct lock_orders *orders, GError **error)
{
	gint64 place = place_id(b->db->db, texts), tree = tree_id(b->db->db, texts[1], name);
	g_autofree gint64 *ids = g_new0(gint64, orders->classes->len + 1);
	const gint64 places[] = {place, -tree, 0};

	if (!place || !tree)
		return db_fail(b->db->db, name, error);
	for (guint i = 0; i < orders->classes->len; i++)
		if (!(ids[i] = class_id(b, orders->classes->pdata[i], error)))
			return FALSE;
	for (guint i = 0; i < orders->edges->len; i++) {
		const struct lock_edge *edge = orders->edges->pdata[i];
		g_autofree char *gates = gates_text(edge, ids);
		struct lock_sum sum = {.a = ids[edge->from],
				       .b = ids[edge->to],
				       .contexts = edge->contexts,
				       .runs = 1,
				       .gates = gates,
				       .first = (char *)name,
				       .last = (char *)name};

		for (guint p = 0; p < G_N_ELEMENTS(places); p++) {
			sum.place = places[p];
			lock_sums_add(b->sums, &sum);
		}
		if (!add_stack(b, name, &sum, edge->stack, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean note_run(struct batch *b, const char *name, enum run_state state, GError **error)
{
	db_stmt *stmt = db_query(b->db->db, "INSERT OR REPLACE INTO run VALUES(?1, ?2)",
				 (const char *[]){name, NULL}, error);

	if (!stmt)
		return FALSE;
	sqlite3_bind_int(stmt, 2, state);
	return sqlite3_step(stmt) == SQLITE_DONE || db_fail(b->db->db, name, error);
}

/*
 * Returns TRUE if the graph has the run or log NAME: another process may have added it meanwhile.
 */
static gboolean is_there(struct batch *b, const char *name)
{
	db_stmt *stmt = db_query(b->db->db, "SELECT 1 FROM run WHERE name = ?1 AND state <> 2",
				 (const char *[]){name, NULL}, NULL);

	return stmt && db_row(stmt, NULL);
}

/* ---- a run, a log ---- */

/* Sets RET to the fields of the table `place` for a run, followed by NULL. */
static void place_of_run(const struct run_info *run, const char *ret[PLACE_FIELDS + 1])
{
	json_t *in = run->inputs, *kernel = json_object_get(in, "kernel");

	ret[0] = json_string_value(json_object_get(kernel, "name"));
	ret[1] = json_string_value(json_object_get(json_object_get(in, "labels"), "tree"));
	ret[2] = json_string_value(json_object_get(in, "machine"));
	ret[3] = json_string_value(json_object_get(in, "scenario"));
	ret[4] = json_string_value(json_object_get(kernel, "hash"));
	ret[PLACE_FIELDS] = NULL;
	for (guint i = 0; i < PLACE_FIELDS; i++)
		ret[i] = ret[i] && strlen(ret[i]) < 300 ? ret[i] : "";
}

static gboolean add_run(struct batch *b, const char *name, GError **error)
{
	g_autofree char *dir = g_build_filename(b->db->results, name, NULL);
	rig_auto(run_info) run = run_open(b->db->results, dir, NULL);
	rig_auto(lock_orders) orders = NULL;
	const char *place[PLACE_FIELDS + 1];

	if (!run)
		return note_run(b, name, RUN_WITHOUT, error);
	if (run->verdict == VERDICT_RUNNING)
		return note_run(b, name, RUN_GOING, error);
	orders = lock_orders_of_info(b->db, name, run);
	if (!orders)
		return note_run(b, name, RUN_WITHOUT, error);
	place_of_run(run, place);
	return add_orders(b, name, place, orders, error) && note_run(b, name, RUN_WITH, error);
}

static gboolean add_log(struct batch *b, const char *name, GError **error)
{
	g_autofree char *path = g_build_filename(b->db->logs, name, NULL);
	json_auto_t *json = NULL;
	rig_auto(lock_orders) orders = lock_orders_of_file(path, &json);
	const char *place[] = {"", "", "log", json_string_value(json_object_get(json, "log")),
			       "", NULL};
	const char *added = json_string_value(json_object_get(json, "added"));
	g_autofree char *label = NULL;

	if (!orders || !place[3] || !added || strlen(added) > 30)
		return note_run(b, name, RUN_WITHOUT, error);
	label = g_strconcat(added, "-", name, NULL);
	return add_orders(b, label, place, orders, error) && note_run(b, name, RUN_WITH, error);
}

/* ---- adding several runs in one transaction ---- */

static gboolean batch_begin(struct batch *b, GError **error)
{
	return db_exec(b->db->db, "BEGIN IMMEDIATE", error) && load_classes(b, error);
}

static gboolean batch_end(struct batch *b, GError **error)
{
	return lock_sums_flush(b->sums, b->db->db, error) && db_exec(b->db->db, "COMMIT", error);
}

/*
 * Calls ADD for each of NAMES, in batches. Each batch is one transaction, so another writer of the
 * database waits for one batch at most.
 */
static gboolean add_all(struct batch *b, const GPtrArray *names,
			gboolean (*add)(struct batch *b, const char *name, GError **error),
			GError **error)
{
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		gboolean last = i % BATCH == BATCH - 1 || i + 1 == names->len;

		if ((i % BATCH == 0 && !batch_begin(b, error)) ||
		    (!is_there(b, name) && !add(b, name, error)) ||
		    (last && !batch_end(b, error))) {
			db_exec(b->db->db, "ROLLBACK", NULL);
			return FALSE;
		}
	}
	return TRUE;
}

static GPtrArray *names_of(struct lock_db *db, const char *sql, GError **error)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	db_stmt *stmt = db_query(db->db, sql, NULL, error);

	while (stmt && db_row(stmt, NULL))
		g_ptr_array_add(names, db_text(stmt, 0));
	return names;
}

/* Appends to NAMES the folders in PATH that the graph does not have. */
static void add_new_names(struct lock_db *db, const char *path, GPtrArray *names)
{
	g_autoptr(GPtrArray) known = names_of(db, "SELECT name FROM run", NULL);
	g_autoptr(GHashTable) had = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	for (guint i = 0; i < known->len; i++)
		g_hash_table_add(had, known->pdata[i]);
	while (dir && (name = g_dir_read_name(dir)))
		if (*name != '.' && g_utf8_validate(name, -1, NULL) &&
		    !g_hash_table_contains(had, name))
			g_ptr_array_add(names, g_strdup(name));
}

/*
 * Returns the mtime of the folder PATH in nanoseconds: when an entry was last added or removed.
 * Returns 0 if that is unknown, or too recent (FRESH_NS).
 */
static gint64 folder_time(const char *path)
{
	struct stat st;
	gint64 ns;

	if (stat(path, &st) < 0)
		return 0;
	ns = st.st_mtim.tv_sec * RIG_NS_PER_S + st.st_mtim.tv_nsec;
	return ns + FRESH_NS < g_get_real_time() * 1000 ? ns : 0;
}

static gint64 noted_time(struct lock_db *db)
{
	db_stmt *stmt = db_query(db->db, "SELECT mtime_ns FROM folder", NULL, NULL);

	return stmt && db_row(stmt, NULL) ? sqlite3_column_int64(stmt, 0) : -1;
}

static gboolean note_time(struct lock_db *db, gint64 time, GError **error)
{
	g_autofree char *sql = g_strdup_printf(
		"BEGIN IMMEDIATE; DELETE FROM folder; INSERT INTO folder VALUES(%" G_GINT64_FORMAT
		"); COMMIT",
		time);

	return db_exec(db->db, sql, error);
}

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

gboolean lock_db_update(struct lock_db *db, GError **error)
{
	gint64 time = folder_time(db->results), noted = noted_time(db);
	g_autoptr(GPtrArray) names = names_of(db, "SELECT name FROM run WHERE state = 2", error);
	g_autoptr(GPtrArray) logs = g_ptr_array_new_with_free_func(g_free);
	struct batch b = {.db = db};
	gboolean ok;

	if (!time || time != noted)
		add_new_names(db, db->results, names);
	/* sort by time, so that the runs of a batch have few different kernels, machines, … */
	g_ptr_array_sort(names, by_text);
	if (db->logs && g_file_test(db->logs, G_FILE_TEST_IS_DIR))
		add_new_names(db, db->logs, logs);
	if (!names->len && !logs->len)
		return time == noted || !time || note_time(db, time, error);
	b.classes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	b.sums = lock_sums_new();
	g_clear_pointer(&db->stacks, g_hash_table_unref);
	ok = add_all(&b, names, add_run, error) && add_all(&b, logs, add_log, error) &&
	     (!time || note_time(db, time, error));
	g_hash_table_unref(b.classes);
	lock_sums_free(b.sums);
	return ok;
}

/* ---- adding logs ---- */

/*
 * Stores TEXT as the file NAME in the folder of logs. NAME is a hash of the lock orders in TEXT, so
 * an existing file of this name has the same ones and stays as it is.
 */
static gboolean keep_log(struct lock_db *db, const char *name, const char *text, GError **error)
{
	g_autofree char *path = g_build_filename(db->logs, name, NULL);
	gsize len = strlen(text);
	gzFile gz;

	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return TRUE;
	gz = g_mkdir_with_parents(db->logs, 0755) == 0 ? gzopen(path, "wb") : NULL;
	if (!gz || gzwrite(gz, text, len) != (int)len || gzclose(gz) != Z_OK)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s'", path);
	return TRUE;
}

gboolean lock_db_add_log(struct lock_db *db, const char *file, json_t *reports, guint *ret_edges,
			 GError **error)
{
	rig_auto(lock_orders) orders = lock_orders_new();
	g_autofree char *base = g_path_get_basename(file), *shown = g_utf8_make_valid(base, -1);
	g_autofree char *now = rig_utc_now(TRUE), *text = NULL, *sum = NULL, *name = NULL,
			*whole = NULL;
	json_auto_t *json = NULL;

	lock_orders_add_reports(orders, reports);
	*ret_edges = orders->edges->len;
	if (!orders->edges->len)
		return TRUE;
	if (!db->logs)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot write to the index of '%s'",
				db->results);
	json = lock_orders_json(orders);
	json_object_set_new(json, "log", json_string(shown));
	text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
	name = g_strdup_printf("log-%.16s", sum);
	json_object_set_new(json, "added", json_string(now));
	whole = json_dumps(json, JSON_COMPACT);
	return keep_log(db, name, whole, error) && lock_db_update(db, error);
}
