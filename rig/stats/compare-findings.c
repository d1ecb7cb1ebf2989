// SPDX-License-Identifier: GPL-2.0-only
/* Compares the findings of two nights or kernels. */
#include "stats/compare-internal.h"

#include <stdlib.h>
#include <string.h>

#include "index/db.h"
#include "stats/stats.h"

/* A finding and the places at which it occurred: the keys of `places` are "SCENARIO\nMACHINE". */
struct seen {
	struct compare_finding *finding;
	GHashTable *places;
};

static void finding_free(gpointer data)
{
	struct compare_finding *f = data;

	g_free(f->bug);
	g_free(f->kind);
	g_free(f->title);
	g_free(f->run);
	g_free(f->before);
	g_free(f);
}

static void seen_free(gpointer data)
{
	struct seen *seen = data;

	if (seen->finding)
		finding_free(seen->finding);
	g_hash_table_unref(seen->places);
	g_free(seen);
}

/* ---- the findings of each side ---- */

static struct seen *note(GHashTable *all, sqlite3_stmt *stmt)
{
	const char *bug = (const char *)sqlite3_column_text(stmt, 0);
	struct seen *seen = g_hash_table_lookup(all, bug);

	if (seen)
		return seen;
	seen = g_new0(struct seen, 1);
	seen->finding = g_new0(struct compare_finding, 1);
	seen->finding->bug = g_strdup(bug);
	seen->finding->kind = db_text(stmt, 1);
	seen->finding->title = db_text(stmt, 2);
	seen->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_hash_table_insert(all, seen->finding->bug, seen);
	return seen;
}

static gboolean look(struct run_index *ix, const struct compare *c, int which, GHashTable *all,
		     GError **error)
{
	struct index_filter filter = compare_filter(&c->side[which]);
	g_autoptr(GString) sql = g_string_new(
		"SELECT DISTINCT f.bug, f.kind, f.title, r.scenario || char(10) || r.machine, "
		"r.attempt <= 1, r.name "
		"FROM runs r JOIN findings f ON f.run = r.id");
	g_autoptr(GPtrArray) texts = g_ptr_array_new();
	g_autoptr(GHashTable) counted =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GError) why = NULL;
	db_stmt *stmt = NULL;

	if (!c->side[which].runs)
		return TRUE;
	index_where(&filter, FALSE, sql, texts);
	g_ptr_array_add(texts, NULL);
	g_string_append_printf(sql, " AND f.known IS NULL AND r.outcome = %d ORDER BY r.created",
			       OUTCOME_BAD);
	stmt = db_query(ix->db, sql->str, (const char *const *)texts->pdata, error);
	while (stmt && db_row(stmt, &why)) {
		struct seen *seen = note(all, stmt);
		const char *run = (const char *)sqlite3_column_text(stmt, 5);

		/* a bug counts once in each run */
		if (!g_hash_table_add(counted, g_strconcat(seen->finding->bug, "\n", run, NULL)))
			continue;
		seen->finding->seen[which]++;
		seen->finding->hits[which] += sqlite3_column_int(stmt, 4);
		g_hash_table_add(seen->places, db_text(stmt, 3));
		g_free(seen->finding->run);
		seen->finding->run = g_strdup(run);
	}
	if (why)
		g_propagate_error(error, g_steal_pointer(&why));
	else if (stmt)
		return TRUE;
	return FALSE;
}

/*
 * Returns a table that maps each place (scenario and machine, as in struct seen) of SIDE to the
 * number of first attempts there that have a result.
 */
static GHashTable *places_of(struct run_index *ix, const struct compare_side *side, GError **error)
{
	struct index_filter filter = compare_filter(side);
	g_autoptr(GHashTable) n = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GString) sql = g_string_new(
		"SELECT r.scenario || char(10) || r.machine, sum(r.once) FROM rollup r");
	g_autoptr(GPtrArray) texts = g_ptr_array_new();
	db_stmt *stmt = NULL;

	index_where(&filter, FALSE, sql, texts);
	g_ptr_array_add(texts, NULL);
	g_string_append(sql, " GROUP BY 1");
	stmt = db_query(ix->db, sql->str, (const char *const *)texts->pdata, error);
	while (stmt && db_row(stmt, NULL))
		g_hash_table_insert(n, db_text(stmt, 0),
				    GUINT_TO_POINTER(sqlite3_column_int(stmt, 1)));
	return stmt ? g_steal_pointer(&n) : NULL;
}

static guint runs_in(GHashTable *places, GHashTable *n)
{
	GHashTableIter iter;
	gpointer place;
	guint sum = 0;

	g_hash_table_iter_init(&iter, places);
	while (g_hash_table_iter_next(&iter, &place, NULL))
		sum += GPOINTER_TO_UINT(g_hash_table_lookup(n, place));
	return sum;
}

/* ---- the kind of change ---- */

/*
 * Returns the time at which the finding BUG was last seen before night B: the time of the newest
 * run with it, in an earlier night and one of the trees of B. Returns NULL if it was not seen. The
 * caller frees it.
 */
static char *seen_before(struct run_index *ix, const char *bug, const struct compare_side *b)
{
	db_stmt *stmt = db_query(
		ix->db,
		"SELECT max(r.created) FROM findings f JOIN runs r ON r.id = f.run WHERE f.bug = ? "
		"AND "
		"r.night IS NOT NULL AND r.night <> ?2 AND r.created < ?3 AND r.outcome = 1 AND "
		"coalesce(r.tree, '') IN (SELECT DISTINCT coalesce(tree, '') FROM runs WHERE night "
		"= ?2)",
		(const char *[]){bug, b->name, b->first ? b->first : "", NULL}, NULL);

	G_STATIC_ASSERT(OUTCOME_BAD == 1);
	return stmt && db_row(stmt, NULL) ? db_text(stmt, 0) : NULL;
}

static enum change change_of(const struct compare_finding *f, gboolean significant)
{
	gboolean more = (double)f->hits[1] * MAX(f->n[0], 1) > (double)f->hits[0] * MAX(f->n[1], 1);

	if (!f->seen[0] && f->seen[1] && !f->before)
		return CHANGE_NEW;
	if (!significant)
		return f->seen[1] ? CHANGE_SAME : CHANGE_GONE;
	if (more)
		return CHANGE_MORE;
	return f->seen[1] ? CHANGE_LESS : CHANGE_FIXED;
}

static int worst_first(gconstpointer a, gconstpointer b)
{
	const struct compare_finding *x = *(struct compare_finding *const *)a,
				     *y = *(struct compare_finding *const *)b;

	return x->change != y->change ? (int)x->change - (int)y->change : strcmp(x->bug, y->bug);
}

static gboolean judge(struct run_index *ix, const struct compare *c, GPtrArray *findings,
		      GPtrArray *places, GError **error)
{
	g_autoptr(GHashTable) n_a = places_of(ix, &c->side[0], error);
	g_autoptr(GHashTable) n_b = n_a ? places_of(ix, &c->side[1], error) : NULL;
	g_autofree double *p = g_new0(double, findings->len);
	g_autofree gboolean *significant = NULL;

	if (!n_b)
		return FALSE;
	for (guint i = 0; i < findings->len; i++) {
		struct compare_finding *f = findings->pdata[i];

		f->n[0] = runs_in(places->pdata[i], n_a);
		f->n[1] = runs_in(places->pdata[i], n_b);
		p[i] = f->p = stats_fisher(f->hits[0], f->n[0], f->hits[1], f->n[1]);
		if (c->side[1].is_night && !f->seen[0])
			f->before = seen_before(ix, f->bug, &c->side[1]);
	}
	significant = compare_holm(p, findings->len);
	for (guint i = 0; i < findings->len; i++) {
		struct compare_finding *f = findings->pdata[i];

		f->significant = significant[i];
		f->change = change_of(f, f->significant);
		if (f->change == CHANGE_GONE)
			f->to_tell = stats_runs_to_distinguish(f->hits[0], f->n[0]);
	}
	return TRUE;
}

GPtrArray *compare_findings(struct run_index *ix, const struct compare *c, GError **error)
{
	g_autoptr(GHashTable) all = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, seen_free);
	g_autoptr(GPtrArray) findings = g_ptr_array_new_with_free_func(finding_free);
	g_autoptr(GPtrArray) places = g_ptr_array_new();
	GHashTableIter iter;
	gpointer value;

	if (!look(ix, c, 0, all, error) || !look(ix, c, 1, all, error))
		return NULL;
	g_hash_table_iter_init(&iter, all);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct seen *seen = value;

		g_ptr_array_add(findings, seen->finding);
		g_ptr_array_add(places, seen->places);
	}
	/* FINDINGS now owns the findings, and with them the keys of ALL */
	g_hash_table_iter_init(&iter, all);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		((struct seen *)value)->finding = NULL;
	if (!judge(ix, c, findings, places, error))
		return NULL;
	g_ptr_array_sort(findings, worst_first);
	return g_steal_pointer(&findings);
}

/* ---- correction of p-values for the number of tests (Holm) ---- */

struct ranked {
	double p;
	guint place;
};

static int by_p(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return (x->p > y->p) - (x->p < y->p);
}

gboolean *compare_holm(const double *p, guint n)
{
	g_autofree struct ranked *ranked = g_new0(struct ranked, n + 1);
	gboolean *significant = g_new0(gboolean, n + 1);

	for (guint i = 0; i < n; i++)
		ranked[i] = (struct ranked){p[i], i};
	qsort(ranked, n, sizeof(*ranked), by_p);
	for (guint i = 0; i < n && ranked[i].p * (n - i) < 0.05; i++)
		significant[ranked[i].place] = TRUE;
	return significant;
}
