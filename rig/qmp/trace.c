// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records the QMP traffic. Each line is copied unchanged, by one write(). If the disk is full,
 * recording ends, but the connection to QEMU stays open.
 */
#include "qmp/trace.h"

#include "util/clock.h"
#include "util/error.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 4096

gboolean qmp_trace_init(struct qmp_trace *trace, const char *path, guint64 max, GError **error)
{
	*trace = (struct qmp_trace){.fd = -1, .max = max};
	if (!path)
		return TRUE;
	trace->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	if (trace->fd < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s", path,
				g_strerror(errno));
	return TRUE;
}

void qmp_trace_deinit(struct qmp_trace *trace)
{
	if (trace->fd >= 0)
		close(trace->fd);
	trace->fd = -1;
	g_clear_pointer(&trace->why, g_free);
}

static gboolean stop(struct qmp_trace *trace, char *why)
{
	close(trace->fd);
	trace->fd = -1;
	trace->why = why;
	return FALSE;
}

static void append_text(GString *out, const char *line, gsize len)
{
	g_autofree char *valid = g_utf8_make_valid(line, MIN(len, TEXT_MAX));
	json_t *text = json_string(valid);
	char *quoted = json_dumps(text, JSON_ENCODE_ANY);

	g_string_append_printf(out, "\"text\": %s", quoted);
	free(quoted);
	json_decref(text);
}

gboolean qmp_trace_line(struct qmp_trace *trace, const char *dir, const char *line, gsize len,
			gboolean is_json)
{
	g_autoptr(GString) out = NULL;
	gint64 now = rig_now_ns();
	ssize_t n;

	if (trace->fd < 0)
		return TRUE;
	if (trace->bytes + len > trace->max)
		return stop(trace,
			    g_strdup_printf("qmp.jsonl has reached its limit of %" G_GUINT64_FORMAT
					    " bytes",
					    trace->max));
	out = g_string_sized_new(len + 80);
	g_string_append_printf(out, "{\"t\": %" G_GINT64_FORMAT ".%09d, \"dir\": \"%s\", ",
			       now / RIG_NS_PER_S, (int)(now % RIG_NS_PER_S), dir);
	if (is_json)
		g_string_append_len(g_string_append(out, "\"msg\": "), line, len);
	else
		append_text(out, line, len);
	g_string_append(out, "}\n");
	do
		n = write(trace->fd, out->str, out->len);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)out->len)
		return stop(trace, g_strdup_printf("cannot write qmp.jsonl: %s",
						   n < 0 ? g_strerror(errno) : "disk full"));
	trace->bytes += n;
	return TRUE;
}
