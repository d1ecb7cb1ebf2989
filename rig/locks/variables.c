// SPDX-License-Identifier: GPL-2.0-only
/* The variables of a vmlinux by their addresses: STT_OBJECT of its symbol table. */
#include "locks/variables.h"

#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

struct variable {
	guint64 address, size;
	guint name; /* offset in `names` */
};

struct lock_variables {
	GArray *all; /* of struct variable, by address */
	GString *names;
};

void lock_variables_free(struct lock_variables *variables)
{
	if (!variables)
		return;
	g_array_unref(variables->all);
	g_string_free(variables->names, TRUE);
	g_free(variables);
}

static void read_table(struct lock_variables *v, Elf *elf, Elf_Scn *section,
		       const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	gsize n = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

	for (gsize i = 0; data && i < n; i++) {
		GElf_Sym sym;
		const char *name = gelf_getsym(data, i, &sym)
					   ? elf_strptr(elf, header->sh_link, sym.st_name)
					   : NULL;

		if (!name || !*name || GELF_ST_TYPE(sym.st_info) != STT_OBJECT || !sym.st_size)
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

struct lock_variables *lock_variables_open(const char *vmlinux)
{
	struct lock_variables *v = g_new0(struct lock_variables, 1);
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

char *lock_variables_name(guint64 address, void *variables)
{
	const struct lock_variables *v = variables;
	guint low = 0, high = v->all->len;

	while (low < high) {
		guint middle = (low + high) / 2;

		if (g_array_index(v->all, struct variable, middle).address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	const struct variable *found = &g_array_index(v->all, struct variable, low - 1);

	return address - found->address < found->size ? g_strdup(v->names->str + found->name)
						      : NULL;
}
