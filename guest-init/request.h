/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests that read or write files. Each has a child of its own, so that a request that blocks in the
 * kernel cannot block init. */
#ifndef GUEST_REQUEST_H
#define GUEST_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto.h"

/* Once, before the first request: memory for the answers. 0 or -errno. */
int request_init(void);
/* FD: an eventfd that a child writes to when it has answered; then call request_ready(). */
void request_set_wake_fd(int fd);
void request_ready(void);

/* Starts to serve a request. False: TYPE is not one of these. PAYLOAD is modified. */
bool request_start(unsigned type, uint32_t seq, char *payload);

/* A child ended. False: PID serves no request. */
bool request_reap(pid_t pid, int status);

/* At each heartbeat: answers that did not fit before; SIGUSR1 to servers that take too long. */
void request_tick(void);

#endif
