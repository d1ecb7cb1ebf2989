// SPDX-License-Identifier: GPL-2.0-only
/* The symbol table: names to addresses and back. */
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/internal.h"

#define SYMBOLS_MAX (8 << 20)
#define SLACK 64 /* bytes of padding that kallsyms counts to a function and ELF does not */

struct symbol {
	const char *name;
	guint64 value;
	guint64 size;   /* as ELF has it; 0 for much assembly */
	guint64 extent; /* up to the next symbol, as kallsyms has it */
};

struct table {
	GArray *by_value;    /* struct symbol */
	GHashTable *by_name; /* to the index of one in by_value; the others follow by next_same */
	GArray *next_same;   /* guint: index of another symbol of that name, or G_MAXUINT */
};

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

static void read_section(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, GArray *out)
{
	Elf_Data *data = elf_getdata(section, NULL);
	gsize n = data && header->sh_entsize ? data->d_size / header->sh_entsize : 0;

	for (gsize i = 0; i < n && i <= G_MAXINT && out->len < SYMBOLS_MAX; i++) {
		struct symbol symbol = {0};
		GElf_Sym entry;

		if (!gelf_getsym(data, i, &entry) || entry.st_shndx == SHN_UNDEF ||
		    entry.st_shndx == SHN_ABS)
			continue;
		/* assembly often has no type; data would only be in the way */
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
	guint64 after = 0; /* the least address above */

	for (guint i = table->by_value->len; i-- > 0;) {
		struct symbol *symbol = &g_array_index(table->by_value, struct symbol, i);
		struct symbol *next = symbol + 1;

		if (i + 1 < table->by_value->len && next->value > symbol->value)
			after = next->value;
		symbol->extent = after > symbol->value ? after - symbol->value : symbol->size;
	}
}

struct table *table_new(Elf *elf)
{
	struct table *table = g_new0(struct table, 1);
	Elf_Scn *section = NULL;

	table->by_value = g_array_new(FALSE, FALSE, sizeof(struct symbol));
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;

		if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB)
			read_section(elf, section, &header, table->by_value);
	}
	if (!table->by_value->len) {
		table_free(table);
		return NULL;
	}
	g_array_sort(table->by_value, by_value);
	measure(table);
	index_names(table);
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	g_array_unref(table->by_value);
	g_clear_pointer(&table->by_name, g_hash_table_unref);
	g_clear_pointer(&table->next_same, g_array_unref);
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
	/* several static functions can have one name; the size distinguishes them */
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
	/* big-endian powerpc: kallsyms and ELF do not agree about the dot of code symbols */
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
