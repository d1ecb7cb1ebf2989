// SPDX-License-Identifier: GPL-2.0-only
/*
 * poison: reports to the kernel, as a machine check would, that the hardware of a page in plugged
 * memory is broken. Each such page is lost to the guest until its memory is unplugged, so the agent
 * does this to a few pages only.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/blocks.h"

#define PAGEMAP_PRESENT (UINT64_C(1) << 63)
#define PAGEMAP_FRAME ((UINT64_C(1) << 55) - 1)

static uint64_t left;
static int pagemap;
static long page_size;

static int prepare(struct run *run)
{
	int err = run_param_number(run, "pages", 1, 1024, &left);

	if (err)
		return err;
	page_size = sysconf(_SC_PAGESIZE);
	pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	return pagemap < 0 ? run_fail(run, errno, "/proc/self/pagemap") : 0;
}

/* True: the memory behind ADDRESS belongs to a block that was added after init started. */
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
	char *page;
	int err;

	if (!left) {
		run_idle(run);
		return;
	}
	page = mmap(NULL, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED) {
		run_idle(run);
		return;
	}
	*page = 1;
	if (is_plugged(page)) {
		op_begin(run, OP_POISON);
		err = madvise(page, page_size, MADV_HWPOISON) ? -errno : 0;
		op_end(run, OP_POISON, err);
		left -= !err;
	} else {
		run_idle(run);
	}
	munmap(page, page_size);
}

const struct agent agent_poison = {
	.name = "poison",
	.needs = BLOCKS_DIR "/hard_offline_page",
	.params =
		(const struct agent_param[]){
			{"pages", "1", "number of pages to poison"},
			{NULL},
		},
	.prepare = prepare,
	.step = step,
};
