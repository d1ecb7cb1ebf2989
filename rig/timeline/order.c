// SPDX-License-Identifier: GPL-2.0-only
/* Checks that all operations of a timeline can be executed in the order that `after` requires. */
#include "timeline/internal.h"

#include "util/error.h"

/*
 * Returns ID as a key of a hash table. An id fits into 64 bits, because load.c has checked its
 * numbers.
 */
static gpointer key(const struct op_id *id)
{
	return GSIZE_TO_POINTER(
		((gsize)id->lap << 24 | id->track << 16 | id->copy << 8 | id->step) + 1);
}

static GPtrArray *all_of(const struct copy *copy)
{
	GPtrArray *ops = g_ptr_array_new();

	for (guint lap = 0; lap < copy->laps->len; lap++) {
		const GPtrArray *of_lap = copy->laps->pdata[lap];

		for (guint i = 0; i < of_lap->len; i++)
			g_ptr_array_add(ops, of_lap->pdata[i]);
	}
	return ops;
}

/*
 * Simulates the execution: repeatedly executes the next operation of each copy if its `after` was
 * executed. Returns the first operation that can never be executed, or NULL if all can.
 */
static const struct operation *first_blocked(GPtrArray **ops, guint n, GHashTable *done)
{
	g_autofree guint *next = g_new0(guint, n);
	const struct operation *blocked;
	gboolean moved;

	do {
		moved = FALSE;
		blocked = NULL;
		for (guint c = 0; c < n; c++) {
			for (; next[c] < ops[c]->len; next[c]++) {
				const struct operation *op = ops[c]->pdata[next[c]];

				if (op->has_after &&
				    !g_hash_table_contains(done, key(&op->after))) {
					blocked = op;
					break;
				}
				g_hash_table_add(done, key(&op->id));
				moved = TRUE;
			}
		}
	} while (moved && blocked);
	return blocked;
}

static gboolean has_waits(GPtrArray **ops, guint n)
{
	for (guint c = 0; c < n; c++)
		for (guint i = 0; i < ops[c]->len; i++)
			if (((const struct operation *)ops[c]->pdata[i])->has_after)
				return TRUE;
	return FALSE;
}

static gboolean check(GPtrArray **ops, guint n, const char *file, GError **error)
{
	g_autoptr(GHashTable) done = g_hash_table_new(NULL, NULL);
	const struct operation *blocked = has_waits(ops, n) ? first_blocked(ops, n, done) : NULL;
	g_autofree char *id = NULL, *after = NULL;

	if (!blocked)
		return TRUE;
	id = op_id_text(&blocked->id);
	after = op_id_text(&blocked->after);
	return rig_fail(error, RIG_EXIT_USAGE,
			"%s: operation %s must start after %s, which is not in the "
			"list or itself waits for %s",
			file, id, after, id);
}

gboolean order_check(const struct timeline *tl, const char *file, GError **error)
{
	g_autofree GPtrArray **ops = g_new(GPtrArray *, tl->copies->len);
	gboolean ok;

	for (guint c = 0; c < tl->copies->len; c++)
		ops[c] = all_of(tl->copies->pdata[c]);
	ok = check(ops, tl->copies->len, file, error);
	for (guint c = 0; c < tl->copies->len; c++)
		g_ptr_array_unref(ops[c]);
	return ok;
}
