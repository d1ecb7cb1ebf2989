/* SPDX-License-Identifier: GPL-2.0-only */
/* qmp.jsonl: all traffic both ways, one JSON object a line, written as it happens. */
#ifndef RIG_QMP_TRACE_H
#define RIG_QMP_TRACE_H

#include <glib.h>

struct qmp_trace {
	int fd;	       /* -1: nothing is recorded, or no longer */
	guint64 bytes; /* written */
	guint64 max;
	char *why; /* why it ended early, or NULL */
};

/* PATH may be NULL: nothing is recorded then. */
gboolean qmp_trace_init(struct qmp_trace *trace, const char *path, guint64 max, GError **error);
void qmp_trace_deinit(struct qmp_trace *trace);
/*
 * DIR is "in", "out" or "dropped" (a reply to no open command); LINE has no end of line. If IS_JSON
 * is false, it is recorded as a string under "text", cut to 4 KiB. Returns FALSE once, for the
 * first line that cannot be recorded (`why` is set).
 */
gboolean qmp_trace_line(struct qmp_trace *trace, const char *dir, const char *line, gsize len,
			gboolean is_json);

#endif
