/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by qmp.c (the connection) and commands.c. */
#ifndef RIG_QMP_INTERNAL_H
#define RIG_QMP_INTERNAL_H

#include "qmp/events.h"
#include "qmp/qmp.h"
#include "qmp/trace.h"

/* A command that is queued, or sent and without a reply yet. */
struct slot {
	guint64 id;
	char *line; /* the text to send; NULL after it was sent */
	qmp_done done;
	void *data;
};

struct qmp {
	int fd;
	enum qmp_state state;
	char *why; /* the result of qmp_why(), or NULL */
	struct qmp_owner owner;
	/* sources of the main loop, or 0 if they are not in use */
	guint in_watch, out_watch, fail_idle;
	GByteArray *in;	 /* received bytes of a line whose end has not arrived yet */
	gsize scanned;	 /* number of bytes of `in` that are known to contain no end of line */
	GByteArray *out; /* bytes that the socket has not accepted yet */
	guint64 last_id;
	GHashTable *slots; /* maps an id to its struct slot */
	GQueue order;	   /* the same slots, in the order of sending */
	GHashTable *schema;
	struct qmp_events events;
	struct qmp_trace trace;
};

static inline gboolean qmp_is_over(const struct qmp *qmp)
{
	return qmp->state == QMP_ENDED || qmp->state == QMP_BROKEN;
}

/* Records a line in the trace (qmp.c). DIR: "in", "out" or "dropped". */
void qmp_record(struct qmp *qmp, const char *dir, const char *line, gsize len, gboolean is_json);

/*
 * Adds a command to the end of the queue, which owns the result (commands.c). ARGUMENTS is stolen.
 */
struct slot *qmp_slot_new(struct qmp *qmp, const char *command, json_t *arguments, qmp_done done,
			  void *data);
/* Sends a queued command; bytes that the socket does not accept now are kept in `out`. */
void qmp_slot_send(struct qmp *qmp, struct slot *slot);
/*
 * Calls the command's callback with REPLY and frees the slot. The slot is removed from the queue
 * before the call, because the callback may call any function of qmp.h.
 */
void qmp_slot_finish(struct qmp *qmp, struct slot *slot, const struct qmp_reply *reply);
void qmp_slot_free(struct slot *slot);
/* Calls the callback of every open command with the error "Disconnected". */
void qmp_fail_pending(struct qmp *qmp);

#endif
