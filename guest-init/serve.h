/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Init once it runs: one loop over the channel, children and a timer. The loop itself opens no file
 * that could wait for a hotplug lock; whatever does is a process of its own, so that the beat goes on
 * when the kernel is stuck.
 */
#ifndef GUEST_SERVE_H
#define GUEST_SERVE_H

#include <sys/types.h>

#include "channel.h"

/* Never returns: ends in poweroff or reboot. */
_Noreturn void serve(struct channel *channel);

/*
 * For serve's parts: a child that keeps nothing of the loop's but the doorbell, and gives way to
 * SIGUSR1. Like fork(), but -errno.
 */
pid_t serve_fork(const char *name);

/* Queues a frame; false where it does not fit now: try again when the queue has drained. */
bool serve_send(enum proto_type type, uint32_t seq, const char *payload, size_t len);
/* A DONE of one line; there is always room, because requests are not read while there is little. */
void serve_done(uint32_t seq, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void serve_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
