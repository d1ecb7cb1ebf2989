// SPDX-License-Identifier: GPL-2.0-only
/*
 * thp: maps memory in transparent huge pages; frees a small page of one, which splits its mapping;
 * splits the huge pages through debugfs; collapses small pages; and unmaps the memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/files.h"
#include "guest-init/region.h"

#define ENABLED "/sys/kernel/mm/transparent_hugepage/enabled"
#define SPLIT "/sys/kernel/debug/split_huge_pages"
#define REGIONS 16

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* include/uapi/asm-generic/mman-common.h, since 6.1 */
#endif

static struct region regions[REGIONS];
static uint64_t pages;
static size_t huge, small;
static int split_fd;

static int prepare(struct run *run)
{
	int err = run_param_number(run, "pages", 1, 64, &pages);

	if (err)
		return err;
	huge = region_huge_size();
	small = sysconf(_SC_PAGESIZE);
	split_fd = open(SPLIT, O_WRONLY | O_CLOEXEC);
	return huge ? 0 : run_fail(run, ENODEV, "the kernel reports no size of huge pages");
}

static void map(struct run *run, struct region *region)
{
	size_t len = huge * guest_rng_between(&run->shared->rng, 1, pages);
	int err;

	op_begin(run, OP_THP_MAP);
	err = region_map(region, huge, len, 0, MADV_HUGEPAGE);
	op_end(run, OP_THP_MAP, err);
}

static char *any_page(struct run *run, const struct region *region)
{
	return region->at + small * guest_rng_index(&run->shared->rng, region->len / small);
}

/*
 * Frees a small page of a huge page. This splits the PMD mapping of the huge page; the kernel
 * splits the page itself later, when it reclaims memory.
 */
static void free_part(struct run *run, const struct region *region)
{
	op_begin(run, OP_THP_SPLIT);
	op_end(run, OP_THP_SPLIT,
	       madvise(any_page(run, region), small, MADV_DONTNEED) ? -errno : 0);
}

static void split(struct run *run, const struct region *region)
{
	char word[80];
	int len = snprintf(word, sizeof(word), "%d,0x%lx,0x%lx", getpid(),
			   (unsigned long)region->at, (unsigned long)(region->at + region->len));

	op_write(run, OP_THP_SPLIT, split_fd, word, len);
}

static void collapse(struct run *run, const struct region *region)
{
	for (size_t offset = 0; offset < region->len; offset += small)
		region->at[offset] = 1;
	op_begin(run, OP_THP_COLLAPSE);
	op_end(run, OP_THP_COLLAPSE, madvise(region->at, region->len, MADV_COLLAPSE) ? -errno : 0);
}

static void unmap(struct run *run, struct region *region)
{
	op_begin(run, OP_THP_UNMAP);
	op_end(run, OP_THP_UNMAP, region_unmap(region));
}

static void step(struct run *run)
{
	struct region *region = &regions[guest_rng_index(&run->shared->rng, REGIONS)];

	if (!region->at) {
		map(run, region);
		return;
	}
	switch (guest_rng_index(&run->shared->rng, 4)) {
	case 0:
		free_part(run, region);
		break;
	case 1:
		if (split_fd >= 0) {
			split(run, region);
			break;
		}
		free_part(run, region);
		break;
	case 2:
		collapse(run, region);
		break;
	default:
		unmap(run, region);
	}
}

const struct agent agent_thp = {
	.name = "thp",
	.needs = ENABLED,
	.params =
		(const struct agent_param[]){
			{"pages", "4", "maximum number of huge pages in one mapping"},
			{NULL},
		},
	.prepare = prepare,
	.step = step,
};
