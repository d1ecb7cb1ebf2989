/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of symbol/ share: table.c has the symbol table, lines.c the DWARF. */
#ifndef RIG_SYMBOL_INTERNAL_H
#define RIG_SYMBOL_INTERNAL_H

#include <libelf.h>

#include "symbol/symbol.h"

/*
 * In ARRAY, sorted by a guint64 at OFFSET in its elements: the number of elements at or below
 * ADDRESS. The last of them is at that index minus 1.
 */
guint count_up_to(const GArray *array, gsize offset, guint64 address);

struct symbol {
	const char *name;
	guint64 value;
	guint64 size;	/* from ELF; 0 for much assembly, and in kallsyms */
	guint64 extent; /* distance to the next symbol, as kallsyms counts it */
};

struct table;

/* NULL if ELF has no symbols. The names are borrowed from ELF. */
struct table *table_new(Elf *elf);
/* Takes over SYMBOLS (struct symbol, at least one, in any order), but not their names. */
struct table *table_from(GArray *symbols);
void table_free(struct table *table);
/* As symbols_find(). */
gboolean table_find(const struct table *table, const struct frame *frame, guint64 *ret_address);
/* The function that contains ADDRESS, or NULL. */
const char *table_name(const struct table *table, guint64 address);
/* As symbols_named() and symbols_nearest(). */
void table_named(const struct table *table, const char *name, GArray *out);
/* As symbols_between(). */
void table_between(const struct table *table, guint64 from, guint64 to, GArray *out);
char **table_nearest(const struct table *table, const char *name, guint max);

struct lines;

/* NULL if ELF has no DWARF about code. */
struct lines *lines_new(Elf *elf);
void lines_free(struct lines *lines);
/* Adds the places of ADDRESS to PLACES, innermost first. */
void lines_add(const struct lines *lines, guint64 address, GPtrArray *places);
/* As symbols_of_line(). */
void lines_of(const struct lines *lines, const char *file, unsigned line, GArray *out);

/* ---- kallsyms.c ---- */

/*
 * Appends the symbols (struct symbol, without sizes) in the kallsyms of an uncompressed kernel to
 * OUT; their names are stored in NAMES. TYPES: letters of nm, or NULL for all. Errors:
 * RIG_EXIT_USAGE, no kallsyms or an unknown format.
 */
#define KALLSYMS_CODE "tTwW" /* weak symbols may be functions, too */
gboolean kallsyms_read(const guint8 *data, gsize len, const char *types, GStringChunk *names,
		       GArray *out, GError **error);

#endif
