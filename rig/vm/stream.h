/* SPDX-License-Identifier: GPL-2.0-only */
/* One of QEMU's sockets: bytes come and go without blocking, and are kept in a file as they come. */
#ifndef RIG_VM_STREAM_H
#define RIG_VM_STREAM_H

#include <glib.h>

#define STREAM_QUEUE_MAX (1u << 20) /* bytes that wait to be sent */

struct stream;

struct stream_owner {
	void (*bytes)(struct stream *stream, const guint8 *bytes, gsize len, void *data);
	/* the limit was passed: nothing is kept or told any more, but still read */
	void (*full)(struct stream *stream, void *data);
	/* the file cannot be written; once. Bytes are told on. */
	void (*file_error)(struct stream *stream, const char *why, void *data);
	void *data;
};

/* Takes over FD. PATH: the file, or NULL. LIMIT: of bytes kept and told, 0: none. */
struct stream *stream_new(int fd, const char *path, guint64 limit, const struct stream_owner *owner,
			  GError **error);
void stream_free(struct stream *stream);
/* FALSE where STREAM_QUEUE_MAX bytes would wait; nothing is sent then. */
gboolean stream_send(struct stream *stream, const guint8 *bytes, gsize len);
/* Bytes as if they had been read. */
void stream_add(struct stream *stream, const guint8 *bytes, gsize len);
/* What waits is dropped. */
void stream_clear(struct stream *stream);
/* Reads what is there now. */
void stream_drain(struct stream *stream);

#endif
