// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup: creates control groups (cgroup v2), moves tasks between them, changes their limits, CPUs
 * and partitions, and deletes them. Each agent creates its groups below one group, /rigN. The tasks
 * that it moves are two child processes, which map and unmap memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/files.h"

#define ROOT "/tmp/cgroup"
#define TASKS 2
#define TASK_BYTES (1u << 20)
#define TASK_NS (5 * NS_PER_MS)

static char top[64];
static uint64_t groups;
static bool has_memory, has_cpuset;
static pid_t tasks[TASKS];
static uint64_t members; /* bit I is set if a task is or was in group I */
static uint64_t made;	 /* bit I is set if group I exists */

static int mount_root(void)
{
	if ((mkdir(ROOT, 0700) && errno != EEXIST) ||
	    (!file_exists(ROOT "/cgroup.procs") && mount("none", ROOT, "cgroup2", 0, NULL)))
		return -errno;
	return 0;
}

static void group_path(char *ret, size_t max, unsigned group, const char *file)
{
	snprintf(ret, max, "%s/%u%s%s", top, group, file ? "/" : "", file ? file : "");
}

/* Enables CONTROLLER for the agent's groups. Returns false if the kernel does not have it. */
static bool enable(const char *controller)
{
	char word[32], file[96];

	snprintf(word, sizeof(word), "+%s", controller);
	snprintf(file, sizeof(file), "%s/cgroup.subtree_control", top);
	return !file_write(AT_FDCWD, ROOT "/cgroup.subtree_control", word) &&
	       !file_write(AT_FDCWD, file, word);
}

/*
 * The main loop of a child: maps memory, which is charged to its group, writes to it, and unmaps
 * it. A move between cpusets waits for mmap_lock, which MAP_POPULATE holds for long. Above
 * memory.high a child would sleep with mmap_lock held for seconds, so MAP_POPULATE is not used with
 * the controller memory.
 */
static _Noreturn void live(pid_t parent)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int populate = has_memory ? 0 : MAP_POPULATE;

	signal(SIGUSR1, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent) {
		char *memory = mmap(NULL, TASK_BYTES, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | populate, -1, 0);

		for (size_t at = 0; memory != MAP_FAILED && at < TASK_BYTES; at += page)
			*(volatile char *)(memory + at) = 1;
		nanosleep(&(struct timespec){.tv_nsec = TASK_NS}, NULL);
		if (memory != MAP_FAILED)
			munmap(memory, TASK_BYTES);
	}
	_exit(0);
}

static int prepare(struct run *run)
{
	const char *list = run_param(run, "controllers");
	int err = run_param_number(run, "groups", 1, 64, &groups);

	if (!err)
		err = mount_root();
	if (err)
		return run->shared->what[0] ? err
					    : run_fail(run, -err, "cannot mount cgroup2 on " ROOT);
	snprintf(top, sizeof(top), ROOT "/rig%u", run->index);
	if (mkdir(top, 0700) && errno != EEXIST)
		return run_fail(run, errno, "cannot create %s", top);
	has_memory = strstr(list, "memory") && enable("memory");
	has_cpuset = strstr(list, "cpuset") && enable("cpuset");
	if (!has_memory && !has_cpuset)
		return run_fail(run, ENODEV, "controllers '%.60s': the kernel has none of them "
				"(allowed: memory, cpuset)",
				list);
	for (unsigned i = 0; i < TASKS; i++) {
		pid_t parent = getpid();

		tasks[i] = fork();
		if (!tasks[i])
			live(parent);
		if (tasks[i] < 0)
			return run_fail(run, errno, "cannot fork a task");
	}
	return 0;
}

static void make(struct run *run, unsigned group)
{
	char path[96];
	int err;

	group_path(path, sizeof(path), group, NULL);
	op_begin(run, OP_GROUP_MAKE);
	err = mkdir(path, 0700) ? -errno : 0;
	op_end(run, OP_GROUP_MAKE, err);
	if (!err)
		made |= UINT64_C(1) << group;
}

static int write_pid(const char *file, pid_t pid)
{
	char word[16];

	snprintf(word, sizeof(word), "%d", pid);
	return file_write(AT_FDCWD, file, word);
}

static void move(struct run *run, unsigned group)
{
	char path[96];
	int err;

	group_path(path, sizeof(path), group, "cgroup.procs");
	op_begin(run, OP_GROUP_MOVE);
	err = write_pid(path, tasks[guest_rng_index(&run->shared->rng, TASKS)]);
	op_end(run, OP_GROUP_MOVE, err);
	if (!err)
		members |= UINT64_C(1) << group;
}

/* Writes a random value to a random attribute of the enabled controllers. */
static void set(struct run *run, unsigned group)
{
	static const struct {
		bool *wanted;
		const char *file, *words[5];
	} attributes[] = {
		{&has_memory, "memory.high", {"max", "2M", "512K", "64K", NULL}},
		{&has_memory, "memory.max", {"max", "64M", "32M", "16M", NULL}},
		{&has_memory, "memory.reclaim", {"64K", "256K", "1M", NULL}},
		{&has_cpuset, "cpuset.cpus", {"0", "0-1", "1", "0-3", NULL}},
		{&has_cpuset, "cpuset.mems", {"0", "0-1", NULL}},
		{&has_cpuset,
		 "cpuset.cpus.partition",
		 {"root", "member", "isolated", "member", NULL}},
	};
	unsigned first = has_memory ? 0 : 3, end = has_cpuset ? 6 : 3, n = 0;
	unsigned i;
	enum op op;
	char path[96];

	if (first == end)
		return;
	i = first + guest_rng_index(&run->shared->rng, end - first);
	op = i < 3 ? OP_GROUP_LIMIT : OP_GROUP_CPUS;
	while (attributes[i].words[n])
		n++;
	group_path(path, sizeof(path), group, attributes[i].file);
	op_write_path(run, op, AT_FDCWD, path,
		      attributes[i].words[guest_rng_index(&run->shared->rng, n)]);
}

/* Deletes a group. A group with tasks cannot be deleted, so all tasks move to the root first. */
static void drop(struct run *run, unsigned group)
{
	uint64_t bit = UINT64_C(1) << group;
	char path[96];
	int err;

	for (unsigned i = 0; members & bit && i < TASKS; i++)
		write_pid(ROOT "/cgroup.procs", tasks[i]);
	if (members & bit)
		members = 0;
	group_path(path, sizeof(path), group, NULL);
	op_begin(run, OP_GROUP_DELETE);
	err = rmdir(path) ? -errno : 0;
	op_end(run, OP_GROUP_DELETE, err);
	if (!err || err == -ENOENT)
		made &= ~bit;
}

static void step(struct run *run)
{
	unsigned group = guest_rng_index(&run->shared->rng, groups);

	if (!(made & UINT64_C(1) << group)) {
		make(run, group);
		return;
	}
	switch (guest_rng_index(&run->shared->rng, 8)) {
	case 0:
		drop(run, group);
		break;
	case 1:
	case 2:
	case 3:
		set(run, group);
		break;
	default:
		move(run, group);
	}
}

static void cleanup(struct run *run)
{
	for (unsigned i = 0; i < TASKS; i++)
		if (tasks[i] > 0) {
			kill(tasks[i], SIGKILL);
			waitpid(tasks[i], NULL, 0);
		}
	members = 0;
	for (unsigned i = 0; i < groups; i++)
		if (made & UINT64_C(1) << i)
			drop(run, i);
	rmdir(top);
}

static int lacks(struct text *what)
{
	char list[512];

	if (file_read(AT_FDCWD, "/proc/cgroups", list, sizeof(list)) > 0 &&
	    (strstr(list, "cpuset") || strstr(list, "memory")))
		return 0;
	text_add(what, "the cgroup controllers memory and cpuset");
	return -ENODEV;
}

const struct agent agent_cgroup = {
	.name = "cgroup",
	.lacks = lacks,
	.params =
		(const struct agent_param[]){
			{"controllers", "memory,cpuset", "those that the kernel has are enabled"},
			{"groups", "6", "number of groups"},
			{NULL},
		},
	.prepare = prepare,
	.step = step,
	.cleanup = cleanup,
	.patience_ms = 15000,
};
