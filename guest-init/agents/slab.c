// SPDX-License-Identifier: GPL-2.0-only
/*
 * slab-read and slab-shrink read and write SLUB's sysfs files; slab-churn creates and destroys
 * caches.
 *
 * Reading /sys/kernel/slab/CACHE/... holds kn->active and walks NUMA nodes. Shrinking a cache takes
 * cpu_hotplug_lock; destroying it takes cpu_hotplug_lock and slab_mutex. Before v5.12, both also
 * take mem_hotplug_lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/files.h"

#define SLAB_DIR "/sys/kernel/slab"
#define CHURN "/sys/kernel/debug/rig/slab"
#define READ_LIMIT (256 * 1024)

static struct listing caches;
/* Only caches whose name is this prefix and a number are used; all caches if it is NULL. */
static const char *prefix;

/* ---- the agent slab-read: reads all files of one cache, then of the next ---- */

static char wanted[128][LISTING_NAME];
static unsigned n_wanted, at_file;
static unsigned at_cache;

static int take_files(struct run *run, const char *files)
{
	char list[256], *cursor = list, *name;

	if (!text_copy(list, sizeof(list), files))
		return run_fail(run, E2BIG, "files is longer than %zu characters",
				sizeof(list) - 1);
	while ((name = strsep(&cursor, ","))) {
		if (!*name || strchr(name, '/') || *name == '.' || n_wanted == countof(wanted) ||
		    !text_copy(wanted[n_wanted], LISTING_NAME, name))
			return run_fail(run, EINVAL,
					"files: '%.40s' is not a file of a cache, or there are "
					"more than %zu names",
					name, countof(wanted));
		n_wanted++;
	}
	return 0;
}

/* Lists the files of the first cache, because all caches have the same files. */
static int all_files(struct run *run)
{
	static struct listing files;
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), SLAB_DIR "/%s", caches.name[0]);
	if (listing_open(&files, path) || listing_refresh(&files, NULL) < 0)
		return run_fail(run, EIO, "cannot list %s", path);
	for (unsigned i = 0; i < files.count && n_wanted < countof(wanted); i++) {
		if (fstatat(files.dir, files.name[i], &st, AT_SYMLINK_NOFOLLOW) ||
		    !S_ISREG(st.st_mode) || !(st.st_mode & 0444))
			continue;
		n_wanted += text_copy(wanted[n_wanted], LISTING_NAME, files.name[i]);
	}
	close(files.dir);
	return n_wanted ? 0 : run_fail(run, ENOENT, "%s has no files", path);
}

static int open_caches(struct run *run)
{
	int err = listing_open(&caches, SLAB_DIR);

	if (!err)
		err = listing_refresh(&caches, NULL);
	if (err < 0 || !caches.count)
		return run_fail(run, ENOENT, SLAB_DIR);
	/* do not fail if no cache matches, because a matching one may be created later */
	prefix = run_param(run, "caches");
	if (!strcmp(prefix, "all"))
		prefix = NULL;
	else
		caches.stale = true;
	return 0;
}

static int prepare_read(struct run *run)
{
	const char *files = run_param(run, "files");
	int err = open_caches(run);

	if (err)
		return err;
	return !strcmp(files, "all") ? all_files(run) : take_files(run, files);
}

static void step_read(struct run *run)
{
	char path[160];
	long err;

	if (!at_file) {
		listing_refresh(&caches, prefix);
		if (!caches.count) {
			caches.stale = true;
			run_idle(run);
			return;
		}
		at_cache = guest_rng_index(&run->shared->rng, caches.count);
	}
	snprintf(path, sizeof(path), "%s/%s", caches.name[at_cache], wanted[at_file]);
	op_begin(run, OP_SLAB_READ);
	err = file_drain(caches.dir, path, READ_LIMIT);
	op_end(run, OP_SLAB_READ, err);
	at_file = (at_file + 1) % n_wanted;
	if (err == -ENOENT || err == -ENODEV) {
		/* the cache was destroyed, or only lacks this file */
		caches.stale = !at_file || faccessat(caches.dir, caches.name[at_cache], F_OK, 0);
		at_file = caches.stale ? 0 : at_file;
	}
}

#define CACHES_PARAM \
	{"caches", "all", "all, or a prefix: caches whose name is the prefix and a number"}

const struct agent agent_slab_read = {
	.name = "slab-read",
	.needs = SLAB_DIR,
	.params =
		(const struct agent_param[]){
			{"files", "all", "files of each cache: all, or names: slabs,objects"},
			CACHES_PARAM,
			{NULL},
		},
	.prepare = prepare_read,
	.step = step_read,
};

/* ---- the agent slab-shrink ---- */

static void step_shrink(struct run *run)
{
	char path[128];
	int err;

	listing_refresh(&caches, prefix);
	if (!caches.count) {
		caches.stale = true;
		run_idle(run);
		return;
	}
	snprintf(path, sizeof(path), "%s/shrink",
		 caches.name[guest_rng_index(&run->shared->rng, caches.count)]);
	err = op_write_path(run, OP_SLAB_SHRINK, caches.dir, path, "1");
	caches.stale |= err == -ENOENT || err == -ENODEV;
}

const struct agent agent_slab_shrink = {
	.name = "slab-shrink",
	.needs = SLAB_DIR,
	.params = (const struct agent_param[]){
		CACHES_PARAM,
		{NULL},
	},
	.prepare = open_caches,
	.step = step_shrink,
};

/*
 * slab-churn: creates and destroys caches. Each cache has a slot, a number below 64, which is part
 * of its name. Agents that run at the same time use different slots.
 */

static int churn_fd;
static unsigned slot[64], n_slots;
static bool there[64];

/*
 * Restricts the agent to the CPUs of NODE, so that the kernel prefers memory of that node. The file
 * cpulist has a format like "1,3-5".
 */
static int run_on_node(unsigned node)
{
	char path[64], list[256], *cursor = list, *word;
	cpu_set_t cpus;
	long len;

	CPU_ZERO(&cpus);
	snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/cpulist", node);
	len = file_read(AT_FDCWD, path, list, sizeof(list));
	if (len < 0)
		return (int)len;
	while ((word = strsep(&cursor, ",\n"))) {
		unsigned first, last;
		int n = sscanf(word, "%u-%u", &first, &last);

		for (unsigned cpu = first;
		     n > 0 && cpu <= (n > 1 ? last : first) && cpu < CPU_SETSIZE; cpu++)
			CPU_SET(cpu, &cpus);
	}
	if (!CPU_COUNT(&cpus))
		return -ENOENT;
	return sched_setaffinity(0, sizeof(cpus), &cpus) ? -errno : 0;
}

static int prepare_churn(struct run *run)
{
	uint64_t slots, mine, node;
	int err = run_param_number(run, "slots", 1, 64, &slots);

	if (!err && run_param(run, "node")) {
		err = run_param_number(run, "node", 0, 63, &node);
		if (!err && (err = run_on_node(node)))
			return run_fail(run, -err,
					"cannot restrict the agent to the CPUs of node %u",
					(unsigned)node);
	}
	if (err)
		return err;
	mine = shared_claim(run, slots);
	if (!mine)
		return run_fail(run, EBUSY,
				"slots: no %u consecutive slots are free; all slab-churn agents "
				"together have 64",
				(unsigned)slots);
	for (unsigned bit = 0; bit < 64; bit++)
		if (mine >> bit & 1)
			slot[n_slots++] = bit;
	churn_fd = open(CHURN, O_WRONLY | O_CLOEXEC);
	return churn_fd < 0 ? run_fail(run, errno, CHURN) : 0;
}

static void step_churn(struct run *run)
{
	struct guest_rng *rng = &run->shared->rng;
	unsigned which = guest_rng_index(rng, n_slots);
	char word[48];
	enum op op;
	int len, err;

	/* shrink an existing cache every other time, instead of destroying it */
	if (!there[which]) {
		op = OP_CACHE_CREATE;
		len = snprintf(word, sizeof(word), "create %u %u", slot[which],
			       (unsigned)guest_rng_between(rng, 8, 4096));
	} else if (guest_rng_next(rng) & 1) {
		op = OP_CACHE_SHRINK;
		len = snprintf(word, sizeof(word), "shrink %u", slot[which]);
	} else {
		op = OP_CACHE_DESTROY;
		len = snprintf(word, sizeof(word), "destroy %u", slot[which]);
	}
	err = op_write(run, op, churn_fd, word, len);
	if (op == OP_CACHE_CREATE)
		there[which] = !err || err == -EBUSY;
	else if (op == OP_CACHE_DESTROY || err)
		there[which] = false;
}

static void cleanup_churn(struct run *run)
{
	char word[32];

	(void)run;
	for (unsigned i = 0; i < n_slots; i++) {
		int len = snprintf(word, sizeof(word), "destroy %u", slot[i]);

		if (there[i] && write(churn_fd, word, len) < 0)
			return;
	}
}

const struct agent agent_slab_churn = {
	.name = "slab-churn",
	.needs = CHURN,
	.params =
		(const struct agent_param[]){
			{"slots", "8", "maximum number of caches; all agents together can have 64"},
			{"node", NULL,
			 "run on this node's CPUs, so that slabs come from it as soon as it has "
			 "memory"},
			{NULL},
		},
	.prepare = prepare_churn,
	.step = step_churn,
	.cleanup = cleanup_churn,
};
