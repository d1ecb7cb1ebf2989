/* SPDX-License-Identifier: GPL-2.0-only */
/* The plugin's end of the socket (lines: protocol.h). */
#ifndef RIG_PLUGIN_LINK_H
#define RIG_PLUGIN_LINK_H

#include <stdatomic.h>
#include <stdint.h>

struct link {
	int fd; /* -1: not connected */
	/*
	 * called with a line from the rig, and once with NULL when the rig has ended; in the link's
	 * own thread
	 */
	void (*line)(const char *line, void *data);
	void *data;
	_Atomic uint64_t dropped; /* lines that did not fit */
};

/* Starts the thread. 0, or an errno. */
int link_start(struct link *link);
/* Never blocks; any thread. */
void link_say(struct link *link, const char *format, ...) __attribute__((format(printf, 2, 3)));
/*
 * From the link's thread only, which no vCPU waits for: gives the rig 100 ms to make room for the
 * line.
 */
void link_answer(struct link *link, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
