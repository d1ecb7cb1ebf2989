/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of symbol/: table.c reads symbol tables, lines.c reads DWARF. */
#ifndef RIG_SYMBOL_INTERNAL_H
#define RIG_SYMBOL_INTERNAL_H

#include <elfutils/libdw.h>
#include <libelf.h>

#include "symbol/symbol.h"

/*
 * Searches ARRAY, whose elements are sorted by a guint64 at OFFSET. Returns how many elements have
 * a value of at most ADDRESS; the index of the last of these is the result minus 1.
 */
guint count_up_to(const GArray *array, gsize offset, guint64 address);

struct symbol {
	const char *name;
	guint64 value;
	/* size of the symbol in ELF; 0 for most assembly code, and for all symbols of kallsyms */
	guint64 size;
	guint64 extent; /* distance to the next symbol, which is the size that kallsyms reports */
	/*
	 * the object file of a local symbol: the index of its name in table->units; or G_MAXUINT if
	 * it is unknown, because the symbol is global or from kallsyms
	 */
	guint unit;
};

/* The symbols of a file. */
struct table {
	GArray *by_value; /* struct symbol, sorted by value */
	/* name -> index in by_value of one symbol with this name; next_same leads to the others */
	GHashTable *by_name;
	/*
	 * guint: for each symbol in by_value, the index of the next one with the same name, or
	 * G_MAXUINT
	 */
	GArray *next_same;
	/*
	 * names of the object files ("slub.c"), of which several can be equal; NULL if they are
	 * unknown
	 */
	GPtrArray *units;
};

/*
 * Makes a table of the functions in ELF's symbol table, or returns NULL if ELF has none. The names
 * are borrowed from ELF.
 */
struct table *table_new(Elf *elf);
/*
 * Makes a table of SYMBOLS (struct symbol, at least one, in any order), which it owns; the names
 * are borrowed.
 */
struct table *table_from(GArray *symbols);
void table_free(struct table *table);
/* Implements symbols_find(). */
gboolean table_find(const struct table *table, const struct frame *frame, guint64 *ret_address);
/* Returns the name of the function that contains ADDRESS, or NULL if there is none. */
const char *table_name(const struct table *table, guint64 address);
/* Implements symbols_named(). */
void table_named(const struct table *table, const char *name, GArray *out);
/* ---- unit.c ---- */

/* Implements symbols_of_unit(). */
void table_of_unit(const struct table *table, const char *name, const GArray *known, GArray *out);

/* Implement symbols_between() and symbols_nearest(). */
void table_between(const struct table *table, guint64 from, guint64 to, GArray *out);
char **table_nearest(const struct table *table, const char *name, guint max);

/* The DWARF of a file. */
struct lines {
	Dwarf *dwarf;
	/* the address ranges of the compilation units, sorted by address (lines.c) */
	GArray *extents;
	char *tree;	 /* the folder of the kernel's source, "/src/linux/"; "" if unknown */
};

#define UNITS_MAX (1 << 20)
#define DEPTH_MAX 64 /* maximum depth of nested blocks and inlined functions */

/* Opens the DWARF of ELF, or returns NULL if ELF has none about code. */
struct lines *lines_new(Elf *elf);
void lines_free(struct lines *lines);
/* Adds the places of ADDRESS to PLACES, innermost first. */
void lines_add(const struct lines *lines, guint64 address, GPtrArray *places);
/* Returns FILE, a name in the DWARF of UNIT, relative to the source folder. The caller owns it. */
char *lines_short_name(const struct lines *lines, Dwarf_Die *unit, const char *file);
/* Implements symbols_of_line(). */
void lines_of(const struct lines *lines, const char *file, unsigned line, GArray *out);

/* ---- code-of.c ---- */

/* Implements symbols_code_of(). */
void lines_code_of(const struct lines *lines, const struct symbol_code_owner *owner);

/* ---- kallsyms.c ---- */

/*
 * Appends the symbols (struct symbol, without sizes) in the kallsyms of an uncompressed kernel to
 * OUT; NAMES stores their names. TYPES has the letters that nm prints for the wanted types, or is
 * NULL for all types. Error: RIG_EXIT_USAGE, there is no kallsyms, or its format is unknown.
 */
#define KALLSYMS_CODE "tTwW" /* functions, and weak symbols, because these may be functions */
gboolean kallsyms_read(const guint8 *data, gsize len, const char *types, GStringChunk *names,
		       GArray *out, GError **error);

#endif
