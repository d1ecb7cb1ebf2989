/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds whole frames (guest-init/proto.h) in the bytes that arrive on the guest channel. */
#ifndef RIG_VM_CHANNEL_H
#define RIG_VM_CHANNEL_H

#include <glib.h>

struct channel_owner {
	/* TEXT is valid UTF-8 without NUL; invalid bytes were replaced */
	void (*frame)(unsigned type, guint32 seq, const char *text, gsize len, void *data);
	/* called once for each sequence of bytes that are not a frame */
	void (*error)(const char *what, void *data);
	void *data;
};

struct channel;

struct channel *channel_new(const struct channel_owner *owner);
/*
 * Parses received bytes, and calls the callbacks. A frame may arrive in any number of pieces; at
 * most one incomplete frame is stored.
 */
void channel_feed(struct channel *channel, const guint8 *bytes, gsize len);
void channel_free(struct channel *channel);

#endif
