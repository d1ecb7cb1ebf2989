/* SPDX-License-Identifier: GPL-2.0-only */
/* Handles the plugin's end of the socket to the rig. protocol.h describes the lines. */
#ifndef RIG_PLUGIN_LINK_H
#define RIG_PLUGIN_LINK_H

#include <stdatomic.h>
#include <stdint.h>

struct link {
	int fd; /* the socket, or -1 if there is none */
	/*
	 * called in the link's thread with each line from the rig, and once with NULL when the rig
	 * has closed the socket
	 */
	void (*line)(const char *line, void *data);
	void *data;
	_Atomic uint64_t dropped; /* number of lines that did not fit into the socket */
};

/* Starts the thread. Returns 0 or an errno. */
int link_start(struct link *link);
/* Sends a line without blocking, from any thread; the line is dropped if the socket is full. */
void link_say(struct link *link, const char *format, ...) __attribute__((format(printf, 2, 3)));
/*
 * Sends a line from the link's thread. If the socket is full, waits up to 100 ms for room, which
 * link_say() must not do, because it would stop a vCPU.
 */
void link_answer(struct link *link, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
