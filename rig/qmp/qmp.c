// SPDX-License-Identifier: GPL-2.0-only
/* The QMP connection: its states, the received lines, and the matching of replies to commands. */
#include "qmp/internal.h"

#include "qmp/schema.h"
#include "util/error.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

static const char *const state_names[] = {
	[QMP_GREETING] = "waiting for the greeting", [QMP_NEGOTIATING] = "negotiating capabilities",
	[QMP_PROBING] = "reading the schema",	     [QMP_READY] = "ready",
	[QMP_ENDED] = "ended",			     [QMP_BROKEN] = "broken",
};

const char *qmp_state_name(enum qmp_state state)
{
	return state_names[state];
}

enum qmp_state qmp_state(const struct qmp *qmp)
{
	return qmp->state;
}

const char *qmp_why(const struct qmp *qmp)
{
	return qmp->why;
}

struct qmp_events *qmp_events_of(struct qmp *qmp)
{
	return &qmp->events;
}

gboolean qmp_supports(const struct qmp *qmp, const char *what)
{
	return qmp->schema && g_hash_table_contains(qmp->schema, what);
}

static void deliver_event(struct qmp *qmp, json_t *event)
{
	const char *name = json_string_value(json_object_get(event, "event"));

	json_incref(event);
	qmp_events_append(&qmp->events, json_incref(event));
	if (qmp->owner.event)
		qmp->owner.event(name, event, qmp->owner.data);
	json_decref(event);
}

static void close_socket(struct qmp *qmp)
{
	g_clear_handle_id(&qmp->in_watch, g_source_remove);
	g_clear_handle_id(&qmp->out_watch, g_source_remove);
	if (qmp->fd >= 0)
		close(qmp->fd);
	qmp->fd = -1;
}

/* Ends the connection with STATE. WHY, the reason, is stolen. */
static void finish(struct qmp *qmp, enum qmp_state state, char *why)
{
	json_t *event;

	if (qmp_is_over(qmp)) {
		g_free(why);
		return;
	}
	qmp->state = state;
	qmp->why = why;
	close_socket(qmp);
	qmp_fail_pending(qmp);
	event = json_pack("{s:s, s:{s:b, s:s}, s:b}", "event", "SHUTDOWN", "data", "guest", 0,
			  "reason", "disconnected", "synthetic", 1);
	deliver_event(qmp, event);
	json_decref(event);
	if (qmp->owner.ended)
		qmp->owner.ended(qmp->why, qmp->owner.data);
}

void qmp_record(struct qmp *qmp, const char *dir, const char *line, gsize len, gboolean is_json)
{
	if (!qmp_trace_line(&qmp->trace, dir, line, len, is_json) && qmp->owner.trace_failed)
		qmp->owner.trace_failed(qmp->trace.why, qmp->owner.data);
}

/* ---- the handshake, until the state is READY ---- */

static void on_schema(const struct qmp_reply *reply, void *data)
{
	struct qmp *qmp = data;

	if (qmp_is_over(qmp))
		return;
	qmp->schema = qmp_schema_parse(reply->result);
	qmp->state = QMP_READY;
	for (GList *l = qmp->order.head; l; l = l->next) {
		struct slot *slot = l->data;

		if (slot->line)
			qmp_slot_send(qmp, slot);
	}
}

static void on_capabilities(const struct qmp_reply *reply, void *data)
{
	struct qmp *qmp = data;

	if (qmp_is_over(qmp))
		return;
	if (reply->error_class) {
		finish(qmp, QMP_BROKEN,
		       g_strdup_printf("QEMU refused qmp_capabilities: %s", reply->desc));
		return;
	}
	qmp->state = QMP_PROBING;
	qmp_slot_send(qmp, qmp_slot_new(qmp, "query-qmp-schema", NULL, on_schema, qmp));
}

/* ---- receiving ---- */

/* Records MESSAGE, a reply to no open command, in the trace as "dropped". */
static void drop(struct qmp *qmp, json_t *message)
{
	g_autofree char *text = json_dumps(message, JSON_COMPACT);

	if (text)
		qmp_record(qmp, "dropped", text, strlen(text), TRUE);
}

static void on_reply(struct qmp *qmp, json_t *message, json_t *error)
{
	json_t *number = json_object_get(message, "id");
	/*
	 * the id may be a real number, see parse(). Check its range first: the conversion of a real
	 * that is out of range is undefined behaviour
	 */
	double value = json_is_number(number) ? json_number_value(number) : -1;
	guint64 id = value >= 0 && value <= (double)qmp->last_id ? (guint64)value : 0;
	struct slot *slot = g_hash_table_lookup(qmp->slots, &id);
	struct qmp_reply reply = {.result = json_object_get(message, "return")};

	if (error) {
		reply.error_class = json_string_value(json_object_get(error, "class"));
		reply.desc = json_string_value(json_object_get(error, "desc"));
		reply.error_class = reply.error_class ? reply.error_class : "GenericError";
		reply.desc = reply.desc ? reply.desc : "no description";
		reply.result = NULL;
	}
	if (slot && !slot->line)
		qmp_slot_finish(qmp, slot, &reply);
	else if (number)
		drop(qmp, message);
	else
		finish(qmp, QMP_BROKEN,
		       error ? g_strdup_printf("QEMU reported an error without a command: %s",
					       reply.desc)
			     : g_strdup("QEMU sent a reply without an id"));
}

static void on_message(struct qmp *qmp, json_t *message)
{
	json_t *error = json_object_get(message, "error");

	if (json_is_string(json_object_get(message, "event"))) {
		deliver_event(qmp, message);
	} else if (json_object_get(message, "return") || json_is_object(error)) {
		on_reply(qmp, message, error);
	} else if (json_object_get(message, "QMP") && qmp->state == QMP_GREETING) {
		qmp->state = QMP_NEGOTIATING;
		qmp_slot_send(qmp,
			      qmp_slot_new(qmp, "qmp_capabilities", NULL, on_capabilities, qmp));
	} else {
		finish(qmp, QMP_BROKEN,
		       g_strdup("QEMU sent a message that is neither greeting, reply nor event"));
	}
}

/*
 * Parses a line. QEMU's integers may exceed jansson's, which are signed 64 bits. A line with such a
 * number is parsed again with all numbers as reals; the rig needs none of them in full precision.
 */
static json_t *parse(const char *line, gsize len, json_error_t *why)
{
	json_t *message = json_loadb(line, len, 0, why);

	if (!message && json_error_code(why) == json_error_numeric_overflow)
		message = json_loadb(line, len, JSON_DECODE_INT_AS_REAL, why);
	return message;
}

static void on_line(struct qmp *qmp, const char *line, gsize len)
{
	json_error_t why;
	json_t *message;

	while (len && (line[len - 1] == '\r' || line[len - 1] == '\n'))
		len--;
	if (!len)
		return;
	message = parse(line, len, &why);
	qmp_record(qmp, "in", line, len, message != NULL);
	if (!message)
		finish(qmp, QMP_BROKEN, g_strdup_printf("QMP line is not JSON: %s", why.text));
	else if (!json_is_object(message))
		finish(qmp, QMP_BROKEN, g_strdup("QMP line is not a JSON object"));
	else
		on_message(qmp, message);
	json_decref(message);
}

static void take_lines(struct qmp *qmp)
{
	gsize start = 0;
	guint8 *end;

	while (!qmp_is_over(qmp) && (end = memchr(qmp->in->data + qmp->scanned, '\n',
					      qmp->in->len - qmp->scanned))) {
		gsize next = end - qmp->in->data + 1;

		on_line(qmp, (char *)qmp->in->data + start, next - start);
		start = qmp->scanned = next;
	}
	g_byte_array_remove_range(qmp->in, 0, start);
	qmp->scanned = qmp->in->len;
	if (qmp->in->len > QMP_LINE_MAX)
		finish(qmp, QMP_BROKEN,
		       g_strdup_printf("QMP line is longer than %u bytes", QMP_LINE_MAX));
}

static void on_end(struct qmp *qmp)
{
	if (!qmp->in->len) {
		finish(qmp, QMP_ENDED, g_strdup("QEMU closed the QMP connection"));
		return;
	}
	qmp_record(qmp, "in", (char *)qmp->in->data, qmp->in->len, FALSE);
	finish(qmp, QMP_BROKEN, g_strdup_printf("QMP ended inside a line, after %u bytes of it",
						qmp->in->len));
}

/* Reads once from the socket. Returns FALSE if nothing more can be read now. */
static gboolean read_some(struct qmp *qmp)
{
	guint8 buf[65536];
	ssize_t n = read(qmp->fd, buf, sizeof(buf));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return errno == EINTR;
	if (n <= 0) {
		on_end(qmp);
		return FALSE;
	}
	g_byte_array_append(qmp->in, buf, n);
	take_lines(qmp);
	return !qmp_is_over(qmp);
}

static gboolean on_readable(int fd, GIOCondition condition, void *data)
{
	struct qmp *qmp = data;

	(void)fd;
	(void)condition;
	/*
	 * read one piece per main loop iteration, so that the console and the guest channel are
	 * read, too
	 */
	read_some(qmp);
	return qmp_is_over(qmp) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

void qmp_drain(struct qmp *qmp)
{
	while (!qmp_is_over(qmp) && read_some(qmp))
		;
}

struct qmp *qmp_new(int fd, const char *trace_path, const struct qmp_owner *owner, GError **error)
{
	struct qmp *qmp;
	struct qmp_trace record;

	if (!qmp_trace_init(&record, trace_path, QMP_TRACE_MAX, error)) {
		close(fd);
		return NULL;
	}
	g_unix_set_fd_nonblocking(fd, TRUE, NULL);
	qmp = g_new0(struct qmp, 1);
	qmp->fd = fd;
	qmp->owner = *owner;
	qmp->trace = record;
	qmp->in = g_byte_array_new();
	qmp->out = g_byte_array_new();
	qmp->slots = g_hash_table_new(g_int64_hash, g_int64_equal);
	g_queue_init(&qmp->order);
	qmp_events_init(&qmp->events);
	qmp->in_watch = g_unix_fd_add(fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, qmp);
	return qmp;
}

void qmp_free(struct qmp *qmp)
{
	if (!qmp)
		return;
	close_socket(qmp);
	g_clear_handle_id(&qmp->fail_idle, g_source_remove);
	g_queue_clear_full(&qmp->order, (GDestroyNotify)qmp_slot_free);
	g_hash_table_destroy(qmp->slots);
	g_clear_pointer(&qmp->schema, g_hash_table_destroy);
	g_byte_array_unref(qmp->in);
	g_byte_array_unref(qmp->out);
	qmp_events_deinit(&qmp->events);
	qmp_trace_deinit(&qmp->trace);
	g_free(qmp->why);
	g_free(qmp);
}
