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
 * Must be called once. CHANNEL is where the functions below send. The N_FDS descriptors FDS are
 * closed in each child. SIGNALS, which init blocks, are unblocked in each child.
 */
void reply_init(struct channel *channel, const int *fds, unsigned n_fds, const sigset_t *signals);

/*
 * Queues a frame. Returns false if the queue has no room now; then the caller must try again later,
 * at the latest at the next heartbeat.
 */
bool reply_send(enum proto_type type, uint32_t seq, const char *payload, size_t len);

/* Returns true if the queue is so short that a PART delays heartbeats only a little. */
bool reply_has_room(void);

/*
 * Queues a DONE of one line: "ok" if ERROR is 0, otherwise "error NAME WHAT". This cannot fail,
 * because init reads no request while the queue is more than half full.
 */
void reply_done(uint32_t seq, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Queues a NOTE: one line for the journal. */
void reply_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Forks a child called NAME. Of init's descriptors, the child has only the wake fd. SIGUSR1
 * interrupts the child's system calls. Returns the pid, 0 in the child, or -errno.
 */
pid_t reply_fork(const char *name);

#endif
