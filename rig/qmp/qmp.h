/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A QMP client over a connected socket: replies matched by id, an event log with cursors, the
 * schema.
 *
 * Works on the default GLib main context, never blocks; callbacks are called from the main loop,
 * never from inside a call. QMP is QEMU's docs/interop/qmp-spec.txt: one JSON object a line, both
 * ways.
 *
 * Input is untrusted: its size is bounded (a line of 16 MiB, nesting as jansson allows: 2048) and
 * types are checked. Events and replies come in any order: RESET, RESUME and SHUTDOWN arrive before
 * the reply to the command that caused them. So an operation opens a cursor, sends, and reads every
 * event from there on.
 */
#ifndef RIG_QMP_QMP_H
#define RIG_QMP_QMP_H

#include <glib.h>
#include <jansson.h>

#include "util/auto.h"

/* bytes of one line; query-qmp-schema is the longest, 0.2 MiB */
#define QMP_LINE_MAX (16u << 20)
#define QMP_TRACE_MAX (256u << 20)  /* bytes of qmp.jsonl */

enum qmp_state {
	QMP_GREETING,	 /* connected; {"QMP": …} has not arrived; commands wait */
	QMP_NEGOTIATING, /* qmp_capabilities was sent; commands wait */
	QMP_PROBING,	 /* query-qmp-schema was sent; commands wait */
	QMP_READY,	 /* commands are sent at once */
	QMP_ENDED,	 /* the other side closed between two lines: QEMU has ended */
	QMP_BROKEN,	 /* invalid QMP, or a truncated line; the socket is closed */
};

const char *qmp_state_name(enum qmp_state state);

struct qmp;

struct qmp_owner {
	/*
	 * any event, once, after it was logged. The last event is synthetic: SHUTDOWN with
	 * "synthetic": true, when the connection has ended and all pending commands have failed
	 */
	void (*event)(const char *name, json_t *event, void *data);
	/* the connection has ended, see qmp_state(); WHY is a message */
	void (*ended)(const char *why, void *data);
	/* qmp.jsonl cannot be written (disk full) or has reached its limit; called once */
	void (*trace_failed)(const char *why, void *data);
	void *data;
};

/*
 * Takes over FD. TRACE_PATH: the file that records all traffic (NULL: none), see docs/machines.md.
 */
struct qmp *qmp_new(int fd, const char *trace_path, const struct qmp_owner *owner, GError **error);
/* No callback is called by it or after it. Cursors must be freed before. */
void qmp_free(struct qmp *qmp);
RIG_DEFINE_AUTO(qmp, qmp_free)

enum qmp_state qmp_state(const struct qmp *qmp);
/* The reason for ENDED or BROKEN, or NULL. */
const char *qmp_why(const struct qmp *qmp);

/* The result of a command. */
struct qmp_reply {
	json_t *result;		 /* "return", or NULL on failure; borrowed */
	const char *error_class; /* NULL on success; "Disconnected" if the connection ended before
				  * the reply */
	const char *desc;  /* QEMU's message */
};

typedef void (*qmp_done)(const struct qmp_reply *reply, void *data);

/*
 * Sends a command, or queues it until READY. ARGUMENTS (or NULL) is stolen. DONE (may be NULL) is
 * called exactly once unless qmp_forget() is called before. Returns the command's id, never 0.
 */
guint64 qmp_send(struct qmp *qmp, const char *command, json_t *arguments, qmp_done done,
		 void *data);
/* Drops the callback of command ID; the command itself is not cancelled. */
void qmp_forget(struct qmp *qmp, guint64 id);

/* Reads all data that is available now, without blocking: for use after QEMU has exited. */
void qmp_drain(struct qmp *qmp);

/*
 * From READY on: TRUE if this QEMU has "command:device_add", "arg:device_del.id",
 * "event:DEVICE_DELETED".
 */
gboolean qmp_knows(const struct qmp *qmp, const char *what);

/*
 * A cursor on the event log reads each event from its creation on exactly once. The log keeps every
 * event that a cursor has not read yet.
 */
struct qmp_cursor;
struct qmp_cursor *qmp_cursor_new(struct qmp *qmp);
/* The next event (borrowed, valid until the next call for this cursor) and its name, or NULL. */
json_t *qmp_cursor_next(struct qmp_cursor *cursor, const char **ret_name);
void qmp_cursor_free(struct qmp_cursor *cursor);
/* Events held in memory now. */
guint qmp_events_held(const struct qmp *qmp);

#endif
