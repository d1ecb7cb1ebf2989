// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pumps copy bytes between the virStream of a guest's device and the socket that the rig reads. A
 * side is only read when all earlier bytes were written to the other side.
 */
#include "vm/libvirt/libvirt.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE 65536

static void pump_update(struct lv_pump *pump);

static void close_fd(struct lv_pump *pump)
{
	g_clear_handle_id(&pump->fd_watch, g_source_remove);
	pump->fd_watched = 0;
	if (pump->fd >= 0)
		close(pump->fd);
	pump->fd = -1;
}

/* Handles the end of the stream; the link still owns the stream. */
static void stream_over(struct lv_pump *pump)
{
	if (pump->watched)
		virStreamEventRemoveCallback(pump->stream);
	pump->watched = 0;
	pump->stream = NULL;
	lv_finish_when_silent(pump->host);
}

/* Copies bytes from the stream to the socket. Returns FALSE if the stream has ended. */
static gboolean from_guest(struct lv_pump *pump)
{
	char buf[PIECE];

	while (pump->stream && !pump->to_us->len) {
		int n = virStreamRecv(pump->stream, buf, sizeof(buf));

		if (n == -2)
			return TRUE;
		if (n <= 0) {
			stream_over(pump);
			return FALSE;
		}
		g_byte_array_append(pump->to_us, (guint8 *)buf, n);
		while (pump->fd >= 0 && pump->to_us->len) {
			ssize_t sent = send(pump->fd, pump->to_us->data, pump->to_us->len,
					    MSG_NOSIGNAL | MSG_DONTWAIT);

			if (sent < 0 && errno == EAGAIN)
				return TRUE;
			if (sent < 0 && errno != EINTR)
				close_fd(pump);
			else if (sent > 0)
				g_byte_array_remove_range(pump->to_us, 0, sent);
		}
		if (pump->fd < 0)
			g_byte_array_set_size(pump->to_us, 0);
	}
	return pump->stream != NULL;
}

static void flush_to_us(struct lv_pump *pump)
{
	ssize_t sent;

	if (pump->fd < 0 || !pump->to_us->len)
		return;
	sent = send(pump->fd, pump->to_us->data, pump->to_us->len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent > 0)
		g_byte_array_remove_range(pump->to_us, 0, sent);
}

static void to_guest(struct lv_pump *pump)
{
	while (pump->stream && pump->to_guest->len) {
		int n = virStreamSend(pump->stream, (char *)pump->to_guest->data,
				      pump->to_guest->len);

		if (n == -2)
			return;
		if (n < 0) {
			stream_over(pump);
			return;
		}
		g_byte_array_remove_range(pump->to_guest, 0, n);
	}
}

static void read_fd(struct lv_pump *pump)
{
	guint8 buf[PIECE];
	ssize_t n = recv(pump->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n > 0)
		g_byte_array_append(pump->to_guest, buf, n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_fd(pump); /* the rig has closed its end of the socket */
}

static void on_stream(virStreamPtr stream, int events, void *data)
{
	struct lv_pump *pump = data;

	if (!pump->host->vm || pump->stream != stream)
		return;
	if (events & (VIR_STREAM_EVENT_READABLE | VIR_STREAM_EVENT_HANGUP | VIR_STREAM_EVENT_ERROR))
		if (!from_guest(pump) && !pump->stream)
			return;
	if (events & VIR_STREAM_EVENT_WRITABLE)
		to_guest(pump);
	pump_update(pump);
}

static gboolean on_fd(int fd, GIOCondition condition, void *data)
{
	struct lv_pump *pump = data;

	(void)fd;
	if (condition & G_IO_OUT)
		flush_to_us(pump);
	if (condition & (G_IO_IN | G_IO_HUP | G_IO_ERR))
		read_fd(pump);
	to_guest(pump);
	pump_update(pump);
	return G_SOURCE_CONTINUE;
}

/* Selects the events to wait for on both sides. */
static void pump_update(struct lv_pump *pump)
{
	int stream_wants = (pump->to_us->len ? 0 : VIR_STREAM_EVENT_READABLE) |
			   (pump->to_guest->len ? VIR_STREAM_EVENT_WRITABLE : 0);
	GIOCondition fd_wants = (pump->to_us->len ? G_IO_OUT : 0) |
				(pump->stream && !pump->to_guest->len ? G_IO_IN : 0);

	if (pump->stream && pump->watched != stream_wants) {
		pump->watched = stream_wants;
		virStreamEventUpdateCallback(pump->stream, stream_wants);
	}
	if (pump->fd < 0 || pump->fd_watched == fd_wants)
		return;
	/*
	 * this may remove the event source that has called on_fd(), which does not use it
	 * afterwards
	 */
	g_clear_handle_id(&pump->fd_watch, g_source_remove);
	pump->fd_watched = fd_wants;
	if (fd_wants)
		pump->fd_watch = g_unix_fd_add(pump->fd, fd_wants, on_fd, pump);
}

void lv_pumps_init(struct lv_host *host, int fds[N_SOCKETS])
{
	for (int i = 0; i < N_SOCKETS; i++) {
		struct lv_pump *pump = &host->pumps[i];

		*pump = (struct lv_pump){.host = host, .fd = -1};
		pump->to_us = g_byte_array_new();
		pump->to_guest = g_byte_array_new();
		host->has[i] = i != SOCKET_QMP && fds[i] >= 0;
		if (!host->has[i])
			continue;
		pump->fd = fds[i];
		fds[i] = -1;
	}
}

void lv_pumps_open(struct lv_host *host)
{
	for (int i = 0; i < N_SOCKETS; i++) {
		struct lv_pump *pump = &host->pumps[i];

		pump->stream = host->link->streams[i];
		if (!pump->stream)
			continue;
		pump->watched = VIR_STREAM_EVENT_READABLE;
		if (virStreamEventAddCallback(pump->stream, pump->watched, on_stream, pump, NULL) <
		    0) {
			pump->watched = 0;
			pump->stream = NULL;
			continue;
		}
		to_guest(pump);
		pump_update(pump);
	}
}

static void unwatch(struct lv_pump *pump)
{
	if (pump->watched)
		virStreamEventRemoveCallback(pump->stream);
	pump->watched = 0;
	pump->stream = NULL;
}

void lv_pumps_pause(struct lv_host *host)
{
	for (int i = 0; i < N_SOCKETS; i++) {
		struct lv_pump *pump = &host->pumps[i];

		unwatch(pump);
		/*
		 * drop bytes that are not sent yet: after the reconnect, the rest of a frame would
		 * be useless
		 */
		g_byte_array_set_size(pump->to_guest, 0);
		pump_update(pump);
	}
}

void lv_pumps_close(struct lv_host *host)
{
	for (int i = 0; i < N_SOCKETS; i++) {
		struct lv_pump *pump = &host->pumps[i];

		unwatch(pump);
		flush_to_us(pump);
		close_fd(pump);
	}
}

gboolean lv_pumps_over(const struct lv_host *host)
{
	for (int i = 0; i < N_SOCKETS; i++)
		if (host->pumps[i].stream || (host->pumps[i].fd >= 0 && host->pumps[i].to_us->len))
			return FALSE;
	return TRUE;
}
