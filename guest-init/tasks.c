// SPDX-License-Identifier: GPL-2.0-only
/*
 * The answer TASKS: every task, where it waits, its number of context switches, and the memory
 * counters. The host compares two such answers; a task with equal counts has not run in between.
 * Only files of /proc are read, and none that takes a hotplug lock.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "handlers.h"
#include "files.h"

static char file[64 * 1024];

/* Returns the number N of the line "KEY N" or "KEY: N" in LINES; 0 if there is no such line. */
static unsigned long long number_in(const char *lines, const char *key)
{
	const char *at = strstr(lines, key);

	return at ? strtoull(at + strlen(key) + strspn(at + strlen(key), ": \t"), NULL, 10) : 0;
}

/* Returns the number of context switches of a task. If it did not change, the task has not run. */
static unsigned long long switches(int task)
{
	if (file_read(task, "status", file, sizeof(file)) <= 0)
		return 0;
	return number_in(file, "\nvoluntary_ctxt_switches") +
	       number_in(file, "\nnonvoluntary_ctxt_switches");
}

static void add_lines(int task, const char *name, const char *prefix, struct text *out)
{
	char *cursor = file, *line;

	if (file_read(task, name, file, sizeof(file)) <= 0)
		return;
	while ((line = text_line(&cursor)))
		text_add(out, "%s%s\n", prefix, line);
}

/*
 * Parses /proc/PID/stat: "PID (COMM) STATE ...", where COMM may contain anything, including
 * brackets.
 */
static void add_task(int dir, const char *tid, const char *states, bool without, struct text *out)
{
	int task = openat(dir, tid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char stat[512], wchan[128] = "-", *comm, *end;
	char state;

	if (task < 0)
		return;
	if (strtol(tid, NULL, 10) != getpid() && file_line(task, "stat", stat, sizeof(stat)) > 0 &&
	    (comm = strchr(stat, '(')) && (end = strrchr(stat, ')')) && end[1] == ' ' && end[2]) {
		*end = '\0';
		state = end[2];
		for (char *p = ++comm; *p; p++)
			*p = *p <= ' ' || *p > '~' ? '_' : *p;
		if (!strchr(states, state) == without) {
			file_line(task, "wchan", wchan, sizeof(wchan));
			text_add(out, "task %s %s %c %s switches %llu\n", tid, *comm ? comm : "-",
				 state, *wchan ? wchan : "-", switches(task));
			add_lines(task, "stack", "\t", out);
			if (state == 'D')
				add_lines(task, "syscall", "\tsyscall ", out);
		}
	}
	close(task);
}

static void each_task(const char *states, bool without, struct text *out)
{
	DIR *proc = opendir("/proc"), *tasks;
	struct dirent *pid, *tid;
	char path[300];

	while (proc && (pid = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/task", pid->d_name);
		if (!isdigit((unsigned char)pid->d_name[0]) || !(tasks = opendir(path)))
			continue;
		while ((tid = readdir(tasks)))
			if (isdigit((unsigned char)tid->d_name[0]))
				add_task(dirfd(tasks), tid->d_name, states, without, out);
		closedir(tasks);
	}
	if (proc)
		closedir(proc);
}

/* Adds counters that change during a slow but working memory operation. */
static void add_counts(struct text *out)
{
	unsigned long long present = 0;

	if (file_read(AT_FDCWD, "/proc/vmstat", file, sizeof(file)) > 0)
		text_add(out, "count migrated %llu\n", number_in(file, "pgmigrate_success"));
	if (file_read(AT_FDCWD, "/proc/zoneinfo", file, sizeof(file)) > 0)
		for (char *at = file; (at = strstr(at, " present ")); at++)
			present += strtoull(at + strlen(" present "), NULL, 10);
	text_add(out, "count present %llu\n", present);
}

/* Adds blocked and running tasks first, because they matter most if the answer is cut off. */
int handle_tasks(char *payload, struct text *out)
{
	bool busy = !strncmp(payload, "busy", 4);

	text_add(out, "uptime-ms %llu\n", (unsigned long long)(now_ns() / 1000000));
	add_counts(out);
	each_task("DR", false, out);
	if (!busy) {
		each_task("DR", true, out);
		add_lines(AT_FDCWD, "/proc/locks", "lock ", out);
	}
	if (out->cut)
		text_add(out, "cut\n");
	return 0;
}
