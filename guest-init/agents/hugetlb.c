// SPDX-License-Identifier: GPL-2.0-only
/*
 * hugetlb: uses huge pages. It sets the size of the kernel's pool, maps some of them and writes to
 * them, and unmaps them again. Huge pages are movable, so the kernel also takes them from memory
 * that was set online as movable, and must move them when that memory is to go offline.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

#include "guest-init/agent.h"
#include "guest-init/files.h"

#define POOL "/proc/sys/vm/nr_hugepages"
#define MAPS_MAX 16

static uint64_t pages, size;
static struct {
	char *at; /* NULL if it is not mapped */
	size_t len;
} maps[MAPS_MAX];

static int prepare(struct run *run)
{
	static char info[16384];
	char *cursor = info, *line;
	unsigned long long kb = 0;
	int err = run_param_number(run, "pages", 1, 4096, &pages);

	if (err)
		return err;
	if (file_read(AT_FDCWD, "/proc/meminfo", info, sizeof(info)) <= 0)
		return run_fail(run, ENOENT, "cannot read /proc/meminfo");
	while ((line = text_line(&cursor)) && sscanf(line, "Hugepagesize: %llu", &kb) != 1)
		;
	size = kb * 1024;
	return size ? 0 : run_fail(run, ENODEV, "/proc/meminfo has no Hugepagesize");
}

/*
 * Sets the size of the pool. The write succeeds even if the kernel has memory only for fewer pages.
 */
static void set_pool(struct run *run, uint64_t count)
{
	char word[24];

	snprintf(word, sizeof(word), "%llu", (unsigned long long)count);
	op_write_path(run, OP_HUGE_POOL, AT_FDCWD, POOL, word);
}

static void map(struct run *run, unsigned i)
{
	size_t len = size * guest_rng_between(&run->shared->rng, 1, pages / 4 + 1);
	char *at;

	op_begin(run, OP_HUGE_MAP);
	/* without MAP_NORESERVE the pages are reserved, so that no write to them can fail */
	at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1,
		  0);
	if (at == MAP_FAILED) {
		op_end(run, OP_HUGE_MAP, -errno);
		return;
	}
	for (size_t offset = 0; offset < len; offset += size)
		at[offset] = 1;
	maps[i].at = at;
	maps[i].len = len;
	op_end(run, OP_HUGE_MAP, 0);
}

static void unmap(struct run *run, unsigned i)
{
	op_begin(run, OP_HUGE_UNMAP);
	op_end(run, OP_HUGE_UNMAP, munmap(maps[i].at, maps[i].len) ? -errno : 0);
	maps[i].at = NULL;
}

static void step(struct run *run)
{
	unsigned i = guest_rng_index(&run->shared->rng, MAPS_MAX);

	if (guest_rng_index(&run->shared->rng, 8) == 0)
		set_pool(run, guest_rng_between(&run->shared->rng, 0, pages));
	else if (maps[i].at)
		unmap(run, i);
	else
		map(run, i);
}

static void cleanup(struct run *run)
{
	for (unsigned i = 0; i < MAPS_MAX; i++)
		if (maps[i].at)
			unmap(run, i);
	set_pool(run, 0);
}

const struct agent agent_hugetlb = {
	.name = "hugetlb",
	.needs = POOL,
	.params =
		(const struct agent_param[]){
			{"pages", "32", "maximum number of huge pages in the pool"},
			{NULL},
		},
	.prepare = prepare,
	.step = step,
	.cleanup = cleanup,
};
