/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests that look at files: each is served by a child, which none other has at that time, so that none can stop init. */
#ifndef GUEST_REQUEST_H
#define GUEST_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto.h"

/* Once, before the first request: memory for the answers. 0 or -errno. */
int request_init(void);
/* An eventfd that rings when one has been served: then comes request_ready(). */
void request_bell(int bell);
void request_ready(void);

/* Starts to serve it; false where TYPE is none of them. PAYLOAD is changed. */
bool request_start(unsigned type, uint32_t seq, char *payload);

/* A child ended; false where it is none of ours. */
bool request_reap(pid_t pid, int status);

/* Each beat: answers that did not fit before, and a signal to servers that take too long. */
void request_tick(void);

#endif
