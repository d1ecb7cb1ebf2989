// SPDX-License-Identifier: GPL-2.0-only
/*
 * QMP commands: queues a command until the connection is ready, sends it, and passes its reply or
 * an error to the callback.
 */
#include "qmp/internal.h"

#include <errno.h>
#include <glib-unix.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void qmp_slot_free(struct slot *slot)
{
	g_free(slot->line);
	g_free(slot);
}

void qmp_slot_finish(struct qmp *qmp, struct slot *slot, const struct qmp_reply *reply)
{
	g_hash_table_steal(qmp->slots, &slot->id);
	g_queue_remove(&qmp->order, slot);
	if (slot->done)
		slot->done(reply, slot->data);
	qmp_slot_free(slot);
}

void qmp_fail_pending(struct qmp *qmp)
{
	const struct qmp_reply reply = {.error_class = "Disconnected", .desc = qmp->why};
	/*
	 * fail only the commands that exist now. A command that a callback sends fails in the next
	 * idle callback
	 */
	guint n = qmp->order.length;

	while (n-- && qmp->order.length)
		qmp_slot_finish(qmp, g_queue_peek_head(&qmp->order), &reply);
}

static gboolean fail_late(void *data)
{
	struct qmp *qmp = data;

	qmp->fail_idle = 0;
	qmp_fail_pending(qmp);
	return G_SOURCE_REMOVE;
}

static gboolean flush(struct qmp *qmp)
{
	while (qmp->out->len) {
		ssize_t n = send(qmp->fd, qmp->out->data, qmp->out->len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		/*
		 * after EAGAIN the rest is sent later. Other errors are ignored: reading from the
		 * socket will fail too, but only after QEMU's last messages were read
		 */
		if (n <= 0)
			return errno == EAGAIN;
		g_byte_array_remove_range(qmp->out, 0, n);
	}
	return FALSE;
}

static gboolean on_writable(int fd, GIOCondition condition, void *data)
{
	struct qmp *qmp = data;

	(void)fd;
	(void)condition;
	if (flush(qmp))
		return G_SOURCE_CONTINUE;
	qmp->out_watch = 0;
	return G_SOURCE_REMOVE;
}

void qmp_slot_send(struct qmp *qmp, struct slot *slot)
{
	gsize len = strlen(slot->line);

	qmp_record(qmp, "out", slot->line, len, TRUE);
	g_byte_array_append(qmp->out, (const guint8 *)slot->line, len);
	g_byte_array_append(qmp->out, (const guint8 *)"\n", 1);
	g_clear_pointer(&slot->line, g_free);
	if (!qmp->out_watch && flush(qmp))
		qmp->out_watch = g_unix_fd_add(qmp->fd, G_IO_OUT, on_writable, qmp);
}

struct slot *qmp_slot_new(struct qmp *qmp, const char *command, json_t *arguments, qmp_done done,
			     void *data)
{
	struct slot *slot = g_new0(struct slot, 1);
	json_t *message =
		json_pack("{s:s, s:I}", "execute", command, "id", (json_int_t)++qmp->last_id);
	char *line;

	if (arguments)
		json_object_set_new(message, "arguments", arguments);
	line = json_dumps(message, JSON_COMPACT);
	json_decref(message);
	*slot = (struct slot){qmp->last_id, g_strdup(line), done, data};
	free(line);
	g_hash_table_insert(qmp->slots, &slot->id, slot);
	g_queue_push_tail(&qmp->order, slot);
	return slot;
}

guint64 qmp_send(struct qmp *qmp, const char *command, json_t *arguments, qmp_done done, void *data)
{
	struct slot *slot = qmp_slot_new(qmp, command, arguments, done, data);

	if (qmp_is_over(qmp)) {
		if (!qmp->fail_idle)
			qmp->fail_idle = g_idle_add(fail_late, qmp);
	} else if (qmp->state == QMP_READY) {
		qmp_slot_send(qmp, slot);
	}
	return slot->id;
}

void qmp_forget(struct qmp *qmp, guint64 id)
{
	struct slot *slot = g_hash_table_lookup(qmp->slots, &id);

	if (slot)
		slot->done = NULL;
}
