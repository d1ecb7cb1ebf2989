/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions that supervisor, request and main-loop share: sending frames to the host, and forking
 * child processes.
 */
#ifndef GUEST_REPLY_H
#define GUEST_REPLY_H

#include <signal.h>
#include <sys/types.h>

#include "channel.h"

/*
 * Must be called once. The functions below send to CHANNEL. FDS (N_FDS of them) are closed in every
 * child. SIGNALS are blocked in init and unblocked in a child.
 */
void reply_init(struct channel *channel, const int *fds, unsigned n_fds, const sigset_t *signals);

/*
 * Queues a frame. False: the queue has no room now; call again when it has drained (at the latest
 * at the next tick).
 */
bool reply_send(enum proto_type type, uint32_t seq, const char *payload, size_t len);

/* True: the queue is short enough for a PART, so that heartbeats are not delayed much. */
bool reply_has_room(void);

/*
 * Queues a DONE of one line: "ok" if ERROR is 0, otherwise "error NAME WHAT". This always fits,
 * because init reads no request while the queue is half full.
 */
void reply_done(uint32_t seq, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Queues a NOTE: one line for the journal. */
void reply_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Forks a child called NAME. Of init's descriptors it keeps only the wake fd, and SIGUSR1
 * interrupts its system calls. Returns the pid, 0 in the child, or -errno.
 */
pid_t reply_fork(const char *name);

#endif
