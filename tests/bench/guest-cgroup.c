// SPDX-License-Identifier: GPL-2.0-only
/*
 * The system calls of the agent cgroup (guest-init/agents/cgroup.c) with `controllers: cpuset`: as
 * many groups and tasks, and the same operations with the same probabilities.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/guest-actors.h"

#define GROUPS "/tmp/cgroup"
#define TOP GROUPS "/bench"

static pid_t group_tasks[2];

/* The main loop of a task: maps and unmaps memory. */
static _Noreturn void live(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		void *at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
		if (at != MAP_FAILED)
			munmap(at, 1 << 20);
	}
}

static void prepare_cgroup(void)
{
	mkdir(GROUPS, 0700);
	mount("none", GROUPS, "cgroup2", 0, NULL);
	mkdir(TOP, 0700);
	write_file(GROUPS "/cgroup.subtree_control", "+cpuset");
	write_file(TOP "/cgroup.subtree_control", "+cpuset");
	for (unsigned i = 0; i < 2; i++) {
		group_tasks[i] = fork();
		if (!group_tasks[i])
			live();
	}
}

static void write_pid(const char *path, pid_t pid)
{
	char word[16];

	snprintf(word, sizeof(word), "%d", pid);
	write_file(path, word);
}

void step_cgroup(char **args)
{
	static const struct {
		const char *file, *words[4];
		unsigned count;
	} attributes[] = {
		{"cpuset.cpus", {"0", "0-1", "1", "0-3"}, 4},
		{"cpuset.mems", {"0", "0-1"}, 2},
		{"cpuset.cpus.partition", {"root", "member", "isolated", "member"}, 4},
	};
	static bool made[6], members[6];
	unsigned group = pick(6), what, i;
	char path[96];

	(void)args;
	if (!ops)
		prepare_cgroup();
	ops++;
	snprintf(path, sizeof(path), TOP "/%u", group);
	if (!made[group]) {
		made[group] = !mkdir(path, 0700);
		return;
	}
	what = pick(8);
	if (what == 0) {
		for (i = 0; members[group] && i < 2; i++)
			write_pid(GROUPS "/cgroup.procs", group_tasks[i]);
		if (members[group])
			memset(members, 0, sizeof(members));
		made[group] = rmdir(path) && errno != ENOENT;
	} else if (what < 4) {
		i = pick(3);
		snprintf(path, sizeof(path), TOP "/%u/%s", group, attributes[i].file);
		write_file(path, attributes[i].words[pick(attributes[i].count)]);
	} else {
		snprintf(path, sizeof(path), TOP "/%u/cgroup.procs", group);
		write_pid(path, group_tasks[pick(2)]);
		members[group] = true;
	}
}

void end_cgroup(void)
{
	char path[96];

	for (unsigned i = 0; i < 2; i++) {
		kill(group_tasks[i], SIGKILL);
		waitpid(group_tasks[i], NULL, 0);
	}
	for (unsigned i = 0; i < 6; i++) {
		snprintf(path, sizeof(path), TOP "/%u", i);
		rmdir(path);
	}
	rmdir(TOP);
}
