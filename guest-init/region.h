/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps anonymous memory for agents, and writes to it so that it has pages. */
#ifndef GUEST_REGION_H
#define GUEST_REGION_H

#include <stddef.h>

struct region {
	char *at; /* NULL if no memory is mapped */
	size_t len;
	char *whole; /* the mapping, which is larger because of the alignment */
	size_t whole_len;
};

/*
 * Maps LEN bytes at a multiple of ALIGN (a power of two, or 0 for any address), with FLAGS in
 * addition to MAP_PRIVATE and MAP_ANONYMOUS; calls madvise() with ADVICE, unless that is
 * MADV_NORMAL; and writes to each small page. Returns 0 or -errno, for example -ENOMEM if the
 * hugetlb pool has too few pages.
 */
int region_map(struct region *region, size_t align, size_t len, int flags, int advice);
/* Unmaps the memory. Returns 0 or -errno. */
int region_unmap(struct region *region);

/* Returns the bytes of a huge page (THP, else hugetlb), or 0 if the kernel has neither. */
size_t region_huge_size(void);

#endif
