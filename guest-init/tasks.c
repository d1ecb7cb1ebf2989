// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the answer TASKS: each task, where it waits, its number of context switches, and counters
 * of memory. The host compares two such answers: a task with equal numbers has not run in between.
 * Reads only files of /proc that take no hotplug lock.
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

/* Returns the number N in "KEY N" or "KEY: N" in LINES, or 0 if there is none. */
static unsigned long long number_in(const char *lines, const char *key)
{
	const char *at = strstr(lines, key);

	return at ? strtoull(at + strlen(key) + strspn(at + strlen(key), ": \t"), NULL, 10) : 0;
}

/* Returns the number of context switches of a task. */
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
 * Adds the task TID of the folder DIR if its state is one of STATES; or, if WITHOUT is true, if its
 * state is not one of them. Reads /proc/PID/stat: "PID (COMM) STATE ...", where COMM may contain
 * any characters, including brackets.
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

/* Adds counters that change while a memory operation makes progress, even if it is slow. */
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

/* Adds blocked and running tasks first, because they are the most important ones if not all fit. */
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
