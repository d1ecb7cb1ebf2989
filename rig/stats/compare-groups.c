// SPDX-License-Identifier: GPL-2.0-only
/* Compares rates and speeds of each scenario on each machine, in two nights or kernels. */
#include "stats/compare-internal.h"

#include <string.h>

#include "index/db.h"
#include "stats/stats.h"

#define VALUES_MAX 100 /* maximum number of values of each side; the newest ones are compared */
/* with fewer values on each side, no difference can be significant at 5 % */
#define VALUES_LEAST 4
#define EFFECT 0.10

enum { OPS_PER_S, BOOT_S, N_SPEEDS };

static const struct {
	const char *name;
	gboolean more_is_better;
} speeds[N_SPEEDS] = {[OPS_PER_S] = {"ops_per_s", TRUE}, [BOOT_S] = {"boot_s", FALSE}};

struct group {
	char *scenario, *machine, *tree;
	guint n[2], bad[2];
};

static void group_free(gpointer data)
{
	struct group *g = data;

	g_free(g->scenario);
	g_free(g->machine);
	g_free(g->tree);
	g_free(g);
}

static struct group *group_of(GHashTable *groups, sqlite3_stmt *stmt)
{
	const char *scenario = (const char *)sqlite3_column_text(stmt, 0);
	const char *machine = (const char *)sqlite3_column_text(stmt, 1);
	const char *tree = (const char *)sqlite3_column_text(stmt, 2);
	g_autofree char *key = g_strdup_printf("%s\n%s\n%s", scenario, machine, tree);
	struct group *g = g_hash_table_lookup(groups, key);

	if (g)
		return g;
	g = g_new0(struct group, 1);
	g->scenario = g_strdup(scenario);
	g->machine = g_strdup(machine);
	g->tree = g_strdup(tree);
	g_hash_table_insert(groups, g_steal_pointer(&key), g);
	return g;
}

/*
 * Counts the first attempts with a result, and the bad ones among them, for each scenario on each
 * machine (for nights, in each tree). Adds the numbers of side WHICH to GROUPS.
 */
static gboolean collect(struct run_index *ix, const struct compare *c, int which,
			GHashTable *groups, GError **error)
{
	struct index_filter filter = compare_filter(&c->side[which]);
	g_autoptr(GString) sql = g_string_new(NULL);
	g_autoptr(GPtrArray) texts = g_ptr_array_new();
	db_stmt *stmt = NULL;

	/* once: first attempts with a result; once_bad: the bad ones among them */
	g_string_printf(sql,
			"SELECT r.scenario, r.machine, %s, sum(r.once), sum(r.once_bad) FROM %s r",
			filter.night ? "r.tree" : "''", index_sums(&filter));
	index_where(&filter, FALSE, sql, texts);
	g_ptr_array_add(texts, NULL);
	g_string_append(sql, " GROUP BY 1, 2, 3");
	stmt = db_query(ix->db, sql->str, (const char *const *)texts->pdata, error);
	while (stmt && db_row(stmt, NULL)) {
		struct group *g = group_of(groups, stmt);

		g->n[which] = sqlite3_column_int(stmt, 3);
		g->bad[which] = sqlite3_column_int(stmt, 4);
	}
	return stmt != NULL;
}

/* ---- comparing failure rates ---- */

static void rate_free(gpointer data)
{
	struct compare_rate *r = data;

	g_free(r->scenario);
	g_free(r->machine);
	g_free(r->tree);
	g_free(r);
}

static struct compare_rate *rate_new(const struct group *g)
{
	struct compare_rate *r = g_new0(struct compare_rate, 1);

	r->scenario = g_strdup(g->scenario);
	r->machine = g_strdup(g->machine);
	r->tree = g_strdup(g->tree);
	memcpy(r->n, g->n, sizeof(r->n));
	memcpy(r->bad, g->bad, sizeof(r->bad));
	r->p = stats_fisher(g->bad[0], g->n[0], g->bad[1], g->n[1]);
	return r;
}

static int rate_order(gconstpointer a, gconstpointer b)
{
	const struct compare_rate *x = *(struct compare_rate *const *)a,
				  *y = *(struct compare_rate *const *)b;
	int order = x->change != y->change ? (int)x->change - (int)y->change
					   : strcmp(x->scenario, y->scenario);

	return order ? order : strcmp(x->machine, y->machine);
}

static void judge_rates(GPtrArray *rates)
{
	g_autofree double *p = g_new0(double, rates->len + 1);
	g_autofree gboolean *significant = NULL;

	for (guint i = 0; i < rates->len; i++)
		p[i] = ((struct compare_rate *)rates->pdata[i])->p;
	significant = compare_holm(p, rates->len);
	for (guint i = 0; i < rates->len; i++) {
		struct compare_rate *r = rates->pdata[i];
		gboolean more = (double)r->bad[1] * r->n[0] > (double)r->bad[0] * r->n[1];

		r->change = !significant[i] ? CHANGE_SAME : more ? CHANGE_MORE : CHANGE_LESS;
	}
	g_ptr_array_sort(rates, rate_order);
}

/* ---- comparing speeds ---- */

static void speed_free(gpointer data)
{
	struct compare_speed *s = data;

	g_free(s->scenario);
	g_free(s->machine);
	g_free(s->tree);
	g_free(s);
}

/*
 * Appends the newest speeds of group G to VALUES. Only runs that ended as expected count, without
 * those that a report ended early.
 */
static gboolean values_of(struct run_index *ix, const struct compare *c, int which,
			  const struct group *g, GArray *values[N_SPEEDS], GError **error)
{
	struct index_filter filter = compare_filter(&c->side[which]);
	g_autoptr(GString) sql = g_string_new("SELECT r.ops / r.hammer_s, r.boot_s FROM runs r");
	g_autoptr(GPtrArray) texts = g_ptr_array_new();
	db_stmt *stmt = NULL;

	filter.scenario = g->scenario;
	filter.machine = g->machine;
	filter.tree = *g->tree ? g->tree : NULL;
	index_where(&filter, FALSE, sql, texts);
	g_ptr_array_add(texts, NULL);
	g_string_append_printf(sql,
			       " AND r.outcome = %d AND r.verdict = 'PASS' AND r.attempt <= 1 "
			       "ORDER BY r.created DESC LIMIT %d",
			       OUTCOME_GOOD, VALUES_MAX);
	stmt = db_query(ix->db, sql->str, (const char *const *)texts->pdata, error);
	for (int s = 0; s < N_SPEEDS; s++)
		values[s] = g_array_new(FALSE, FALSE, sizeof(double));
	while (stmt && db_row(stmt, NULL))
		for (int s = 0; s < N_SPEEDS; s++) {
			double value = db_real(stmt, s);

			if (value > 0)
				g_array_append_val(values[s], value);
		}
	return stmt != NULL;
}

static struct compare_speed *speed_new(const struct group *g, int which, GArray *a, GArray *b)
{
	GArray *values[2] = {a, b};
	struct compare_speed *s = g_new0(struct compare_speed, 1);

	s->scenario = g_strdup(g->scenario);
	s->machine = g_strdup(g->machine);
	s->tree = g_strdup(g->tree);
	s->what = speeds[which].name;
	s->p = stats_mann_whitney((double *)a->data, a->len, (double *)b->data, b->len);
	for (int i = 0; i < 2; i++) {
		s->n[i] = values[i]->len;
		s->median[i] = stats_median((double *)values[i]->data, values[i]->len);
	}
	return s;
}

static gboolean add_speeds(struct run_index *ix, struct compare *c, const struct group *g,
			   GError **error)
{
	GArray *values[2][N_SPEEDS];
	gboolean ok = values_of(ix, c, 0, g, values[0], error);

	ok = values_of(ix, c, 1, g, values[1], ok ? error : NULL) && ok;
	for (int s = 0; s < N_SPEEDS; s++) {
		if (ok && values[0][s]->len >= VALUES_LEAST && values[1][s]->len >= VALUES_LEAST)
			g_ptr_array_add(c->speeds, speed_new(g, s, values[0][s], values[1][s]));
		g_array_unref(values[0][s]);
		g_array_unref(values[1][s]);
	}
	return ok;
}

static enum change speed_change(const struct compare_speed *s)
{
	gboolean up = s->median[1] > s->median[0];

	if (ABS(s->median[1] - s->median[0]) < EFFECT * s->median[0])
		return CHANGE_SAME;
	for (int i = 0; i < N_SPEEDS; i++)
		if (!strcmp(s->what, speeds[i].name))
			return up == speeds[i].more_is_better ? CHANGE_FASTER : CHANGE_SLOWER;
	return CHANGE_SAME;
}

static int speed_order(gconstpointer a, gconstpointer b)
{
	const struct compare_speed *x = *(struct compare_speed *const *)a,
				   *y = *(struct compare_speed *const *)b;
	int order = x->change != y->change ? (int)x->change - (int)y->change
					   : strcmp(x->scenario, y->scenario);

	return order ? order : strcmp(x->machine, y->machine);
}

static void judge_speeds(GPtrArray *all)
{
	g_autofree double *p = g_new0(double, all->len + 1);
	g_autofree gboolean *significant = NULL;

	for (guint i = 0; i < all->len; i++)
		p[i] = ((struct compare_speed *)all->pdata[i])->p;
	significant = compare_holm(p, all->len);
	for (guint i = 0; i < all->len; i++) {
		struct compare_speed *s = all->pdata[i];

		s->change = significant[i] ? speed_change(s) : CHANGE_SAME;
	}
	g_ptr_array_sort(all, speed_order);
}

gboolean compare_groups(struct run_index *ix, struct compare *c, GError **error)
{
	g_autoptr(GHashTable) groups =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, group_free);
	GHashTableIter iter;
	gpointer value;

	c->rates = g_ptr_array_new_with_free_func(rate_free);
	c->speeds = g_ptr_array_new_with_free_func(speed_free);
	if (!collect(ix, c, 0, groups, error) || !collect(ix, c, 1, groups, error))
		return FALSE;
	g_hash_table_iter_init(&iter, groups);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct group *g = value;

		if (!g->n[0] || !g->n[1])
			continue;
		g_ptr_array_add(c->rates, rate_new(g));
		if (!add_speeds(ix, c, g, error))
			return FALSE;
	}
	judge_rates(c->rates);
	judge_speeds(c->speeds);
	return TRUE;
}
