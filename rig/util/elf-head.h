/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads headers of 64-bit ELF files of either byte order, and converts them to the host's byte
 * order.
 */
#ifndef RIG_UTIL_ELF_HEAD_H
#define RIG_UTIL_ELF_HEAD_H

#include <elf.h>
#include <glib.h>

/* Reads the header of the LEN bytes DATA. Returns FALSE if DATA is not a 64-bit ELF file. */
gboolean elf_head_read(const void *data, gsize len, Elf64_Ehdr *ret);

/*
 * Reads program header I of the LEN bytes DATA, whose header is HEAD. Returns FALSE if DATA does
 * not contain it.
 */
gboolean elf_part_read(const void *data, gsize len, const Elf64_Ehdr *head, unsigned i,
		       Elf64_Phdr *ret);

#endif
