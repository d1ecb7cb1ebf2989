// SPDX-License-Identifier: GPL-2.0-only
/*
 * mem-read: reads files about memory while memory changes: in procfs, of nodes and memory blocks,
 * page_owner, and the page table dump. Reading many of them calls get_online_mems(), holds
 * kn->active, or walks zones and struct pages that other agents may remove.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/files.h"

#define READ_LIMIT (1024 * 1024)

/* A group of files. If DIR is set, the files are in its subfolders named PREFIX and a number. */
struct group {
	const char *name;
	enum op op;
	const char *dir, *prefix;
	const char *const *files;
	/* the file offset is a page frame number, so reading starts at a random offset */
	bool seek;
};

#define FILES (const char *const[])

static const struct group groups[] = {
	{"proc", OP_READ_PROC, NULL, NULL,
	 FILES{"/proc/zoneinfo", "/proc/meminfo", "/proc/vmstat", "/proc/buddyinfo",
	       "/proc/pagetypeinfo", "/proc/slabinfo", "/proc/iomem", NULL}},
	{"node", OP_READ_NODE, "/sys/devices/system/node", "node",
	 FILES{"meminfo", "numastat", "vmstat", "distance", "cpulist", NULL}},
	{"block", OP_READ_BLOCK, "/sys/devices/system/memory", "memory",
	 FILES{"removable", "state", "online", "phys_device", "phys_index", NULL}},
	/*
	 * this file has a group of its own, because Linux 6.1 dereferences a NULL pointer if it is
	 * read while its block is being added
	 */
	{"zones", OP_READ_BLOCK, "/sys/devices/system/memory", "memory",
	 FILES{"valid_zones", NULL}},
	{"page_owner", OP_READ_PAGE_OWNER, NULL, NULL, FILES{"/sys/kernel/debug/page_owner", NULL},
	 .seek = true},
	/* the path depends on the architecture and kernel version: the files that exist are read */
	{"ptdump", OP_READ_PTDUMP, NULL, NULL,
	 FILES{"/sys/kernel/debug/page_tables/kernel", "/sys/kernel/debug/kernel_page_tables",
	       NULL}},
};

static struct {
	const struct group *group;
	const char *files[8]; /* the files of the group that exist */
	unsigned n_files;
	struct listing entries;
} chosen[countof(groups)];
static unsigned n_chosen;
static uint64_t first_frame, n_frames;

static bool is_wanted(const char *list, const char *name)
{
	size_t len = strlen(name);

	if (!strcmp(list, "all"))
		return true;
	for (; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL)
		if (!strncmp(list, name, len) && (!list[len] || list[len] == ','))
			return true;
	return false;
}

static void choose(const struct group *group)
{
	chosen[n_chosen].group = group;
	chosen[n_chosen].n_files = 0;
	if (group->dir && listing_open(&chosen[n_chosen].entries, group->dir))
		return;
	for (const char *const *file = group->files; *file; file++)
		if (group->dir || file_exists(*file))
			chosen[n_chosen].files[chosen[n_chosen].n_files++] = *file;
	n_chosen += chosen[n_chosen].n_files > 0;
}

static int prepare(struct run *run)
{
	const char *wanted = run_param(run, "files");
	int err = run_param_number(run, "frame", 0, INT64_MAX / 2, &first_frame);

	if (!err)
		err = run_param_number(run, "frames", 1, INT64_MAX / 2, &n_frames);
	if (err)
		return err;

	for (unsigned i = 0; i < countof(groups); i++)
		if (is_wanted(wanted, groups[i].name))
			choose(&groups[i]);
	return n_chosen ? 0 : run_fail(run, ENOENT, "files %.60s: this kernel has none of them",
				       wanted);
}

/*
 * Reads a few records, from a random page frame on. For each record, the kernel may walk over many
 * pages, so more records would take long.
 */
static int read_from(struct run *run, const char *path)
{
	static char sink[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t frame = guest_rng_between(&run->shared->rng, first_frame,
					   first_frame + n_frames - 1);
	int err = 0;

	if (fd < 0)
		return -errno;
	for (int record = 0; record < 4 && !err; record++) {
		if (pread(fd, sink, sizeof(sink), frame + record) < 0)
			err = -errno;
	}
	close(fd);
	return err;
}

static void step(struct run *run)
{
	struct guest_rng *rng = &run->shared->rng;
	unsigned which = guest_rng_index(rng, n_chosen);
	const struct group *group = chosen[which].group;
	struct listing *entries = &chosen[which].entries;
	const char *file = chosen[which].files[guest_rng_index(rng, chosen[which].n_files)];
	char path[160];
	int err;

	if (group->dir) {
		listing_refresh(entries, group->prefix);
		if (!entries->count) {
			run_idle(run);
			return;
		}
		snprintf(path, sizeof(path), "%s/%s",
			 entries->name[guest_rng_index(rng, entries->count)], file);
		file = path;
	}
	op_begin(run, group->op);
	err = group->seek ? read_from(run, file)
			  : file_drain(group->dir ? entries->dir : AT_FDCWD, file, READ_LIMIT);
	op_end(run, group->op, err);
	entries->stale |= err == -ENOENT || err == -ENODEV;
}

const struct agent agent_mem_read = {
	.name = "mem-read",
	.params =
		(const struct agent_param[]){
			{"files", "all", "all, or some of: proc,node,block,zones,page_owner,"
			 "ptdump"},
			{"frame", "0", "page_owner: the lowest page frame number at which a read "
				       "begins"},
			{"frames", "2097152", "page_owner: the number of page frames from which "
					      "the start of a read is drawn"},
			{NULL},
		},
	.prepare = prepare,
	.step = step,
};
