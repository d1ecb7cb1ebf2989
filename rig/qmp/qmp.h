/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A QMP client on a connected socket: matches replies by id, keeps an event log with cursors, and
 * reads the schema.
 *
 * It uses the default GLib main context and never blocks. Callbacks are called from the main loop,
 * never from inside a function of this file. QMP is specified in QEMU's docs/interop/qmp-spec.txt:
 * one JSON object per line, in both directions.
 *
 * Input is untrusted: its size is bounded (a line of 16 MiB; jansson's nesting limit of 2048) and
 * types are checked. Events and replies come in any order: RESET, RESUME and SHUTDOWN arrive before
 * the reply to the command that caused them. So an operation opens a cursor, sends its command, and
 * reads all events since then.
 */
#ifndef RIG_QMP_QMP_H
#define RIG_QMP_QMP_H

#include <glib.h>
#include <jansson.h>

#include "util/auto.h"

/* Maximum size of a line; the longest known one is the reply to query-qmp-schema, 0.2 MiB. */
#define QMP_LINE_MAX (16u << 20)
#define QMP_TRACE_MAX (256u << 20) /* maximum size of qmp.jsonl */

enum qmp_state {
	QMP_GREETING,	 /* connected, but {"QMP": …} has not arrived yet; commands are queued */
	QMP_NEGOTIATING, /* qmp_capabilities was sent; commands are queued */
	QMP_PROBING,	 /* query-qmp-schema was sent; commands are queued */
	QMP_READY,	 /* commands are sent immediately */
	QMP_ENDED,	 /* QEMU closed the connection after a complete line: it has exited */
	QMP_BROKEN,	 /* QEMU sent invalid QMP or an incomplete line; the socket is closed */
};

const char *qmp_state_name(enum qmp_state state);

struct qmp;

struct qmp_owner {
	/*
	 * called once for each event, after it was logged. The last event is synthetic: SHUTDOWN
	 * with "synthetic": true, when the connection has ended and all pending commands have
	 * failed
	 */
	void (*event)(const char *name, json_t *event, void *data);
	/* the connection has ended, see qmp_state(); WHY is an error message */
	void (*ended)(const char *why, void *data);
	/* qmp.jsonl cannot be written (disk full) or has reached its limit; called once */
	void (*trace_failed)(const char *why, void *data);
	void *data;
};

/*
 * Creates a client that owns FD; after an error, FD is closed. All traffic is recorded in the file
 * TRACE_PATH, or nowhere if it is NULL (docs/machines.md). Error: RIG_EXIT_INFRA.
 */
struct qmp *qmp_new(int fd, const char *trace_path, const struct qmp_owner *owner, GError **error);
/* Frees QMP without calling a callback. All cursors must be freed before. */
void qmp_free(struct qmp *qmp);
RIG_DEFINE_AUTO(qmp, qmp_free)

enum qmp_state qmp_state(const struct qmp *qmp);
/* Returns why the state is ENDED or BROKEN; NULL in other states. */
const char *qmp_why(const struct qmp *qmp);

/* The result of a command. */
struct qmp_reply {
	json_t *result; /* the member "return", borrowed; NULL if the command failed */
	/* NULL if the command succeeded; "Disconnected" if the connection ended before the reply */
	const char *error_class;
	const char *desc; /* QEMU's error message */
};

typedef void (*qmp_done)(const struct qmp_reply *reply, void *data);

/*
 * Sends a command, or queues it until READY. ARGUMENTS (or NULL) is stolen. DONE (may be NULL) is
 * called exactly once unless qmp_forget() is called before. Returns the command's id, never 0.
 */
guint64 qmp_send(struct qmp *qmp, const char *command, json_t *arguments, qmp_done done,
		 void *data);
/* Prevents the call of the callback of command ID; the command itself is not cancelled. */
void qmp_forget(struct qmp *qmp, guint64 id);

/* Reads all data that is available without blocking. Used after QEMU has exited. */
void qmp_drain(struct qmp *qmp);

/*
 * Returns TRUE if this QEMU has WHAT: "command:device_add", "arg:device_del.id" or
 * "event:DEVICE_DELETED". Valid from READY on.
 */
gboolean qmp_supports(const struct qmp *qmp, const char *what);

/*
 * A cursor reads the event log: each event since the cursor's creation, exactly once. The log keeps
 * every event that some cursor has not read yet.
 */
struct qmp_cursor;
struct qmp_cursor *qmp_cursor_new(struct qmp *qmp);
/*
 * Returns the next event, borrowed until the next call for this cursor, and sets *ret_name to its
 * name; or returns NULL if there is none.
 */
json_t *qmp_cursor_next(struct qmp_cursor *cursor, const char **ret_name);
void qmp_cursor_free(struct qmp_cursor *cursor);
/* Returns the number of events in memory. */
guint qmp_events_held(const struct qmp *qmp);

#endif
