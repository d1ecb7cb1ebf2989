/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the descendants of a process in /proc, and gives a process a real-time priority. */
#ifndef GUEST_PROCESSES_H
#define GUEST_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESSES_MAX 2048

/* Some fields of /proc/PID/stat. */
struct process {
	pid_t pid, parent;
	char state;
	uint64_t ticks; /* CPU time in user and kernel mode */
};

/*
 * Parses LINE, a line of /proc/PID/stat; its second field, the name, can contain any bytes. Returns
 * false if LINE is not valid.
 */
bool process_parse(const char *line, struct process *ret);

/* Lists the descendants of ANCESTOR, at most MAX, without zombies. Returns their number. */
unsigned processes_list(pid_t ancestor, struct process *ret, unsigned max);

/* Sends SIGKILL to all descendants of ANCESTOR. */
void processes_kill(pid_t ancestor);

/*
 * Gives the calling process a real-time priority, so that it gets CPU time while other processes
 * use all CPUs. Its children do not inherit it.
 */
void process_use_realtime(void);

#endif
