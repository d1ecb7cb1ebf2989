// SPDX-License-Identifier: GPL-2.0-only
/*
 * hugetlb: uses huge pages. It sets the number of huge pages in the kernel's pool or in that of a
 * node, and the limit of surplus pages; maps some huge pages and writes to them, and unmaps them
 * again. Huge pages are movable, so the kernel also takes them from memory that was set online as
 * movable, and must move them when that memory is to go offline. Gigantic pages, larger than what
 * the buddy allocator has, are movable only by a free page of the pool.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/files.h"

#define SIZES_DIR "/sys/kernel/mm/hugepages"
#define NODES_DIR "/sys/devices/system/node"
#define OVERCOMMIT "nr_overcommit_hugepages"
#define MAPS_MAX 16
#define SIZES_MAX 16
#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26 /* include/uapi/asm-generic/hugetlb_encode.h */
#endif

struct size {
	unsigned shift;	 /* a page has 1 << SHIFT bytes */
	uint64_t pages;	 /* maximum number in a pool */
	char folder[40]; /* "hugepages-2048kB" */
};

static uint64_t surplus;
static struct size sizes[SIZES_MAX]; /* those that the agent uses, the smallest first */
static unsigned n_sizes;
static bool global, per_node, reserved, unreserved;
static struct listing listing; /* of the sizes in prepare(), then of the nodes */
static struct {
	char *at; /* NULL if it is not mapped */
	size_t len;
} maps[MAPS_MAX];

/* ---- parameters ---- */

/*
 * Reads the parameter KEY, a list of words: sets *A if it contains ONE, and *B if it contains TWO.
 */
static int take_words(struct run *run, const char *key, const char *one, bool *a, const char *two,
		      bool *b)
{
	char list[64], *rest = list, *word;

	if (!text_copy(list, sizeof(list), run_param(run, key)))
		list[0] = '\0';
	while ((word = strsep(&rest, ","))) {
		if (!strcmp(word, one))
			*a = true;
		else if (!strcmp(word, two))
			*b = true;
		else
			return run_fail(run, EINVAL, "invalid %s '%.40s' (%s, %s, or %s,%s)", key,
					run_param(run, key), one, two, one, two);
	}
	return 0;
}

/* Returns the bytes that WORD means, such as 2M or 1G, or 0. */
static uint64_t bytes_of(const char *word)
{
	static const char units[] = "KMG";
	char *end;
	uint64_t value = strtoull(word, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;

	return unit && !end[1] ? value << (10 * (unit - units + 1)) : 0;
}

/* Returns the bytes of a huge page of the default size, or 0. */
static uint64_t default_bytes(void)
{
	static char info[16384];
	char *cursor = info, *line;
	unsigned long long kb = 0;

	if (file_read(AT_FDCWD, "/proc/meminfo", info, sizeof(info)) <= 0)
		return 0;
	while ((line = text_line(&cursor)) && sscanf(line, "Hugepagesize: %llu", &kb) != 1)
		;
	return kb * 1024;
}

static int by_shift(const void *a, const void *b)
{
	return (int)((const struct size *)a)->shift - (int)((const struct size *)b)->shift;
}

/*
 * Adds the huge page size of BYTES bytes to `sizes`; or all sizes that the kernel supports if BYTES
 * is 0.
 */
static int find_sizes(struct run *run, uint64_t bytes)
{
	int err = listing_open(&listing, SIZES_DIR);
	unsigned long long kb;

	if (!err)
		err = listing_refresh(&listing, NULL);
	if (err < 0)
		return run_fail(run, -err, "cannot list " SIZES_DIR);
	close(listing.dir);
	for (unsigned i = 0; i < listing.count && n_sizes < SIZES_MAX; i++) {
		struct size *size = &sizes[n_sizes];

		if (sscanf(listing.name[i], "hugepages-%llukB", &kb) != 1 || !kb ||
		    (bytes && kb * 1024 != bytes) ||
		    !text_copy(size->folder, sizeof(size->folder), listing.name[i]))
			continue;
		size->shift = __builtin_ctzll(kb * 1024);
		n_sizes++;
	}
	qsort(sizes, n_sizes, sizeof(*sizes), by_shift);
	return 0;
}

static int take_sizes(struct run *run, uint64_t pages)
{
	const char *word = run_param(run, "size");
	bool all = !strcmp(word, "all");
	uint64_t bytes = 0;
	int err;

	if (!all)
		bytes = strcmp(word, "default") ? bytes_of(word) : default_bytes();
	if (!all && !bytes)
		return run_fail(run, EINVAL, "invalid size '%.40s' (default, all, or 2M)", word);
	err = find_sizes(run, bytes);
	if (err)
		return err;
	if (!n_sizes)
		return run_fail(run, ENODEV, "size '%.40s': not in " SIZES_DIR, word);
	for (unsigned i = 0; i < n_sizes; i++) {
		sizes[i].pages = pages >> (sizes[i].shift - sizes[0].shift);
		if (!sizes[i].pages)
			sizes[i].pages = 1;
	}
	return 0;
}

/* ---- operations ---- */

/*
 * Writes to RET the path of FILE, such as nr_hugepages, which applies to all nodes' pages of SIZE.
 */
static void global_path(char *ret, size_t max, const struct size *size, const char *file)
{
	snprintf(ret, max, SIZES_DIR "/%s/%s", size->folder, file);
}

/*
 * Stores the number in FILE, plus 1, in *BEFORE (a member of struct shared), unless another agent
 * has stored it already. So the last agent can restore the number from before the first agent.
 */
static void remember(const struct size *size, const char *file, _Atomic uint64_t *before)
{
	char path[128], word[24];
	uint64_t value, none = 0;

	global_path(path, sizeof(path), size, file);
	if (file_line(AT_FDCWD, path, word, sizeof(word)) > 0 && !text_number(word, &value))
		atomic_compare_exchange_strong(before, &none, value + 1);
}

static void set_global(struct run *run, enum op op, const struct size *size, const char *file,
		       uint64_t count)
{
	char path[128], word[24];

	global_path(path, sizeof(path), size, file);
	snprintf(word, sizeof(word), "%llu", (unsigned long long)count);
	op_write_path(run, op, AT_FDCWD, path, word);
}

static int prepare(struct run *run)
{
	uint64_t pages;
	int err = run_param_number(run, "pages", 1, 4096, &pages);

	if (!err)
		err = run_param_number(run, "surplus", 0, 4096, &surplus);
	if (!err)
		err = take_words(run, "per", "global", &global, "node", &per_node);
	if (!err)
		err = take_words(run, "reserve", "yes", &reserved, "no", &unreserved);
	if (!err)
		err = take_sizes(run, pages);
	for (unsigned i = 0; !err && i < n_sizes; i++) {
		remember(&sizes[i], "nr_hugepages", &shared->huge_pool[sizes[i].shift]);
		remember(&sizes[i], OVERCOMMIT, &shared->huge_surplus[sizes[i].shift]);
	}
	if (err || !per_node)
		return err;
	err = listing_open(&listing, NODES_DIR);
	return err ? run_fail(run, -err, "per 'node': cannot open " NODES_DIR) : 0;
}

/*
 * Sets the pool of one node. The node may have been removed since the listing, with its files; and
 * a node without memory may have none.
 */
static void set_node(struct run *run, const struct size *size, uint64_t count)
{
	char path[160], word[24];
	int err = listing_refresh(&listing, "node");

	if (err < 0 || !listing.count) {
		run_idle(run);
		return;
	}
	snprintf(path, sizeof(path), "%s/hugepages/%s/nr_hugepages",
		 listing.name[guest_rng_index(&run->shared->rng, listing.count)], size->folder);
	snprintf(word, sizeof(word), "%llu", (unsigned long long)count);
	err = op_write_path(run, OP_HUGE_NODE, listing.dir, path, word);
	listing.stale |= err == -ENOENT || err == -ENODEV;
}

/*
 * Sets the size of a pool. The write succeeds even if the kernel has memory only for fewer pages.
 */
static void set_pool(struct run *run, const struct size *size)
{
	uint64_t count = guest_rng_between(&run->shared->rng, 0, size->pages);

	if (per_node && (!global || guest_rng_index(&run->shared->rng, 2)))
		set_node(run, size, count);
	else
		set_global(run, OP_HUGE_POOL, size, "nr_hugepages", count);
}

/*
 * Writes to a page. If the kernel has no page for it, because it was not reserved, or because a
 * reserved page of the pool was poisoned, a store would raise SIGBUS. A system call that writes to
 * the page fails with EFAULT instead.
 */
static int write_page(char *at)
{
	return syscall(SYS_getcpu, at, NULL, NULL) ? -errno : 0;
}

static void map(struct run *run, unsigned i, const struct size *size)
{
	bool reserve = reserved && (!unreserved || guest_rng_index(&run->shared->rng, 2));
	size_t bytes = (size_t)1 << size->shift;
	size_t len = bytes * guest_rng_between(&run->shared->rng, 1, size->pages / 4 + 1);
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
		    (int)(size->shift << MAP_HUGE_SHIFT) | (reserve ? 0 : MAP_NORESERVE);
	enum op op = reserve ? OP_HUGE_MAP : OP_HUGE_UNRESERVED;
	char *at;
	int err = 0;

	op_begin(run, op);
	at = mmap(NULL, len, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (at == MAP_FAILED) {
		op_end(run, op, -errno);
		return;
	}
	for (size_t offset = 0; !err && offset < len; offset += bytes)
		err = write_page(at + offset);
	maps[i].at = at;
	maps[i].len = len;
	op_end(run, op, err);
}

static void unmap(struct run *run, unsigned i)
{
	op_begin(run, OP_HUGE_UNMAP);
	op_end(run, OP_HUGE_UNMAP, munmap(maps[i].at, maps[i].len) ? -errno : 0);
	maps[i].at = NULL;
}

static void step(struct run *run)
{
	struct guest_rng *rng = &run->shared->rng;
	const struct size *size = &sizes[guest_rng_index(rng, n_sizes)];
	unsigned i = guest_rng_index(rng, MAPS_MAX), what = guest_rng_index(rng, 16);

	if (what < 2)
		set_pool(run, size);
	else if (what == 2 && surplus)
		set_global(run, OP_HUGE_SURPLUS, size, OVERCOMMIT,
			   guest_rng_between(rng, 0, surplus));
	else if (maps[i].at)
		unmap(run, i);
	else
		map(run, i, size);
}

static void cleanup(struct run *run)
{
	for (unsigned i = 0; i < MAPS_MAX; i++)
		if (maps[i].at)
			unmap(run, i);
	for (unsigned i = 0; i < n_sizes; i++) {
		const struct size *size = &sizes[i];
		uint64_t pool = shared->huge_pool[size->shift];
		uint64_t limit = shared->huge_surplus[size->shift];

		if (surplus && limit)
			set_global(run, OP_HUGE_SURPLUS, size, OVERCOMMIT, limit - 1);
		if (pool)
			set_global(run, OP_HUGE_POOL, size, "nr_hugepages", pool - 1);
	}
}

const struct agent agent_hugetlb = {
	.name = "hugetlb",
	.needs = SIZES_DIR,
	.params =
		(const struct agent_param[]){
			{"pages", "32", "maximum number of huge pages in a pool"},
			{"size", "default", "size of the pages: default, all, or such as 2M"},
			{"per", "global", "whose pool is set: global, node, or both"},
			{"surplus", "0", "maximum of nr_overcommit_hugepages; 0: unchanged"},
			{"reserve", "yes", "whether maps reserve their pages: yes, no, or both"},
			{NULL},
		},
	.prepare = prepare,
	.step = step,
	.cleanup = cleanup,
};
