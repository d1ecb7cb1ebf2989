/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes the file qmp.jsonl: all traffic in both directions, one JSON object per line, without
 * buffering.
 */
#ifndef RIG_QMP_TRACE_H
#define RIG_QMP_TRACE_H

#include <glib.h>

struct qmp_trace {
	int fd;	       /* -1 if recording is off or has ended */
	guint64 bytes; /* number of bytes written so far */
	guint64 max;
	char *why; /* why recording ended early, or NULL */
};

/* Opens the file PATH, which gets at most MAX bytes. If PATH is NULL, nothing is recorded. */
gboolean qmp_trace_init(struct qmp_trace *trace, const char *path, guint64 max, GError **error);
void qmp_trace_deinit(struct qmp_trace *trace);
/*
 * Records a line. DIR is "in", "out" or "dropped" (a reply to no open command); LINE has no end of
 * line. If IS_JSON is false, it is recorded as a string under "text", cut to 4 KiB. Returns FALSE
 * once, for the first line that cannot be recorded (`why` is set).
 */
gboolean qmp_trace_line(struct qmp_trace *trace, const char *dir, const char *line, gsize len,
			gboolean is_json);

#endif
