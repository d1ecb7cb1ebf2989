/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads and writes a socket of QEMU without blocking; stores received bytes in a file. */
#ifndef RIG_VM_STREAM_H
#define RIG_VM_STREAM_H

#include <glib.h>

#define STREAM_QUEUE_MAX (1u << 20) /* maximum number of bytes that are queued for sending */

struct stream;

struct stream_owner {
	void (*bytes)(struct stream *stream, const guint8 *bytes, gsize len, void *data);
	/*
	 * called when the limit is reached: further bytes are read, but neither stored nor passed
	 * on
	 */
	void (*full)(struct stream *stream, void *data);
	/* called once if the file cannot be written; bytes are still passed on */
	void (*file_error)(struct stream *stream, const char *why, void *data);
	void *data;
};

/*
 * Creates a stream that owns FD. PATH is the file for received bytes, or NULL. At most LIMIT bytes
 * are stored and passed on; 0 stands for no limit.
 */
struct stream *stream_new(int fd, const char *path, guint64 limit, const struct stream_owner *owner,
			  GError **error);
void stream_free(struct stream *stream);
/*
 * Sends bytes. Returns FALSE, and sends nothing, if more than STREAM_QUEUE_MAX bytes would be
 * queued.
 */
gboolean stream_send(struct stream *stream, const guint8 *bytes, gsize len);
/* Handles bytes as if they had been received. */
void stream_add(struct stream *stream, const guint8 *bytes, gsize len);
/* Drops the bytes that are queued for sending. */
void stream_clear(struct stream *stream);
/* Reads all data that is available now. */
void stream_drain(struct stream *stream);

#endif
