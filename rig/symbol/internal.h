/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of this room share: table.c has the symbol table, lines.c the DWARF. */
#ifndef RIG_SYMBOL_INTERNAL_H
#define RIG_SYMBOL_INTERNAL_H

#include <libelf.h>

#include "symbol/symbol.h"

/*
 * In ARRAY, sorted by a guint64 at OFFSET in its elements: how many are at or below ADDRESS. The last of
 * those is the one before that index.
 */
guint count_up_to(const GArray *array, gsize offset, guint64 address);

struct symbol {
	const char *name;
	guint64 value;
	guint64 size;   /* as ELF has it; 0 for much assembly, and in kallsyms */
	guint64 extent; /* up to the next symbol, as kallsyms has it */
};

struct table;

/* NULL where ELF has no symbols. The names are ELF's. */
struct table *table_new(Elf *elf);
/* Takes SYMBOLS (struct symbol, at least one, in any order) over, but not their names. */
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

/* NULL where ELF has no DWARF that covers code. */
struct lines *lines_new(Elf *elf);
void lines_free(struct lines *lines);
/* Adds the places of ADDRESS to PLACES, innermost first. */
void lines_add(const struct lines *lines, guint64 address, GPtrArray *places);
/* As symbols_of_line(). */
void lines_of(const struct lines *lines, const char *file, unsigned line, GArray *out);

/* ---- kallsyms.c ---- */

/*
 * Appends the code symbols (struct symbol, without sizes) in the kallsyms of an uncompressed kernel to
 * OUT; their names are in NAMES. Errors: RIG_EXIT_USAGE, none or of a form that is not known.
 */
gboolean kallsyms_read(const guint8 *data, gsize len, GStringChunk *names, GArray *out, GError **error);

#endif
