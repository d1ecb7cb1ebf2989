// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads DWARF: converts an address to function, file and line, including the place of the call for
 * inlined functions. Units are found by their ranges, because not every compiler writes
 * .debug_aranges. dwarf_getscopes() is not used to traverse the tree of a unit, because with a
 * damaged file it could take arbitrarily long.
 */
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/internal.h"

#define RANGES_MAX (8 << 20)
#define ENTRIES_MAX (4 << 20) /* maximum number of entries that are examined for one address */
#define PLACES_MAX 1024	      /* maximum number of addresses of one line, with its inlined copies */
#define BEHIND_MAX 16	      /* maximum number of overlapping ranges */

struct extent {
	guint64 low, high;
	Dwarf_Off unit;
};

struct walk {
	Dwarf_Addr address;
	/*
	 * the function that contains the address, then the functions inlined there, outermost first
	 */
	Dwarf_Die chain[DEPTH_MAX];
	guint n, left;
};

static int by_low(gconstpointer a, gconstpointer b)
{
	const struct extent *one = a, *two = b;

	return one->low < two->low ? -1 : one->low > two->low;
}

static void add_unit(struct lines *lines, Dwarf_Die *unit)
{
	const char *name = dwarf_diename(unit);
	Dwarf_Addr base, low, high;
	ptrdiff_t offset = 0;

	/* every kernel has init/main.c, so the path before it is the source folder */
	if (name && !lines->tree && g_str_has_suffix(name, "/init/main.c"))
		lines->tree = g_strndup(name, strlen(name) - strlen("init/main.c"));
	while (lines->extents->len < RANGES_MAX &&
	       (offset = dwarf_ranges(unit, offset, &base, &low, &high)) > 0) {
		struct extent extent = {low, high, dwarf_dieoffset(unit)};

		if (low < high)
			g_array_append_val(lines->extents, extent);
	}
}

struct lines *lines_new(Elf *elf)
{
	struct lines *lines;
	Dwarf *dwarf = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;
	uint8_t type;

	if (!dwarf)
		return NULL;
	lines = g_new0(struct lines, 1);
	lines->dwarf = dwarf;
	lines->extents = g_array_new(FALSE, FALSE, sizeof(struct extent));
	for (guint i = 0; i < UNITS_MAX; i++) {
		if (dwarf_get_units(dwarf, cu, &cu, NULL, &type, &unit, NULL) != 0)
			break;
		if (type == DW_UT_compile && dwarf_tag(&unit) == DW_TAG_compile_unit)
			add_unit(lines, &unit);
	}
	if (!lines->extents->len) {
		lines_free(lines);
		return NULL;
	}
	g_array_sort(lines->extents, by_low);
	return lines;
}

void lines_free(struct lines *lines)
{
	if (!lines)
		return;
	g_array_unref(lines->extents);
	dwarf_end(lines->dwarf);
	g_free(lines->tree);
	g_free(lines);
}

static gboolean find_unit(const struct lines *lines, guint64 address, Dwarf_Die *ret)
{
	guint n = count_up_to(lines->extents, offsetof(struct extent, low), address);

	for (guint i = 0; i < BEHIND_MAX && i < n; i++) {
		const struct extent *extent =
			&g_array_index(lines->extents, struct extent, n - 1 - i);

		if (address < extent->high)
			return dwarf_offdie(lines->dwarf, extent->unit, ret) != NULL;
	}
	return FALSE;
}

/*
 * Appends to the chain the functions below PARENT that contain the address. Returns TRUE if there
 * are any.
 */
static gboolean descend(struct walk *walk, Dwarf_Die *parent, guint depth)
{
	Dwarf_Die die;

	if (depth == DEPTH_MAX || dwarf_child(parent, &die) != 0)
		return FALSE;
	do {
		if (!walk->left)
			return FALSE;
		walk->left--;
		switch (dwarf_tag(&die)) {
		case DW_TAG_subprogram:
		case DW_TAG_inlined_subroutine:
			if (dwarf_haspc(&die, walk->address) <= 0)
				break;
			walk->chain[walk->n++] = die;
			descend(walk, &die, depth + 1);
			return TRUE;
		case DW_TAG_lexical_block:
			if (dwarf_haspc(&die, walk->address) > 0 && descend(walk, &die, depth + 1))
				return TRUE;
			break;
		case DW_TAG_namespace: /* Rust's functions are in namespaces */
		case DW_TAG_structure_type:
			if (descend(walk, &die, depth + 1))
				return TRUE;
			break;
		default:
			break;
		}
	} while (dwarf_siblingof(&die, &die) == 0);
	return FALSE;
}

char *lines_short_name(const struct lines *lines, Dwarf_Die *unit, const char *file)
{
	Dwarf_Attribute attribute;
	const char *built = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));

	if (lines->tree && g_str_has_prefix(file, lines->tree)) {
		file += strlen(lines->tree);
	} else if (built && g_str_has_prefix(file, built) && file[strlen(built)] == '/') {
		file += strlen(built) + 1;
	}
	while (g_str_has_prefix(file, "./"))
		file += 2;
	return g_utf8_make_valid(file, -1);
}

/* Reads the place where an inlined function is called. */
static void call_site(Dwarf_Die *unit, Dwarf_Die *die, const char **ret_file, unsigned *ret_line)
{
	Dwarf_Attribute attribute;
	Dwarf_Word index = 0, line = 0;
	Dwarf_Files *files;
	size_t n;

	*ret_file = NULL;
	*ret_line = 0;
	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute), &index) != 0 ||
	    dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute), &line) != 0)
		return;
	if (dwarf_getsrcfiles(unit, &files, &n) != 0 || index >= n)
		return;
	*ret_file = dwarf_filesrc(files, index, NULL, NULL);
	*ret_line = MIN(line, G_MAXINT);
}

void lines_add(const struct lines *lines, guint64 address, GPtrArray *places)
{
	g_autofree struct walk *walk = g_new0(struct walk, 1);
	const char *file = NULL;
	unsigned number = 0;
	Dwarf_Line *line;
	Dwarf_Die unit;
	int n;

	if (!find_unit(lines, address, &unit))
		return;
	line = dwarf_getsrc_die(&unit, address);
	file = line ? dwarf_linesrc(line, NULL, NULL) : NULL;
	if (line && dwarf_lineno(line, &n) == 0 && n > 0)
		number = n;
	walk->address = address;
	walk->left = ENTRIES_MAX;
	descend(walk, &unit, 0);
	while (walk->n-- > 0) {
		Dwarf_Die *die = &walk->chain[walk->n];
		const char *name = dwarf_diename(die);
		struct place *place = g_new0(struct place, 1);

		place->function = g_utf8_make_valid(name ? name : "?", -1);
		place->file = file ? lines_short_name(lines, &unit, file) : NULL;
		place->line = file ? number : 0;
		place->inlined = dwarf_tag(die) == DW_TAG_inlined_subroutine;
		if (place->inlined)
			call_site(&unit, die, &file, &number);
		g_ptr_array_add(places, place);
	}
}

/*
 * Returns TRUE if FILE is NAME, or the end of NAME after a slash ("mm/slub.c" of "/src/mm/slub.c").
 */
static gboolean is_file(const char *name, const char *file)
{
	gsize len = strlen(name), part = strlen(file);

	return len >= part && !strcmp(name + len - part, file) &&
	       (len == part || name[len - part - 1] == '/');
}

/*
 * Adds to OUT the addresses at which the code of line WANT of FILE begins: the first row of each
 * sequence of rows of the line table for this line.
 */
static void lines_of_unit(Dwarf_Die *unit, const char *file, int want, GArray *out)
{
	gboolean inside = FALSE;
	Dwarf_Lines *rows;
	size_t n;

	if (dwarf_getsrclines(unit, &rows, &n) != 0)
		return;
	for (size_t i = 0; i < n && out->len < PLACES_MAX; i++) {
		Dwarf_Line *row = dwarf_onesrcline(rows, i);
		const char *name = dwarf_linesrc(row, NULL, NULL);
		gboolean here;
		bool is_end = false;
		Dwarf_Addr address;
		int line;

		if (dwarf_lineno(row, &line) != 0 || dwarf_lineaddr(row, &address) != 0 ||
		    dwarf_lineendsequence(row, &is_end) != 0)
			continue;
		here = !is_end && line == want && name && is_file(name, file);
		if (here && !inside && address)
			g_array_append_val(out, address);
		inside = here;
	}
}

static int by_address(gconstpointer a, gconstpointer b)
{
	const guint64 *one = a, *two = b;

	return *one < *two ? -1 : *one > *two;
}

void lines_of(const struct lines *lines, const char *file, unsigned line, GArray *out)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;
	uint8_t type;

	for (guint i = 0; i < UNITS_MAX; i++) {
		Dwarf_Files *files;
		gboolean has = FALSE;
		size_t n;

		if (dwarf_get_units(lines->dwarf, cu, &cu, NULL, &type, &unit, NULL) != 0)
			break;
		if (type != DW_UT_compile || dwarf_getsrcfiles(&unit, &files, &n) != 0)
			continue;
		for (size_t f = 0; f < n && !has; f++) {
			const char *name = dwarf_filesrc(files, f, NULL, NULL);

			has = name && is_file(name, file);
		}
		if (has)
			lines_of_unit(&unit, file, line, out);
	}
	g_array_sort(out, by_address);
}
