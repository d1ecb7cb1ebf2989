/* SPDX-License-Identifier: GPL-2.0-only */
/* The way to the host: the virtio port of our name, else a second console. */
#ifndef GUEST_CHANNEL_H
#define GUEST_CHANNEL_H

#include <stdbool.h>

#include "frame.h"

struct channel {
	const char *kind; /* "virtio" or "tty" */
	int fd;
	struct frame_reader in;
	struct frame_queue out;
};

/*
 * Opens it, waiting a bounded time for a port that is slow to appear. TTY ("ttyS1") may be NULL. 0 or
 * -errno, with a sentence for people in *ret_why.
 */
int channel_open(struct channel *channel, const char *tty, const char **ret_why);

/* Writes what can be written now. */
void channel_flush(struct channel *channel);

/* Reads what is there now; false where there was nothing. */
bool channel_fill(struct channel *channel);

#endif
