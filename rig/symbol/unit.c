// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the functions of an object file in the symbol table of a linked file. The table shows to
 * which object file each local symbol belongs. A linker keeps the functions of an object file
 * together in each section, so the global functions between two functions of a file belong to it,
 * too.
 */
#include <string.h>

#include "symbol/internal.h"

/* maximum distance in bytes between a known function and the local one that shows its file */
#define NEAR 4096
/* if more local functions have the same name and size, they are copies of one in a header */
#define COPIES_MAX 2

static const struct symbol *symbol_at(const struct table *table, guint i)
{
	return &g_array_index(table->by_value, struct symbol, i);
}

/* Returns the index of the first symbol at or after ADDRESS. */
static guint index_of(const struct table *table, guint64 address)
{
	return address ? count_up_to(table->by_value, offsetof(struct symbol, value), address - 1)
		       : 0;
}

/*
 * Returns the object file of the nearest local symbol from index AT on, in the direction STEP (1 or
 * -1), or G_MAXUINT if there is none within NEAR bytes.
 */
static guint unit_near(const struct table *table, guint at, int step)
{
	guint64 from = symbol_at(table, at)->value;

	for (guint i = at; i < table->by_value->len; i += step) {
		const struct symbol *symbol = symbol_at(table, i);
		guint64 far = symbol->value > from ? symbol->value - from : from - symbol->value;

		if (far > NEAR)
			break;
		if (symbol->unit != G_MAXUINT)
			return symbol->unit;
	}
	return G_MAXUINT;
}

/*
 * Several object files can be called NAME. Returns the one that contains most of the functions at
 * the addresses KNOWN, judged by the nearest symbols whose object file is known; G_MAXUINT if none
 * of these is called NAME.
 */
static guint find_unit(const struct table *table, const char *name, const GArray *known)
{
	g_autofree guint *votes = g_new0(guint, table->units->len + 1);
	guint best = G_MAXUINT;

	for (guint i = 0; i < known->len; i++) {
		guint at = index_of(table, g_array_index(known, guint64, i));

		for (int step = -1; step <= 1 && at < table->by_value->len; step += 2) {
			guint unit = unit_near(table, at, step);

			if (unit == G_MAXUINT || strcmp(table->units->pdata[unit], name))
				continue;
			votes[unit]++;
			if (best == G_MAXUINT || votes[unit] > votes[best])
				best = unit;
		}
	}
	return best;
}

/*
 * Returns TRUE if SYMBOL is a static function of a header, of which several object files have
 * copies.
 */
static gboolean is_of_header(const struct table *table, const struct symbol *symbol)
{
	gpointer first;
	guint copies = 0;

	if (!g_hash_table_lookup_extended(table->by_name, symbol->name, NULL, &first))
		return FALSE;
	for (guint i = GPOINTER_TO_UINT(first); i != G_MAXUINT;
	     i = g_array_index(table->next_same, guint, i))
		copies += symbol_at(table, i)->size == symbol->size;
	return copies > COPIES_MAX;
}

static void add(const struct table *table, guint i, GArray *out)
{
	const struct symbol *symbol = symbol_at(table, i);
	const struct symbol_named named = {
		symbol->name,
		{symbol->value, symbol->size ? symbol->size : symbol->extent}};

	if (symbol->unit == G_MAXUINT || !is_of_header(table, symbol))
		g_array_append_val(out, named);
}

static gboolean is_known(const GArray *known, guint64 address)
{
	for (guint i = 0; i < known->len; i++)
		if (g_array_index(known, guint64, i) == address)
			return TRUE;
	return FALSE;
}

void table_of_unit(const struct table *table, const char *name, const GArray *known, GArray *out)
{
	guint unit = table->units ? find_unit(table, name, known) : G_MAXUINT;
	gboolean inside = FALSE;
	/* index of the first global symbol after the last local symbol of the file */
	guint pending = 0;

	for (guint i = 0; unit != G_MAXUINT && i < table->by_value->len; i++) {
		const struct symbol *symbol = symbol_at(table, i);
		gboolean ours = symbol->unit == unit || (symbol->unit == G_MAXUINT &&
							 is_known(known, symbol->value));

		if (!ours && symbol->unit == G_MAXUINT)
			continue;
		for (; ours && inside && pending < i; pending++)
			add(table, pending, out);
		if (ours)
			add(table, i, out);
		/* a local symbol of another file ends this file's functions in the section */
		inside = ours;
		pending = i + 1;
	}
}
