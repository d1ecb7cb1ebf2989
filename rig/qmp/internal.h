/* SPDX-License-Identifier: GPL-2.0-only */
/* What qmp.c (the connection) and commands.c share. */
#ifndef RIG_QMP_INTERNAL_H
#define RIG_QMP_INTERNAL_H

#include "qmp/events.h"
#include "qmp/qmp.h"
#include "qmp/trace.h"

/* A command that is queued, or sent and without a reply yet. */
struct slot {
	guint64 id;
	char *line; /* not sent yet, or NULL */
	qmp_done done;
	void *data;
};

struct qmp {
	int fd;
	enum qmp_state state;
	char *why;
	struct qmp_owner owner;
	guint in_watch, out_watch, fail_idle;
	GByteArray *in;	 /* the beginning of a line */
	gsize scanned;	 /* bytes of it that contain no end of line */
	GByteArray *out; /* bytes that the socket has not accepted yet */
	guint64 last_id;
	GHashTable *slots; /* id to struct slot */
	GQueue order;	   /* the same slots, in the order of sending */
	GHashTable *schema;
	struct qmp_events events;
	struct qmp_trace trace;
};

static inline gboolean qmp_is_over(const struct qmp *qmp)
{
	return qmp->state == QMP_ENDED || qmp->state == QMP_BROKEN;
}

/* qmp.c: a line for the trace; DIR: "in", "out" or "dropped". */
void qmp_record(struct qmp *qmp, const char *dir, const char *line, gsize len, gboolean is_json);

/* commands.c. A new command at the end of the queue, which owns it. ARGUMENTS is stolen. */
struct slot *qmp_slot_new(struct qmp *qmp, const char *command, json_t *arguments, qmp_done done,
			  void *data);
/* Sends a queued command, or keeps in `out` what the socket does not accept now. */
void qmp_slot_send(struct qmp *qmp, struct slot *slot);
/*
 * Calls the command's callback with REPLY and frees the slot, which is removed first: the callback
 * may send, forget, or read the state.
 */
void qmp_slot_finish(struct qmp *qmp, struct slot *slot, const struct qmp_reply *reply);
void qmp_slot_free(struct slot *slot);
/* Answers every open command with "Disconnected". */
void qmp_fail_pending(struct qmp *qmp);

#endif
