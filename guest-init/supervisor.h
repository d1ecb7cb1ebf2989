/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starts and stops agents, sends their counts and output, and reports the reasons for a bad
 * verdict.
 */
#ifndef GUEST_SUPERVISOR_H
#define GUEST_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "text.h"

/*
 * Must be called once. WAKE_FD is the eventfd to which an agent writes when it is ready or has
 * output.
 */
void supervisor_init(int wake_fd);

/* Handle START and STOP; the answer is queued now or later. PAYLOAD is modified. */
void supervisor_start(uint32_t seq, char *payload);
void supervisor_stop(uint32_t seq, char *payload);

/*
 * Must be called when the wake fd was written to: answers the STARTs of agents that became ready,
 * and sends their output.
 */
void supervisor_ready(void);

/* Must be called when a child has ended. Returns false if PID is not an agent. */
bool supervisor_reap(pid_t pid, int status);

/*
 * Must be called at each heartbeat. Checks the time limits of operations and STOPs, and sends
 * frames that did not fit into the queue before.
 */
void supervisor_tick(void);

/* Adds a HEARTBEAT line for each agent. */
void supervisor_heartbeat(struct text *text);

/* Adds the reasons for a bad verdict, in the format of VERDICT. */
void supervisor_reasons(struct text *text);

#endif
