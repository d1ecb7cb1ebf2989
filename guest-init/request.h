/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests that read or write files. Each is handled by a child process, so that a request that
 * blocks in the kernel does not block init.
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
 * Sets FD, an eventfd to which a child writes when its answer is complete; init must then call
 * request_ready().
 */
void request_set_wake_fd(int fd);
void request_ready(void);

/* Starts to handle a request. False: TYPE is not such a request. PAYLOAD is modified. */
bool request_start(unsigned type, uint32_t seq, char *payload);

/* Must be called when a child has ended. False: PID handles no request. */
bool request_reap(pid_t pid, int status);

/*
 * Must be called at each heartbeat: sends answers that did not fit before, and sends SIGUSR1 to
 * requests that take too long.
 */
void request_tick(void);

#endif
