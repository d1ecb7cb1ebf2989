// SPDX-License-Identifier: GPL-2.0-only
/* Reads and writes the lines of a libvirt guest's QMP socket. qmp.c interprets them. */
#include "vm/libvirt/libvirt.h"

#include <errno.h>
#include <glib-unix.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void lv_call_free(struct lv_call *call)
{
	g_free(call->command);
	json_decref(call->arguments);
	g_free(call);
}

/* ---- lines to the rig ---- */

static gboolean flush(struct lv_host *host)
{
	while (host->qmp_out->len) {
		ssize_t n = send(host->qmp_fd, host->qmp_out->data, host->qmp_out->len,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return errno == EAGAIN;
		g_byte_array_remove_range(host->qmp_out, 0, n);
	}
	return FALSE;
}

static gboolean on_writable(int fd, GIOCondition condition, void *data)
{
	struct lv_host *host = data;

	(void)fd;
	(void)condition;
	if (flush(host))
		return G_SOURCE_CONTINUE;
	host->qmp_out_watch = 0;
	return G_SOURCE_REMOVE;
}

/* Sends a line. MESSAGE is stolen. */
static void send_line(struct lv_host *host, json_t *message)
{
	char *line = json_dumps(message, JSON_COMPACT);

	json_decref(message);
	if (host->qmp_fd >= 0 && line) {
		g_byte_array_append(host->qmp_out, (guint8 *)line, strlen(line));
		g_byte_array_append(host->qmp_out, (const guint8 *)"\n", 1);
		if (!host->qmp_out_watch && flush(host))
			host->qmp_out_watch =
				g_unix_fd_add(host->qmp_fd, G_IO_OUT, on_writable, host);
	}
	free(line);
}

void lv_answer(struct lv_host *host, const struct lv_call *call, json_t *result)
{
	send_line(host, json_pack("{s:o, s:I}", "return", result ? result : json_object(), "id",
				  call->id));
}

void lv_refuse(struct lv_host *host, const struct lv_call *call, const char *error_class,
	       const char *why)
{
	send_line(host, json_pack("{s:{s:s, s:s}, s:I}", "error", "class", error_class, "desc", why,
				  "id", call->id));
}

void lv_qmp_event(struct lv_host *host, const char *name, json_t *data)
{
	gint64 now = g_get_real_time();

	send_line(host, json_pack("{s:s, s:o, s:{s:I, s:I}}", "event", name, "data", data,
				  "timestamp", "seconds", (json_int_t)(now / G_USEC_PER_SEC),
				  "microseconds", (json_int_t)(now % G_USEC_PER_SEC)));
}

void lv_qmp_greet(struct lv_host *host)
{
	send_line(host, json_pack("{s:{s:{s:s}, s:[]}}", "QMP", "version", "package",
				  "through libvirt", "capabilities"));
}

/* ---- lines from the rig ---- */

static void on_line(struct lv_host *host, const char *line, gsize len)
{
	json_t *message = json_loadb(line, len, 0, NULL);
	struct lv_call *call = g_new0(struct lv_call, 1);

	call->id = json_integer_value(json_object_get(message, "id"));
	call->command = g_strdup(json_string_value(json_object_get(message, "execute")) ?: "");
	call->arguments = json_incref(json_object_get(message, "arguments"));
	json_decref(message);
	lv_call_start(host, call);
}

static gboolean on_readable(int fd, GIOCondition condition, void *data)
{
	struct lv_host *host = data;
	guint8 buf[65536], *end;
	ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

	(void)condition;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (n <= 0) {
		host->qmp_in_watch = 0;
		return G_SOURCE_REMOVE;
	}
	g_byte_array_append(host->qmp_in, buf, n);
	lv_ref(host);
	while (host->qmp_in->len && (end = memchr(host->qmp_in->data, '\n', host->qmp_in->len))) {
		gsize len = end - host->qmp_in->data;
		g_autofree char *line = g_strndup((char *)host->qmp_in->data, len);

		g_byte_array_remove_range(host->qmp_in, 0, len + 1);
		on_line(host, line, len);
	}
	lv_unref(host);
	return G_SOURCE_CONTINUE;
}

void lv_socket_init(struct lv_host *host, int fd)
{
	host->qmp_fd = fd;
	host->qmp_in = g_byte_array_new();
	host->qmp_out = g_byte_array_new();
	host->qmp_in_watch = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, host);
}

void lv_socket_deinit(struct lv_host *host)
{
	g_clear_handle_id(&host->qmp_in_watch, g_source_remove);
	g_clear_handle_id(&host->qmp_out_watch, g_source_remove);
	if (host->qmp_fd >= 0)
		close(host->qmp_fd);
	host->qmp_fd = -1;
}
