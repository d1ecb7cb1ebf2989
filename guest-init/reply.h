/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames to the host, and forked processes: shared by supervisor, request and main-loop. */
#ifndef GUEST_REPLY_H
#define GUEST_REPLY_H

#include <signal.h>
#include <sys/types.h>

#include "channel.h"

/*
 * To be called once. CHANNEL is what the calls below write to; FDS (N_FDS of them) are closed in
 * every child. SIGNALS are blocked in init and unblocked in a child.
 */
void reply_init(struct channel *channel, const int *fds, unsigned n_fds, const sigset_t *signals);

/*
 * Queues a frame. False: it does not fit now; call again after the queue has drained (at the latest
 * at the next tick).
 */
bool reply_send(enum proto_type type, uint32_t seq, const char *payload, size_t len);

/* True: the queue is short enough for a PART, so that heartbeats are not delayed much. */
bool reply_has_room(void);

/*
 * Queues a DONE of one line: "ok" if ERROR is 0, else "error NAME WHAT". It always fits, because
 * init reads no request while the queue is half full.
 */
void reply_done(uint32_t seq, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Queues a NOTE: one line for the journal. */
void reply_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Forks a child called NAME. It keeps none of init's descriptors but the wake fd, and SIGUSR1
 * interrupts its system calls. Returns the pid, 0 in the child, or -errno.
 */
pid_t reply_fork(const char *name);

#endif
