// SPDX-License-Identifier: GPL-2.0-only
/* Finds the variables of a kernel by address and by name. */
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#include "symbol/internal.h"
#include "symbol/variables.h"

struct variable {
	guint64 address, size; /* `size` is 0 for a symbol that the linker script defines */
	guint name;	       /* offset in `names` */
};

struct variables {
	GArray *all; /* struct variable, sorted by address */
	GString *names;
};

void variables_free(struct variables *variables)
{
	if (!variables)
		return;
	g_array_unref(variables->all);
	g_string_free(variables->names, TRUE);
	g_free(variables);
}

static void read_table(struct variables *v, Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	gsize n = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

	for (gsize i = 0; data && i < n; i++) {
		GElf_Sym sym;
		const char *name = gelf_getsym(data, i, &sym)
					   ? elf_strptr(elf, header->sh_link, sym.st_name)
					   : NULL;

		gboolean is_mark = GELF_ST_TYPE(sym.st_info) == STT_NOTYPE && !sym.st_size;

		if (!name || !*name ||
		    (!is_mark && (GELF_ST_TYPE(sym.st_info) != STT_OBJECT || !sym.st_size)))
			continue;
		struct variable variable = {sym.st_value, sym.st_size, v->names->len};

		g_string_append_len(v->names, name, strlen(name) + 1);
		g_array_append_val(v->all, variable);
	}
}

static int by_address(gconstpointer a, gconstpointer b)
{
	guint64 x = ((const struct variable *)a)->address,
		y = ((const struct variable *)b)->address;

	return x < y ? -1 : x > y;
}

struct variables *variables_open(const char *vmlinux)
{
	struct variables *v = g_new0(struct variables, 1);
	int fd = vmlinux ? open(vmlinux, O_RDONLY | O_CLOEXEC) : -1;
	Elf *elf = fd >= 0 && elf_version(EV_CURRENT) != EV_NONE
			   ? elf_begin(fd, ELF_C_READ_MMAP, NULL)
			   : NULL;
	Elf_Scn *section = NULL;

	v->all = g_array_new(FALSE, FALSE, sizeof(struct variable));
	v->names = g_string_new(NULL);
	while (elf && (section = elf_nextscn(elf, section))) {
		GElf_Shdr header;

		if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB)
			read_table(v, elf, section, &header);
	}
	if (elf)
		elf_end(elf);
	if (fd >= 0)
		close(fd);
	g_array_sort(v->all, by_address);
	return v;
}

char *variables_name(guint64 address, void *variables)
{
	const struct variables *v = variables;
	guint at = count_up_to(v->all, G_STRUCT_OFFSET(struct variable, address), address);

	/*
	 * search back: symbols of the linker script, which have size 0, can be at the same address
	 */
	while (at-- > 0) {
		const struct variable *found = &g_array_index(v->all, struct variable, at);

		if (address - found->address < found->size)
			return g_strdup(v->names->str + found->name);
		if (found->size)
			break;
	}
	return NULL;
}

gboolean variables_find(const struct variables *v, const char *name, guint64 *ret_address,
			guint64 *ret_size)
{
	for (guint i = 0; i < v->all->len; i++) {
		const struct variable *variable = &g_array_index(v->all, struct variable, i);

		if (!strcmp(v->names->str + variable->name, name)) {
			*ret_address = variable->address;
			if (ret_size)
				*ret_size = variable->size;
			return TRUE;
		}
	}
	return FALSE;
}

static int by_value(gconstpointer a, gconstpointer b)
{
	guint64 x = ((const struct symbol *)a)->value, y = ((const struct symbol *)b)->value;

	return x < y ? -1 : x > y;
}

struct variables *variables_of_image(GBytes *image, GError **error)
{
	g_autoptr(GStringChunk) names = g_string_chunk_new(1 << 16);
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct symbol));
	struct variables *v;
	gsize len;
	const guint8 *data = g_bytes_get_data(image, &len);

	if (!kallsyms_read(data, len, NULL, names, found, error))
		return NULL;
	g_array_sort(found, by_value);
	v = variables_open(NULL);
	for (guint i = 0; i < found->len; i++) {
		const struct symbol *symbol = &g_array_index(found, struct symbol, i);
		guint64 end = i + 1 < found->len ? (symbol + 1)->value : symbol->value;
		struct variable variable = {symbol->value, end - symbol->value, v->names->len};

		g_string_append_len(v->names, symbol->name, strlen(symbol->name) + 1);
		g_array_append_val(v->all, variable);
	}
	return v;
}
