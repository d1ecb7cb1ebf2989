// SPDX-License-Identifier: GPL-2.0-only
/* Maps anonymous memory for agents (region.h). */
#include "region.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files.h"
#include "text.h"

size_t region_huge_size(void)
{
	static char info[16384], size[32];
	char *cursor = info, *line;
	unsigned long long kb = 0, bytes = 0;

	/*
	 * a kernel with THP has this file; /proc/meminfo has the size only in a kernel with hugetlb
	 */
	if (file_line(AT_FDCWD, "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", size,
		      sizeof(size)) > 0 &&
	    sscanf(size, "%llu", &bytes) == 1)
		return bytes;
	if (file_read(AT_FDCWD, "/proc/meminfo", info, sizeof(info)) <= 0)
		return 0;
	while ((line = text_line(&cursor)) && sscanf(line, "Hugepagesize: %llu", &kb) != 1)
		;
	return kb * 1024;
}

int region_map(struct region *region, size_t align, size_t len, int flags, int advice)
{
	size_t page = sysconf(_SC_PAGESIZE), more = align > page ? align : 0;
	char *at = mmap(NULL, len + more, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
	int err;

	if (at == MAP_FAILED)
		return -errno;
	*region = (struct region){at, len, at, len + more};
	if (more)
		region->at = (char *)(((uintptr_t)at + align - 1) & ~(uintptr_t)(align - 1));
	if (advice != MADV_NORMAL && madvise(region->at, len, advice)) {
		err = -errno;
		region_unmap(region);
		return err;
	}
	for (size_t offset = 0; offset < len; offset += page)
		region->at[offset] = 1;
	return 0;
}

int region_unmap(struct region *region)
{
	int err = munmap(region->whole, region->whole_len) ? -errno : 0;

	region->at = NULL;
	return err;
}
