// SPDX-License-Identifier: GPL-2.0-only
/*
 * ksm: maps pages with the same content, which the kernel merges. It writes to some of them, and
 * then makes the kernel unmerge the rest by MADV_UNMERGEABLE.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/files.h"
#include "guest-init/region.h"

#define KSM "/sys/kernel/mm/ksm/"
#define REGIONS 8

static struct region regions[REGIONS];
static uint64_t pages;
static size_t small;

static int prepare(struct run *run)
{
	int err = run_param_number(run, "pages", 1, 65536, &pages);

	if (err)
		return err;
	small = sysconf(_SC_PAGESIZE);
	err = file_write(AT_FDCWD, KSM "sleep_millisecs", "5");
	if (!err)
		err = file_write(AT_FDCWD, KSM "run", "1");
	return err ? run_fail(run, -err, "cannot write to sleep_millisecs and run in " KSM) : 0;
}

static void map(struct run *run, struct region *region)
{
	int err;

	op_begin(run, OP_KSM_MERGE);
	err = region_map(region, small, pages * small, 0, MADV_MERGEABLE);
	op_end(run, OP_KSM_MERGE, err);
}

static void step(struct run *run)
{
	struct region *region = &regions[guest_rng_index(&run->shared->rng, REGIONS)];
	unsigned what = guest_rng_index(&run->shared->rng, 8);
	int err;

	if (!region->at) {
		map(run, region);
		return;
	}
	if (what < 6) {
		/* a write to a merged page makes the kernel copy it */
		op_begin(run, OP_KSM_WRITE);
		region->at[small * guest_rng_index(&run->shared->rng, pages)] ^= 2;
		op_end(run, OP_KSM_WRITE, 0);
		return;
	}
	op_begin(run, OP_KSM_UNMERGE);
	err = madvise(region->at, region->len, MADV_UNMERGEABLE) ? -errno : 0;
	op_end(run, OP_KSM_UNMERGE, err);
	region_unmap(region);
}

/* Writes 2, which stops ksmd and unmerges all pages (Documentation/admin-guide/mm/ksm.rst). */
static void cleanup(struct run *run)
{
	(void)run;
	file_write(AT_FDCWD, KSM "run", "2");
}

const struct agent agent_ksm = {
	.name = "ksm",
	.needs = KSM "run",
	.params =
		(const struct agent_param[]){
			{"pages", "256", "pages of one mapping, all of the same content"},
			{NULL},
		},
	.prepare = prepare,
	.step = step,
	.cleanup = cleanup,
};
