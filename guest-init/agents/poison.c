// SPDX-License-Identifier: GPL-2.0-only
/*
 * poison: reports to the kernel, as a machine check would, that a page in plugged memory has a
 * hardware error (hard), or should not be used any more (soft). The guest cannot use the page again
 * until its memory is unplugged, so the agent does this only to a few pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/blocks.h"
#include "guest-init/files.h"
#include "guest-init/region.h"

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101 /* include/uapi/asm-generic/mman-common.h */
#endif
#define PAGEMAP_PRESENT (UINT64_C(1) << 63)
#define PAGEMAP_FRAME ((UINT64_C(1) << 55) - 1)

/* The pages that can be poisoned, and how memory with such pages is mapped. */
static const struct kind {
	const char *name;
	bool large; /* larger than a small page */
	int flags, advice;
} kinds[] = {
	{"small", false, 0, MADV_NORMAL},
	{"thp", true, 0, MADV_HUGEPAGE},
	{"huge", true, MAP_HUGETLB, MADV_NORMAL},
};

static uint64_t left;
static int pagemap;
static long page_size;
static size_t length; /* bytes of a page of the chosen kind */
static const struct kind *kind;
static bool soft;

static int prepare(struct run *run)
{
	const char *name = run_param(run, "kind"), *how = run_param(run, "how");
	int err = run_param_number(run, "pages", 1, 65536, &left);

	if (err)
		return err;
	for (unsigned i = 0; i < countof(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			kind = &kinds[i];
	soft = !strcmp(how, "soft");
	if (!kind || (!soft && strcmp(how, "hard")))
		return run_fail(run, EINVAL, "invalid %s '%.40s' (%s)", kind ? "how" : "kind",
				kind ? how : name, kind ? "hard or soft" : "small, thp or huge");
	page_size = sysconf(_SC_PAGESIZE);
	length = kind->large ? region_huge_size() : (size_t)page_size;
	if (!length)
		return run_fail(run, ENODEV, "kind '%s': the kernel has no huge pages", name);
	pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	return pagemap < 0 ? run_fail(run, errno, "cannot open /proc/self/pagemap") : 0;
}

/*
 * Returns true if the page at ADDRESS belongs to a memory block that was added after init had
 * started.
 */
static bool is_plugged(const void *address)
{
	uint64_t entry;

	if (pread(pagemap, &entry, sizeof(entry), (uintptr_t)address / page_size * sizeof(entry)) !=
		    sizeof(entry) ||
	    !(entry & PAGEMAP_PRESENT) || !blocks_size())
		return false;
	return !blocks_at_boot((entry & PAGEMAP_FRAME) * page_size / blocks_size());
}

/*
 * Poisons a page of this process. User memory is movable, and the kernel allocates it first from
 * the movable zone, which is in online DIMMs.
 */
static void step(struct run *run)
{
	struct region region;
	char *page;
	int err;

	if (!left ||
	    region_map(&region, kind->flags ? 0 : length, length, kind->flags, kind->advice)) {
		run_idle(run);
		return;
	}
	page = region.at + page_size * guest_rng_index(&run->shared->rng, length / page_size);
	if (is_plugged(page)) {
		op_begin(run, OP_POISON);
		err = madvise(page, page_size, soft ? MADV_SOFT_OFFLINE : MADV_HWPOISON) ? -errno
											 : 0;
		op_end(run, OP_POISON, err);
		left -= !err;
	} else {
		run_idle(run);
	}
	region_unmap(&region);
}

const struct agent agent_poison = {
	.name = "poison",
	.needs = BLOCKS_DIR "/hard_offline_page",
	.params =
		(const struct agent_param[]){
			{"pages", "1", "number of pages to poison"},
			{"kind", "small", "kind of page: small, thp or huge (hugetlb)"},
			{"how", "hard", "hard: an error was found; soft: errors are likely"},
			{NULL},
		},
	.prepare = prepare,
	.step = step,
};
