/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The channel to the host: the virtio port with the rig's name or, if there is none, a second
 * console.
 */
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
 * Opens the channel. Waits for the virtio port if it appears late. If there is none, opens the
 * console TTY ("ttyS1"), unless TTY is NULL. Returns 0, or -errno with the reason in *ret_why.
 */
int channel_open(struct channel *channel, const char *tty, const char **ret_why);

/* Writes as much of the queue as possible without blocking. */
void channel_flush(struct channel *channel);

/* Reads the available bytes. Returns false if there were none. */
bool channel_fill(struct channel *channel);

#endif
