// SPDX-License-Identifier: GPL-2.0-only
#include "util/elf-head.h"

#include <libelf.h>
#include <string.h>

/*
 * Converts the SIZE bytes FROM, a header of TYPE in the byte order ORDER, to the host's byte order.
 */
static gboolean convert(void *to, const void *from, gsize size, Elf_Type type, unsigned order)
{
	Elf_Data in = {.d_buf = (void *)from,
		       .d_size = size,
		       .d_type = type,
		       .d_version = EV_CURRENT};
	Elf_Data out = {.d_buf = to, .d_size = size, .d_version = EV_CURRENT};

	return elf_version(EV_CURRENT) != EV_NONE && elf64_xlatetom(&out, &in, order) != NULL;
}

gboolean elf_head_read(const void *data, gsize len, Elf64_Ehdr *ret)
{
	const unsigned char *ident = data;

	return len >= sizeof(*ret) && !memcmp(data, ELFMAG, SELFMAG) &&
	       ident[EI_CLASS] == ELFCLASS64 &&
	       (ident[EI_DATA] == ELFDATA2LSB || ident[EI_DATA] == ELFDATA2MSB) &&
	       convert(ret, data, sizeof(*ret), ELF_T_EHDR, ident[EI_DATA]);
}

gboolean elf_part_read(const void *data, gsize len, const Elf64_Ehdr *head, unsigned i,
		       Elf64_Phdr *ret)
{
	guint64 skip = (guint64)i * sizeof(*ret);

	return head->e_phoff <= len && skip + sizeof(*ret) <= len - head->e_phoff &&
	       convert(ret, (const char *)data + head->e_phoff + skip, sizeof(*ret), ELF_T_PHDR,
		       head->e_ident[EI_DATA]);
}
