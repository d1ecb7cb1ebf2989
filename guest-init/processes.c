// SPDX-License-Identifier: GPL-2.0-only
/* Finds the descendants of a process, and gives one a real-time priority (processes.h). */
#include "processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"

static struct process list[PROCESSES_MAX];
static bool is_descendant[PROCESSES_MAX];

bool process_parse(const char *line, struct process *ret)
{
	unsigned long long user, kernel;
	const char *name_end = strrchr(line, ')');
	struct process p;

	p.pid = atoll(line);
	if (!name_end ||
	    sscanf(name_end + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &p.state,
		   &p.parent, &user, &kernel) != 4)
		return false;
	p.ticks = user + kernel;
	*ret = p;
	return p.pid > 0;
}

static unsigned read_all(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	unsigned n = 0, number;

	while (proc && n < PROCESSES_MAX && (entry = readdir(proc))) {
		char path[64], line[512];

		if (!listing_number(entry->d_name, "", &number))
			continue;
		snprintf(path, sizeof(path), "/proc/%u/stat", number);
		if (file_line(AT_FDCWD, path, line, sizeof(line)) > 0 &&
		    process_parse(line, &list[n]))
			n++;
	}
	if (proc)
		closedir(proc);
	return n;
}

/*
 * Marks the descendants of ANCESTOR in is_descendant, and returns the number of all processes.
 * Orphans are included, because they become children of ANCESTOR, a subreaper.
 */
static unsigned mark(pid_t ancestor)
{
	unsigned n = read_all();
	bool more = true;

	memset(is_descendant, 0, sizeof(is_descendant));
	while (more) {
		more = false;
		for (unsigned i = 0; i < n; i++) {
			bool found = list[i].parent == ancestor;

			for (unsigned k = 0; k < n && !found && !is_descendant[i]; k++)
				found = is_descendant[k] && list[k].pid == list[i].parent;
			more |= found && !is_descendant[i];
			is_descendant[i] |= found;
		}
	}
	return n;
}

unsigned processes_list(pid_t ancestor, struct process *ret, unsigned max)
{
	unsigned n = mark(ancestor), count = 0;

	for (unsigned i = 0; i < n && count < max; i++)
		if (is_descendant[i] && list[i].state != 'Z' && list[i].state != 'X')
			ret[count++] = list[i];
	return count;
}

void processes_kill(pid_t ancestor)
{
	unsigned n = mark(ancestor);

	for (unsigned i = 0; i < n; i++)
		if (is_descendant[i] && list[i].state != 'Z')
			kill(list[i].pid, SIGKILL);
}

void process_use_realtime(void)
{
	sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK,
			   &(struct sched_param){.sched_priority = 1});
}
