// SPDX-License-Identifier: GPL-2.0-only
/* Converts names to addresses and addresses to names, by a symbol table. */
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/internal.h"

#define SYMBOLS_MAX (8 << 20)
/*
 * In kallsyms a function's size includes the padding after the function, in ELF it does not. Sizes
 * that differ by less than SLACK bytes count as equal.
 */
#define SLACK 64

guint count_up_to(const GArray *array, gsize offset, guint64 address)
{
	gsize size = g_array_get_element_size((GArray *)array);
	guint low = 0, high = array->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;
		guint64 value;

		memcpy(&value, array->data + middle * size + offset, sizeof(value));
		if (value <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int by_value(gconstpointer a, gconstpointer b)
{
	const struct symbol *one = a, *two = b;

	return one->value < two->value ? -1 : one->value > two->value;
}

/*
 * If ENTRY is a STT_FILE symbol, adds its file to UNITS and returns the file's index; otherwise
 * returns UNIT. In ELF, the STT_FILE symbol precedes the other local symbols of its file.
 */
static guint unit_after(Elf *elf, const GElf_Shdr *header, const GElf_Sym *entry, guint unit,
			GPtrArray *units)
{
	const char *name;

	if (GELF_ST_TYPE(entry->st_info) != STT_FILE)
		return unit;
	name = elf_strptr(elf, header->sh_link, entry->st_name);
	g_ptr_array_add(units, (gpointer)(name ? name : ""));
	return units->len - 1;
}

static void read_section(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, GArray *out,
			 GPtrArray *units)
{
	Elf_Data *data = elf_getdata(section, NULL);
	gsize n = data && header->sh_entsize ? data->d_size / header->sh_entsize : 0;
	guint unit = G_MAXUINT;

	for (gsize i = 0; i < n && i <= G_MAXINT && out->len < SYMBOLS_MAX; i++) {
		struct symbol symbol = {.unit = G_MAXUINT};
		GElf_Sym entry;

		if (!gelf_getsym(data, i, &entry))
			continue;
		unit = unit_after(elf, header, &entry, unit, units);
		if (entry.st_shndx == SHN_UNDEF || entry.st_shndx == SHN_ABS)
			continue;
		if (GELF_ST_BIND(entry.st_info) == STB_LOCAL)
			symbol.unit = unit;
		/* accept functions, and symbols without a type, which assembly code often has */
		if (GELF_ST_TYPE(entry.st_info) != STT_FUNC &&
		    GELF_ST_TYPE(entry.st_info) != STT_NOTYPE)
			continue;
		symbol.name = elf_strptr(elf, header->sh_link, entry.st_name);
		symbol.value = entry.st_value;
		symbol.size = entry.st_size;
		if (symbol.name && *symbol.name)
			g_array_append_val(out, symbol);
	}
}

static void index_names(struct table *table)
{
	table->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	table->next_same = g_array_sized_new(FALSE, FALSE, sizeof(guint), table->by_value->len);
	for (guint i = 0; i < table->by_value->len; i++) {
		struct symbol *symbol = &g_array_index(table->by_value, struct symbol, i);
		gpointer before;
		guint same = G_MAXUINT;

		if (g_hash_table_lookup_extended(table->by_name, symbol->name, NULL, &before))
			same = GPOINTER_TO_UINT(before);
		g_array_append_val(table->next_same, same);
		g_hash_table_insert(table->by_name, (gpointer)symbol->name, GUINT_TO_POINTER(i));
	}
}

static void measure(struct table *table)
{
	guint64 after = 0; /* the lowest address of the symbols above this one */

	for (guint i = table->by_value->len; i-- > 0;) {
		struct symbol *symbol = &g_array_index(table->by_value, struct symbol, i);
		struct symbol *next = symbol + 1;

		if (i + 1 < table->by_value->len && next->value > symbol->value)
			after = next->value;
		symbol->extent = after > symbol->value ? after - symbol->value : symbol->size;
	}
}

struct table *table_from(GArray *symbols)
{
	struct table *table = g_new0(struct table, 1);

	table->by_value = symbols;
	g_array_sort(table->by_value, by_value);
	measure(table);
	index_names(table);
	return table;
}

struct table *table_new(Elf *elf)
{
	GArray *symbols = g_array_new(FALSE, FALSE, sizeof(struct symbol));
	GPtrArray *units = g_ptr_array_new();
	Elf_Scn *section = NULL;
	struct table *table;

	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;

		if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB)
			read_section(elf, section, &header, symbols, units);
	}
	if (!symbols->len) {
		g_array_unref(symbols);
		g_ptr_array_unref(units);
		return NULL;
	}
	table = table_from(symbols);
	table->units = units;
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	g_array_unref(table->by_value);
	g_clear_pointer(&table->by_name, g_hash_table_unref);
	g_clear_pointer(&table->next_same, g_array_unref);
	g_clear_pointer(&table->units, g_ptr_array_unref);
	g_free(table);
}

static gboolean is_about(guint64 a, guint64 b)
{
	return (a > b ? a - b : b - a) < SLACK;
}

static gboolean fits(const struct symbol *symbol, const struct frame *frame)
{
	if (!frame->size)
		return frame->offset <= symbol->extent;
	return frame->offset <= frame->size &&
	       (is_about(symbol->extent, frame->size) || is_about(symbol->size, frame->size));
}

static gboolean find(const struct table *table, const char *name, const struct frame *frame,
		     guint64 *ret_address)
{
	const struct symbol *best = NULL;
	gpointer first;

	if (!g_hash_table_lookup_extended(table->by_name, name, NULL, &first))
		return FALSE;
	/* of several static functions with this name, prefer the one that has the frame's size */
	for (guint i = GPOINTER_TO_UINT(first); i != G_MAXUINT;
	     i = g_array_index(table->next_same, guint, i)) {
		const struct symbol *symbol = &g_array_index(table->by_value, struct symbol, i);

		if (fits(symbol, frame) && (!best || symbol->extent == frame->size))
			best = symbol;
	}
	if (!best)
		return FALSE;
	*ret_address = best->value + frame->offset;
	return TRUE;
}

gboolean table_find(const struct table *table, const struct frame *frame, guint64 *ret_address)
{
	g_autofree char *dotted = NULL;

	if (find(table, frame->symbol, frame, ret_address))
		return TRUE;
	/*
	 * on big-endian powerpc, function names have a leading dot in one of kallsyms and ELF only
	 */
	if (frame->symbol[0] == '.')
		return find(table, frame->symbol + 1, frame, ret_address);
	dotted = g_strconcat(".", frame->symbol, NULL);
	return find(table, dotted, frame, ret_address);
}

const char *table_name(const struct table *table, guint64 address)
{
	guint n = count_up_to(table->by_value, offsetof(struct symbol, value), address);

	if (!n)
		return NULL;
	const struct symbol *symbol = &g_array_index(table->by_value, struct symbol, n - 1);

	return address - symbol->value < MAX(symbol->extent, 1) ? symbol->name : NULL;
}

static void add_named(const struct table *table, const char *name, GArray *out)
{
	gpointer first;

	if (!g_hash_table_lookup_extended(table->by_name, name, NULL, &first))
		return;
	for (guint i = GPOINTER_TO_UINT(first); i != G_MAXUINT;
	     i = g_array_index(table->next_same, guint, i)) {
		const struct symbol *symbol = &g_array_index(table->by_value, struct symbol, i);
		const struct symbol_range range = {symbol->value,
						   MAX(symbol->size, symbol->extent)};

		g_array_append_val(out, range);
	}
}

/*
 * Returns TRUE if SYMBOL is a variant of the function NAME that the compiler has made
 * ("NAME.constprop.0"), but not its cold part.
 */
static gboolean is_variant(const char *symbol, const char *name)
{
	static const char *const kinds[] = {".isra.", ".constprop.", ".part.", ".llvm."};
	gsize len = strlen(name);

	if (strncmp(symbol, name, len) || symbol[len] != '.' || strstr(symbol, ".cold"))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_has_prefix(symbol + len, kinds[i]))
			return TRUE;
	return FALSE;
}

void table_named(const struct table *table, const char *name, GArray *out)
{
	GHashTableIter iter;
	gpointer symbol;

	add_named(table, name, out);
	if (out->len)
		return;
	g_hash_table_iter_init(&iter, table->by_name);
	while (g_hash_table_iter_next(&iter, &symbol, NULL))
		if (is_variant(symbol, name))
			add_named(table, symbol, out);
}

void table_between(const struct table *table, guint64 from, guint64 to, GArray *out)
{
	guint first =
		from ? count_up_to(table->by_value, offsetof(struct symbol, value), from - 1) : 0;
	guint64 before = 0;

	for (guint i = first; i < table->by_value->len; i++) {
		const struct symbol *symbol = &g_array_index(table->by_value, struct symbol, i);
		const struct symbol_named named = {
			symbol->name, {symbol->value, MAX(symbol->size, symbol->extent)}};

		if (symbol->value >= to)
			break;
		if (out->len && symbol->value == before)
			continue;
		before = symbol->value;
		g_array_append_val(out, named);
	}
}

/* Returns the Levenshtein distance of A and B, at most LIMIT. */
static guint distance(const char *a, const char *b, guint limit)
{
	guint row[64], len = strlen(b);

	if (len >= G_N_ELEMENTS(row) || strlen(a) >= G_N_ELEMENTS(row))
		return limit;
	for (guint j = 0; j <= len; j++)
		row[j] = j;
	for (guint i = 0; a[i]; i++) {
		guint corner = row[0];

		row[0] = i + 1;
		for (guint j = 0; j < len; j++) {
			guint above = row[j + 1];

			row[j + 1] = MIN(MIN(above, row[j]) + 1, corner + (a[i] != b[j]));
			corner = above;
		}
	}
	return MIN(row[len], limit);
}

char **table_nearest(const struct table *table, const char *name, guint max)
{
	g_autofree guint *far = g_new(guint, max);
	char **names = g_new0(char *, max + 1);
	guint limit = strlen(name) / 2 + 1, n = 0;
	GHashTableIter iter;
	gpointer symbol;

	g_hash_table_iter_init(&iter, table->by_name);
	while (g_hash_table_iter_next(&iter, &symbol, NULL)) {
		/* rank a symbol that contains NAME like one with two wrong letters */
		guint d = strstr(symbol, name) ? 2 : distance(symbol, name, limit), at = n;

		if (d >= limit || (n == max && d >= far[n - 1]))
			continue;
		while (at > 0 &&
		       (d < far[at - 1] || (d == far[at - 1] && strcmp(symbol, names[at - 1]) < 0)))
			at--;
		if (at == max)
			continue;
		if (n == max)
			g_free(names[--n]);
		memmove(names + at + 1, names + at, (n - at) * sizeof(*names));
		memmove(far + at + 1, far + at, (n - at) * sizeof(*far));
		names[at] = g_strdup(symbol);
		far[at] = d;
		n++;
	}
	return names;
}
