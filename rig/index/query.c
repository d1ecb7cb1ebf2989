// SPDX-License-Identifier: GPL-2.0-only
/* Reads runs, findings, signatures and counts from the index (index.h). */
#include "index/db.h"

#include <stdlib.h>
#include <string.h>

/* ---- filters as SQL conditions ---- */

static void also(GString *sql, GPtrArray *texts, const char *condition, const char *text)
{
	if (!text)
		return;
	g_string_append_printf(sql, " AND %s", condition);
	g_ptr_array_add(texts, (gpointer)text);
}

void index_where(const struct index_filter *f, gboolean with_signature, GString *sql,
		 GPtrArray *texts)
{
	g_string_append(sql, " WHERE 1");
	also(sql, texts, "r.scenario = ?", f->scenario);
	also(sql, texts, "r.machine = ?", f->machine);
	also(sql, texts, "r.kernel = ?", f->kernel);
	also(sql, texts, "r.tree = ?", f->tree);
	also(sql, texts, "r.night = ?", f->night);
	also(sql, texts, "r.cell = ?", f->cell);
	also(sql, texts, "r.verdict = ?", f->verdict);
	also(sql, texts, "r.created >= ?", f->since);
	also(sql, texts, "r.created < ?", f->until);
	if (with_signature)
		also(sql, texts, "r.id IN (SELECT run FROM findings WHERE bug = ?)", f->signature);
}

/* Prepares a statement: the text SELECT, the conditions of FILTER, and the text REST. */
static sqlite3_stmt *ask(struct run_index *ix, const char *select,
			 const struct index_filter *filter, gboolean with_signature,
			 const char *rest, GError **error)
{
	g_autoptr(GString) sql = g_string_new(select);
	g_autoptr(GPtrArray) texts = g_ptr_array_new();

	index_where(filter, with_signature, sql, texts);
	g_ptr_array_add(texts, NULL);
	g_string_append(sql, rest);
	return db_query(ix->db, sql->str, (const char *const *)texts->pdata, error);
}

/* Makes an array with one struct for each row. */
static GPtrArray *collect(sqlite3_stmt *stmt, gpointer (*read)(sqlite3_stmt *stmt),
			  GDestroyNotify free_func, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(free_func);
	g_autoptr(GError) why = NULL;

	if (!stmt)
		return NULL;
	while (db_row(stmt, &why))
		g_ptr_array_add(all, read(stmt));
	if (!why)
		return g_steal_pointer(&all);
	g_propagate_error(error, g_steal_pointer(&why));
	return NULL;
}

/* ---- queries for runs ---- */

static void run_free_row(gpointer data)
{
	struct index_run *r = data;

	g_free(r->name);
	g_free(r->created);
	g_free(r->scenario);
	g_free(r->machine);
	g_free(r->kernel);
	g_free(r->source);
	g_free(r->tree);
	g_free(r->reason);
	g_free(r->night);
	g_free(r->cell);
	g_free(r);
}

static gpointer run_read(sqlite3_stmt *stmt)
{
	struct index_run *r = g_new0(struct index_run, 1);

	r->name = db_name(stmt, 0);
	r->created = db_name(stmt, 1);
	r->scenario = db_name(stmt, 2);
	r->machine = db_name(stmt, 3);
	r->kernel = db_name(stmt, 4);
	r->source = db_text(stmt, 5);
	r->tree = db_text(stmt, 6);
	r->seed = sqlite3_column_int64(stmt, 7);
	if (!verdict_parse((const char *)sqlite3_column_text(stmt, 8), &r->verdict))
		r->verdict = VERDICT_INFRA;
	r->outcome = sqlite3_column_int(stmt, 9);
	r->reason = db_text(stmt, 10);
	r->guest_s = db_real(stmt, 11);
	r->first_report_s = db_real(stmt, 12);
	r->boot_s = db_real(stmt, 13);
	r->hammer_s = db_real(stmt, 14);
	r->total_s = db_real(stmt, 15);
	r->ops = sqlite3_column_int64(stmt, 16);
	r->night = db_text(stmt, 17);
	r->cell = db_text(stmt, 18);
	r->attempt = sqlite3_column_int(stmt, 19);
	return r;
}

GPtrArray *index_runs(struct run_index *ix, const struct index_filter *filter, GError **error)
{
	static const char select[] =
		"SELECT name, created, scenario, machine, kernel, source, tree, seed, verdict, "
		"outcome, reason, guest_s, "
		"first_report_s, boot_s, hammer_s, total_s, ops, night, cell, attempt FROM runs r";
	g_autofree char *order = g_strdup_printf(
		" ORDER BY created%s, id%s LIMIT %d", filter->newest_first ? " DESC" : "",
		filter->newest_first ? " DESC" : "", filter->limit ? (int)filter->limit : -1);
	db_stmt *stmt = ask(ix, select, filter, TRUE, order, error);

	return collect(stmt, run_read, run_free_row, error);
}

/* ---- findings and signatures ---- */

static void finding_free(gpointer data)
{
	struct index_finding *f = data;

	g_free(f->bug);
	g_free(f->path);
	g_free(f->exact);
	g_free(f->kind);
	g_free(f->title);
	g_free(f->known);
	g_free(f);
}

static gpointer finding_read(sqlite3_stmt *stmt)
{
	struct index_finding *f = g_new0(struct index_finding, 1);

	f->bug = db_name(stmt, 0);
	f->path = db_text(stmt, 1);
	f->exact = db_text(stmt, 2);
	f->kind = db_name(stmt, 3);
	f->title = db_name(stmt, 4);
	f->known = db_text(stmt, 5);
	return f;
}

GPtrArray *index_findings(struct run_index *ix, const char *name, GError **error)
{
	db_stmt *stmt =
		db_query(ix->db,
			 "SELECT bug, path, exact, kind, title, known FROM findings WHERE run = "
			 "(SELECT id FROM runs WHERE name = ?) ORDER BY n",
			 (const char *[]){name, NULL}, error);

	return collect(stmt, finding_read, finding_free, error);
}

static void signature_free(gpointer data)
{
	struct index_signature *s = data;

	g_free(s->bug);
	g_free(s->kind);
	g_free(s->title);
	g_free(s->known);
	g_free(s->former);
	g_free(s->first_seen);
	g_free(s->last_seen);
	g_free(s->first_run);
	g_free(s->last_run);
	g_free(s->scenarios);
	g_free(s->machines);
	g_free(s->kernels);
	g_free(s);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Converts a list of group_concat() ("pc-q35,pseries") to a sorted list, separated by ", ". */
static char *sorted_list(sqlite3_stmt *stmt, int column)
{
	g_autofree char *text = db_text(stmt, column);
	g_auto(GStrv) words = g_strsplit(text ? text : "", ",", -1);

	qsort(words, g_strv_length(words), sizeof(*words), by_name);
	return g_strjoinv(", ", words);
}

/*
 * Splits a text into a time and the name of a run. The query joins the two, so that min() and max()
 * of the text are the first and the last run.
 */
static void split(const char *text, char **ret_time, char **ret_name)
{
	const char *space = text ? strchr(text, ' ') : NULL;

	*ret_time = space ? g_strndup(text, space - text) : g_strdup("");
	*ret_name = g_strdup(space ? space + 1 : "");
}

static gpointer signature_read(sqlite3_stmt *stmt)
{
	struct index_signature *s = g_new0(struct index_signature, 1);

	s->bug = db_name(stmt, 0);
	s->kind = db_name(stmt, 1);
	s->title = db_name(stmt, 2);
	s->known = db_text(stmt, 3);
	s->runs = sqlite3_column_int(stmt, 4);
	split((const char *)sqlite3_column_text(stmt, 5), &s->first_seen, &s->first_run);
	split((const char *)sqlite3_column_text(stmt, 6), &s->last_seen, &s->last_run);
	s->scenarios = sorted_list(stmt, 7);
	s->machines = sorted_list(stmt, 8);
	s->kernels = sorted_list(stmt, 9);
	s->former = db_text(stmt, 10);
	return s;
}

GPtrArray *index_signatures(struct run_index *ix, const struct index_filter *filter, GError **error)
{
	static const char select[] =
		"SELECT f.bug, max(f.kind), max(f.title), max(f.known), count(DISTINCT r.id), "
		"min(r.created || ' ' || r.name), max(r.created || ' ' || r.name), "
		"group_concat(DISTINCT r.scenario), "
		"group_concat(DISTINCT r.machine), group_concat(DISTINCT r.kernel), "
		"group_concat(DISTINCT f.former) "
		"FROM findings f JOIN runs r ON r.id = f.run";
	g_autoptr(GString) sql = g_string_new(select);
	g_autoptr(GPtrArray) texts = g_ptr_array_new();
	db_stmt *stmt = NULL;

	index_where(filter, FALSE, sql, texts);
	also(sql, texts, "f.bug = ?", filter->signature);
	g_ptr_array_add(texts, NULL);
	g_string_append_printf(sql, " GROUP BY f.bug ORDER BY 7 DESC LIMIT %d",
			       filter->limit ? (int)filter->limit : -1);
	stmt = db_query(ix->db, sql->str, (const char *const *)texts->pdata, error);
	return collect(stmt, signature_read, signature_free, error);
}

/* ---- queries for groups of runs ---- */

static const char *const keys[] = {
	[BY_DAY] = "r.day",
	[BY_KERNEL] = "r.kernel",
	[BY_MACHINE] = "r.machine",
	[BY_SCENARIO] = "r.scenario",
	[BY_NIGHT] = "r.night",
	[BY_TREE] = "r.tree",
	[BY_SEED] = "CAST(r.seed AS TEXT)",
};

const char *index_sums(const struct index_filter *f)
{
	return f->since || f->until || f->cell || f->verdict ? "single" : "rollup";
}

static void group_free(gpointer data)
{
	struct index_group *g = data;

	g_free(g->key);
	g_free(g->first);
	g_free(g->last);
	g_free(g);
}

static gpointer group_read(sqlite3_stmt *stmt)
{
	struct index_group *g = g_new0(struct index_group, 1);

	g->key = db_name(stmt, 0);
	g->runs = sqlite3_column_int(stmt, 1);
	g->good = sqlite3_column_int(stmt, 2);
	g->bad = sqlite3_column_int(stmt, 3);
	g->none = g->runs - g->good - g->bad;
	g->first = db_name(stmt, 4);
	g->last = db_name(stmt, 5);
	g->ops_per_s = db_real(stmt, 6);
	g->first_report_s = db_real(stmt, 7);
	g->total_s = db_real(stmt, 8);
	return g;
}

/* Returns a table that maps each group's key to its number of runs with FILTER's signature. */
static GHashTable *hits_of(struct run_index *ix, const struct index_filter *filter,
			   enum index_by by, GError **error)
{
	g_autoptr(GHashTable) hits = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GString) sql = g_string_new(NULL);
	g_autoptr(GPtrArray) texts = g_ptr_array_new();
	db_stmt *stmt = NULL;

	g_string_printf(sql, "SELECT %s, count(*) FROM single r", keys[by]);
	index_where(filter, TRUE, sql, texts);
	g_ptr_array_add(texts, NULL);
	g_string_append(sql, " GROUP BY 1");
	stmt = db_query(ix->db, sql->str, (const char *const *)texts->pdata, error);
	while (stmt && db_row(stmt, NULL))
		g_hash_table_insert(hits, db_name(stmt, 0),
				    GINT_TO_POINTER(sqlite3_column_int(stmt, 1)));
	return stmt ? g_steal_pointer(&hits) : NULL;
}

static GPtrArray *sum_up(struct run_index *ix, const struct index_filter *filter, enum index_by by,
			 GError **error)
{
	g_autoptr(GString) sql = g_string_new(NULL);
	g_autoptr(GPtrArray) texts = g_ptr_array_new();
	db_stmt *stmt = NULL;

	g_string_printf(
		sql,
		"SELECT %s, sum(r.runs), sum(r.good), sum(r.bad), min(r.first), max(r.last), "
		"sum(r.rate) / "
		"sum(r.rates), sum(r.report_s) / sum(r.reports), sum(r.total_s) / sum(r.totals) "
		"FROM %s r",
		keys[by], by == BY_SEED ? "single" : index_sums(filter));
	index_where(filter, FALSE, sql, texts);
	also(sql, texts,
	     "r.scenario IN (SELECT x.scenario FROM findings f JOIN runs x ON x.id = f.run WHERE "
	     "f.bug = ?)",
	     filter->signature);
	if (by == BY_SEED) {
		g_string_append(sql, " AND r.seed IN (SELECT r.seed FROM runs r");
		index_where(filter, TRUE, sql, texts);
		g_string_append_printf(
			sql, " AND r.outcome = %d ORDER BY r.created DESC LIMIT 100)", OUTCOME_BAD);
	}
	g_ptr_array_add(texts, NULL);
	g_string_append_printf(sql, " GROUP BY 1 HAVING %s <> '' ORDER BY %s", keys[by],
			       by == BY_SEED ? "4 DESC, 5" : "5, 1");
	stmt = db_query(ix->db, sql->str, (const char *const *)texts->pdata, error);
	return collect(stmt, group_read, group_free, error);
}

GPtrArray *index_groups(struct run_index *ix, const struct index_filter *filter, enum index_by by,
			GError **error)
{
	g_autoptr(GPtrArray) groups = sum_up(ix, filter, by, error);
	g_autoptr(GHashTable) hits =
		groups && filter->signature ? hits_of(ix, filter, by, error) : NULL;

	if (!groups || (filter->signature && !hits))
		return NULL;
	for (guint i = 0; hits && i < groups->len; i++) {
		struct index_group *g = groups->pdata[i];

		g->hits = GPOINTER_TO_INT(g_hash_table_lookup(hits, g->key));
	}
	return g_steal_pointer(&groups);
}

/* ---- duration of a run ---- */

static int by_value(gconstpointer a, gconstpointer b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double index_wall_s(struct run_index *ix, const char *scenario, const char *machine,
		    const char *tree, guint hammer_s)
{
	struct index_filter filter = {.scenario = scenario, .machine = machine, .tree = tree};
	g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(double));
	g_autoptr(GString) sql = g_string_new(NULL);
	g_autoptr(GPtrArray) texts = g_ptr_array_new();
	db_stmt *stmt = NULL;

	g_string_printf(
		sql,
		"SELECT CASE WHEN r.verdict = 'PASS' AND r.hammer_s > 0 THEN r.total_s - "
		"r.hammer_s + %u "
		"ELSE r.total_s END FROM runs r",
		hammer_s);
	index_where(&filter, FALSE, sql, texts);
	g_ptr_array_add(texts, NULL);
	g_string_append_printf(
		sql, " AND r.outcome <> %d AND r.total_s > 0 ORDER BY r.created DESC LIMIT 20",
		OUTCOME_NONE);
	stmt = db_query(ix->db, sql->str, (const char *const *)texts->pdata, NULL);
	while (stmt && db_row(stmt, NULL)) {
		double s = sqlite3_column_double(stmt, 0);

		g_array_append_val(times, s);
	}
	if (!times->len)
		return -1;
	g_array_sort(times, by_value);
	return g_array_index(times, double, times->len / 2);
}
