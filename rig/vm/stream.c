// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads and writes the sockets of the console and the guest channel. QEMU must never block on a
 * full socket, so all bytes are read, but those beyond the limit are dropped.
 */
#include "vm/stream.h"

#include "util/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE 65536

struct stream {
	int fd, file;
	char *path;
	guint64 kept, limit;
	guint in_watch, out_watch;
	GByteArray *out;
	struct stream_owner owner;
};

static void close_socket(struct stream *stream)
{
	g_clear_handle_id(&stream->in_watch, g_source_remove);
	g_clear_handle_id(&stream->out_watch, g_source_remove);
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
}

static void write_file(struct stream *stream, const guint8 *bytes, gsize len)
{
	while (stream->file >= 0 && len) {
		ssize_t n = write(stream->file, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			g_autofree char *why =
				g_strdup_printf("cannot write '%s': %s", stream->path,
						n < 0 ? g_strerror(errno) : "disk full");
			close(stream->file);
			stream->file = -1;
			stream->owner.file_error(stream, why, stream->owner.data);
			return;
		}
		bytes += n;
		len -= n;
	}
}

static void take(struct stream *stream, const guint8 *bytes, gsize len)
{
	gboolean full = stream->limit && stream->kept == stream->limit;

	if (full)
		return;
	if (stream->limit && len > stream->limit - stream->kept)
		len = stream->limit - stream->kept;
	stream->kept += len;
	write_file(stream, bytes, len);
	stream->owner.bytes(stream, bytes, len, stream->owner.data);
	if (stream->limit && stream->kept == stream->limit && stream->owner.full)
		stream->owner.full(stream, stream->owner.data);
}

void stream_add(struct stream *stream, const guint8 *bytes, gsize len)
{
	take(stream, bytes, len);
}

/* Reads once. Returns FALSE if no more data is available now. */
static gboolean read_some(struct stream *stream)
{
	guint8 buf[PIECE];
	ssize_t n = read(stream->fd, buf, sizeof(buf));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return errno == EINTR;
	if (n <= 0) {
		close_socket(stream);
		return FALSE;
	}
	take(stream, buf, n);
	return TRUE;
}

static gboolean on_readable(int fd, GIOCondition condition, void *data)
{
	struct stream *stream = data;

	(void)fd;
	(void)condition;
	read_some(stream);
	return stream->fd >= 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Sends queued bytes. Returns TRUE if some bytes are still queued. */
static gboolean flush(struct stream *stream)
{
	while (stream->out->len) {
		ssize_t n = send(stream->fd, stream->out->data, stream->out->len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		/*
		 * other errors mean that QEMU has ended; reading reports this, after the last bytes
		 */
		if (n <= 0)
			return errno == EAGAIN;
		g_byte_array_remove_range(stream->out, 0, n);
	}
	return FALSE;
}

static gboolean on_writable(int fd, GIOCondition condition, void *data)
{
	struct stream *stream = data;

	(void)fd;
	(void)condition;
	if (flush(stream))
		return G_SOURCE_CONTINUE;
	stream->out_watch = 0;
	return G_SOURCE_REMOVE;
}

gboolean stream_send(struct stream *stream, const guint8 *bytes, gsize len)
{
	if (stream->fd < 0 || stream->out->len + len > STREAM_QUEUE_MAX)
		return FALSE;
	g_byte_array_append(stream->out, bytes, len);
	if (!stream->out_watch && flush(stream))
		stream->out_watch = g_unix_fd_add(stream->fd, G_IO_OUT, on_writable, stream);
	return TRUE;
}

void stream_clear(struct stream *stream)
{
	g_byte_array_set_size(stream->out, 0);
}

void stream_drain(struct stream *stream)
{
	while (stream->fd >= 0 && read_some(stream))
		;
}

struct stream *stream_new(int fd, const char *path, guint64 limit, const struct stream_owner *owner,
			  GError **error)
{
	int file =
		path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644) : -1;
	struct stream *stream;

	if (path && file < 0) {
		rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s", path, g_strerror(errno));
		close(fd);
		return NULL;
	}
	g_unix_set_fd_nonblocking(fd, TRUE, NULL);
	stream = g_new0(struct stream, 1);
	stream->fd = fd;
	stream->file = file;
	stream->path = g_strdup(path);
	stream->limit = limit;
	stream->owner = *owner;
	stream->out = g_byte_array_new();
	stream->in_watch = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, stream);
	return stream;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	close_socket(stream);
	if (stream->file >= 0)
		close(stream->file);
	g_byte_array_unref(stream->out);
	g_free(stream->path);
	g_free(stream);
}
