/* SPDX-License-Identifier: GPL-2.0-only */
/* The agents that run: starting, stopping, counting, and what the verdict says about them. */
#ifndef GUEST_CREW_H
#define GUEST_CREW_H

#include <sys/types.h>

#include "text.h"

/* DOORBELL: the eventfd that an agent rings when it is ready. */
void crew_init(int doorbell);

/* START and STOP: answered by themselves, now or later. PAYLOAD is changed. */
void crew_start(uint32_t seq, char *payload);
void crew_stop(uint32_t seq, char *payload);

/* Somebody rang: answers those that became ready. */
void crew_ready(void);

/* A child ended; false where it is none of ours. */
bool crew_reap(pid_t pid, int status);

/* Each beat: patience, stopping, deadlines; and frames that did not fit before. */
void crew_tick(void);

/* A line for each agent. */
void crew_beat(struct text *text);

/* Reasons against a good verdict, a line each; nothing where there are none. */
void crew_reasons(struct text *text);

#endif
