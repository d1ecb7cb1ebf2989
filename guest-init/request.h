/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Passes requests that read or write files to child processes, so that a request that blocks in the
 * kernel does not block init.
 */
#ifndef GUEST_REQUEST_H
#define GUEST_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto.h"

/*
 * Must be called once, before the first request: allocates memory for the answers. Returns 0 or
 * -errno.
 */
int request_init(void);
/*
 * Sets the eventfd FD, to which a child writes when its answer is complete; init must then call
 * request_ready().
 */
void request_set_wake_fd(int fd);
void request_ready(void);

/* Starts to handle a request, and modifies PAYLOAD. Returns false if no handler has this TYPE. */
bool request_start(unsigned type, uint32_t seq, char *payload);

/* Must be called when a child has ended. Returns false if PID does not handle requests. */
bool request_reap(pid_t pid, int status);

/*
 * Must be called at each heartbeat. Sends answers that did not fit into the queue before, and
 * SIGUSR1 to children whose requests take too long.
 */
void request_tick(void);

#endif
