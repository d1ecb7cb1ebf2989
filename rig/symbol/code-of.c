// SPDX-License-Identifier: GPL-2.0-only
/* Reads DWARF: finds the functions and lines of source files, with their code. */
#include <dwarf.h>
#include <string.h>

#include "symbol/internal.h"

#define ENTRIES_MAX (8 << 20) /* maximum number of entries that are examined for one unit */
#define ROWS_MAX (8 << 20)    /* maximum number of rows of one unit's line table */

struct finder {
	const struct lines *lines;
	const struct symbol_code_owner *owner;
	Dwarf_Die unit;
	/* file name in DWARF (borrowed) -> its short name, or "" if the file is not wanted */
	GHashTable *names;
	guint left, copies;
};

/* Returns the short name of FILE, or NULL if the caller does not want the code of this file. */
static const char *wanted(struct finder *f, const char *file)
{
	const char *name;
	char *found;

	if (!file)
		return NULL;
	name = g_hash_table_lookup(f->names, file);
	if (!name) {
		found = lines_short_name(f->lines, &f->unit, file);
		if (!f->owner->wanted(found, f->owner->data))
			*found = '\0';
		g_hash_table_insert(f->names, g_strdup(file), found);
		name = found;
	}
	return *name ? name : NULL;
}

/*
 * Calls owner->code() for each contiguous piece of DIE, which is a function or an inlined copy of
 * one.
 */
static void add_function(struct finder *f, Dwarf_Die *die)
{
	struct symbol_code code = {.copy = f->copies++};
	Dwarf_Addr base, low, high, entry;
	g_autofree char *name = NULL;
	ptrdiff_t offset = 0;
	int line = 0;

	code.file = wanted(f, dwarf_decl_file(die));
	if (!code.file || !dwarf_diename(die))
		return;
	name = g_utf8_make_valid(dwarf_diename(die), -1);
	code.function = name;
	if (dwarf_decl_line(die, &line) == 0 && line > 0)
		code.line = line;
	if (dwarf_tag(die) == DW_TAG_inlined_subroutine && dwarf_entrypc(die, &entry) == 0)
		code.entry = entry;
	for (guint i = 0; i < G_MAXUINT16; i++) {
		offset = dwarf_ranges(die, offset, &base, &low, &high);
		if (offset <= 0)
			break;
		code.range = (struct symbol_range){low, high - low};
		if (low < high)
			f->owner->code(&code, f->owner->data);
	}
}

/* Calls add_function() for the functions below PARENT, and for those that are inlined in them. */
static void descend(struct finder *f, Dwarf_Die *parent, guint depth)
{
	Dwarf_Die die;

	if (depth == DEPTH_MAX || dwarf_child(parent, &die) != 0)
		return;
	do {
		int tag = dwarf_tag(&die);

		if (!f->left)
			return;
		f->left--;
		if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine)
			add_function(f, &die);
		if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine ||
		    tag == DW_TAG_lexical_block)
			descend(f, &die, depth + 1);
	} while (dwarf_siblingof(&die, &die) == 0);
}

static gboolean row_of(struct finder *f, Dwarf_Line *row, struct symbol_code *ret, bool *ret_end)
{
	Dwarf_Addr address;
	int line;

	if (dwarf_lineaddr(row, &address) != 0 || dwarf_lineno(row, &line) != 0 ||
	    dwarf_lineendsequence(row, ret_end) != 0)
		return FALSE;
	*ret = (struct symbol_code){.line = MAX(line, 0), .range.address = address};
	if (!*ret_end && line > 0)
		ret->file = wanted(f, dwarf_linesrc(row, NULL, NULL));
	return TRUE;
}

/*
 * Calls owner->code() for each piece of a source line: the code from one row of the line table to
 * the next.
 */
static void add_rows(struct finder *f)
{
	struct symbol_code code = {0}, next;
	Dwarf_Lines *rows;
	bool is_end;
	size_t n;

	if (dwarf_getsrclines(&f->unit, &rows, &n) != 0)
		return;
	for (size_t i = 0; i < MIN(n, ROWS_MAX); i++) {
		if (!row_of(f, dwarf_onesrcline(rows, i), &next, &is_end))
			continue;
		if (code.file && next.range.address > code.range.address) {
			code.range.size = next.range.address - code.range.address;
			f->owner->code(&code, f->owner->data);
		}
		code = next;
	}
}

void lines_code_of(const struct lines *lines, const struct symbol_code_owner *owner)
{
	struct finder f = {.lines = lines, .owner = owner};
	Dwarf_CU *cu = NULL;
	uint8_t type;

	f.names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (guint i = 0; i < UNITS_MAX; i++) {
		if (dwarf_get_units(lines->dwarf, cu, &cu, NULL, &type, &f.unit, NULL) != 0)
			break;
		if (type != DW_UT_compile || !wanted(&f, dwarf_diename(&f.unit)))
			continue;
		f.left = ENTRIES_MAX;
		descend(&f, &f.unit, 0);
		add_rows(&f);
	}
	g_hash_table_unref(f.names);
}
