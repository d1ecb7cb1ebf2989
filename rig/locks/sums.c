// SPDX-License-Identifier: GPL-2.0-only
/*
 * Adds up how often edges were seen, in memory. Many runs at one place (a combination of kernel,
 * machine and so on) have the same edges, so a batch of runs needs one SQL statement for each edge
 * and place, instead of one for each edge of each run.
 */
#include <string.h>

#include "locks/db.h"

struct lock_sums {
	GHashTable *all;    /* a set of struct lock_sum; the key is place, a and b */
	/* owns the texts of all sums; each text is stored once, because most sums share them */
	GStringChunk *texts;
	/* the text that was stored last, which is likely to be the next one, too */
	const char *recent;
};

char *lock_gates_common(const char *a, const char *b)
{
	g_auto(GStrv) words = NULL;
	GString *text;

	if (!strcmp(a, b) || !strcmp(b, GATES_UNKNOWN))
		return g_strdup(a);
	if (!strcmp(a, GATES_UNKNOWN))
		return g_strdup(b);
	words = g_strsplit(a, " ", -1);
	text = g_string_new(" ");
	for (char **word = words; *word; word++) {
		g_autofree char *padded = g_strdup_printf(" %s ", *word);

		if (**word && strstr(b, padded))
			g_string_append(text, padded + 1);
	}
	return g_string_free(text, FALSE);
}

static guint sum_hash(gconstpointer data)
{
	const struct lock_sum *sum = data;

	guint hash = (guint)sum->place * 0x9e3779b1u + (guint)sum->a * 0x85ebca77u +
		     (guint)sum->b * 0xc2b2ae3du;

	return hash ^ hash >> 15;
}

static gboolean sum_equal(gconstpointer a, gconstpointer b)
{
	const struct lock_sum *one = a, *two = b;

	return one->place == two->place && one->a == two->a && one->b == two->b;
}

struct lock_sums *lock_sums_new(void)
{
	struct lock_sums *sums = g_new0(struct lock_sums, 1);

	sums->all = g_hash_table_new_full(sum_hash, sum_equal, g_free, NULL);
	sums->texts = g_string_chunk_new(1 << 16);
	return sums;
}

void lock_sums_free(struct lock_sums *sums)
{
	if (!sums)
		return;
	g_hash_table_unref(sums->all);
	g_string_chunk_free(sums->texts);
	g_free(sums);
}

/* Returns the stored copy of TEXT. */
static char *stored(struct lock_sums *sums, const char *text)
{
	if (!sums->recent || strcmp(sums->recent, text) != 0)
		sums->recent = g_string_chunk_insert_const(sums->texts, text);
	return (char *)sums->recent;
}

void lock_sums_add(struct lock_sums *sums, const struct lock_sum *more)
{
	struct lock_sum *sum = g_hash_table_lookup(sums->all, more);

	if (!sum) {
		sum = g_memdup2(more, sizeof(*more));
		sum->gates = stored(sums, more->gates);
		sum->first = stored(sums, more->first);
		sum->last = stored(sums, more->last);
		g_hash_table_add(sums->all, sum);
		return;
	}
	sum->contexts |= more->contexts;
	sum->runs += more->runs;
	if (strcmp(sum->gates, more->gates) != 0) {
		g_autofree char *gates = lock_gates_common(sum->gates, more->gates);

		sum->gates = stored(sums, gates);
	}
	if (strcmp(more->first, sum->first) < 0)
		sum->first = stored(sums, more->first);
	if (strcmp(more->last, sum->last) > 0)
		sum->last = stored(sums, more->last);
}

void lock_sums_each(struct lock_sums *sums, void (*each)(const struct lock_sum *sum, void *data),
		    void *data)
{
	GHashTableIter iter;
	gpointer sum;

	g_hash_table_iter_init(&iter, sums->all);
	while (g_hash_table_iter_next(&iter, &sum, NULL))
		each(sum, data);
}

/* ---- writing to the database ---- */

static void common(sqlite3_context *context, int n, sqlite3_value **values)
{
	const char *a = (const char *)sqlite3_value_text(values[0]),
		   *b = (const char *)sqlite3_value_text(values[1]);

	(void)n;
	sqlite3_result_text(context, lock_gates_common(a ? a : " ", b ? b : " "), -1, g_free);
}

void lock_sums_register(sqlite3 *db)
{
	sqlite3_create_function(db, "common", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, common,
				NULL, NULL);
}

#define UPSERT(table)                                                                            \
	"INSERT INTO " table " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET" \
	" contexts = contexts | excluded.contexts, gates = common(gates, excluded.gates),"       \
	" first = min(first, excluded.first), last = max(last, excluded.last), " \
	"runs = runs + excluded.runs"

static gboolean put(sqlite3_stmt *stmt, const struct lock_sum *sum)
{
	gboolean ok;

	sqlite3_bind_int64(stmt, 1, sum->place > 0 ? sum->place : -sum->place);
	sqlite3_bind_int64(stmt, 2, sum->a);
	sqlite3_bind_int64(stmt, 3, sum->b);
	sqlite3_bind_int(stmt, 4, sum->contexts);
	sqlite3_bind_text(stmt, 5, sum->gates, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 6, sum->first, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 7, sum->last, -1, SQLITE_STATIC);
	sqlite3_bind_int(stmt, 8, sum->runs);
	ok = sqlite3_step(stmt) == SQLITE_DONE;
	sqlite3_reset(stmt);
	return ok;
}

gboolean lock_sums_flush(struct lock_sums *sums, sqlite3 *db, GError **error)
{
	db_stmt *seen = db_query(db, UPSERT("seen"), NULL, error);
	db_stmt *edge = seen ? db_query(db, UPSERT("edge"), NULL, error) : NULL;
	GHashTableIter iter;
	gpointer data;

	g_hash_table_iter_init(&iter, sums->all);
	while (edge && g_hash_table_iter_next(&iter, &data, NULL)) {
		const struct lock_sum *sum = data;

		if (!put(sum->place > 0 ? seen : edge, sum))
			return db_fail(db, "the lock graph", error);
	}
	g_hash_table_remove_all(sums->all);
	g_string_chunk_clear(sums->texts);
	sums->recent = NULL;
	return edge != NULL;
}
