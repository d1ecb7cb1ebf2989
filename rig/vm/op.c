// SPDX-License-Identifier: GPL-2.0-only
/* What all operations have in common: the deadline, the event cursor, and exactly one outcome. */
#include "vm/op.h"

#include "util/clock.h"

static const char *const outcome_names[] = {
	[VM_OK] = "ok",		      [VM_REFUSED] = "refused",	 [VM_TIMED_OUT] = "timed out",
	[VM_VANISHED] = "vanished", [VM_FAILED] = "failed",
};

const char *vm_outcome_name(enum vm_outcome outcome)
{
	return outcome_names[outcome];
}

static void op_free(struct op *op)
{
	g_free(op->id);
	g_free(op->backend);
	g_free(op->why);
	json_decref(op->device);
	g_free(op);
}

static void enter(struct op *op)
{
	op->depth++;
}

static void leave(struct op *op)
{
	if (--op->depth == 0 && op->ended)
		op_free(op);
}

void op_finish(struct op *op, enum vm_outcome outcome, const char *why, json_t *reply)
{
	if (op->ended)
		return;
	op->ended = TRUE;
	enter(op);
	g_queue_remove(&op->vm->ops, op);
	g_clear_handle_id(&op->timer, g_source_remove);
	g_clear_handle_id(&op->idle, g_source_remove);
	g_clear_handle_id(&op->again, g_source_remove);
	g_clear_pointer(&op->cursor, qmp_cursor_free);
	if (op->command)
		qmp_forget(op->vm->qmp, op->command);
	if (op->done)
		op->done(outcome, why ? why : "", reply, op->data);
	leave(op);
}

void op_fail(struct op *op, const struct qmp_reply *reply)
{
	op_finish(op, VM_FAILED, reply->desc, NULL);
}

static gboolean on_idle(void *data)
{
	struct op *op = data;
	g_autofree char *why = g_steal_pointer(&op->why);

	op->idle = 0;
	op_finish(op, op->late, why, NULL);
	return G_SOURCE_REMOVE;
}

void op_finish_later(struct op *op, enum vm_outcome outcome, const char *why)
{
	op->late = outcome;
	g_free(op->why);
	op->why = g_strdup(why);
	op->idle = g_idle_add(on_idle, op);
}

static gboolean on_deadline(void *data)
{
	struct op *op = data;
	g_autofree char *why = NULL;

	/*
	 * the connection is lost, so no reply can arrive: extend the deadline until 1 s after it is
	 * restored
	 */
	if (op->vm->disconnected) {
		op->timer = g_timeout_add_seconds(1, on_deadline, op);
		return G_SOURCE_REMOVE;
	}
	why = g_strdup_printf("%s%s%s: no %s by the deadline", op->what,
			      op->id ? " " : "", op->id ? op->id : "", op->waits);

	op->timer = 0;
	if (op->timed_out)
		op->timed_out(op);
	op_finish(op, VM_TIMED_OUT, why, NULL);
	return G_SOURCE_REMOVE;
}

struct op *op_new(struct vm *vm, const char *what, const char *id, gint64 deadline_ns, vm_done done,
		  void *data)
{
	struct op *op = g_new0(struct op, 1);
	gint64 left_ms = (deadline_ns - rig_now_ns() + RIG_NS_PER_MS - 1) / RIG_NS_PER_MS;

	op->vm = vm;
	op->what = what;
	op->id = g_strdup(id);
	op->waits = "reply of QEMU";
	op->done = done;
	op->data = data;
	op->cursor = qmp_cursor_new(vm->qmp);
	op->timer = g_timeout_add(CLAMP(left_ms, 0, G_MAXINT), on_deadline, op);
	g_queue_push_tail(&vm->ops, op);
	return op;
}

static void on_reply(const struct qmp_reply *reply, void *data)
{
	struct op *op = data;

	op->command = 0;
	enter(op);
	if (!g_strcmp0(reply->error_class, "Disconnected"))
		op_finish(op, VM_VANISHED, reply->desc, NULL);
	else
		op->reply(op, reply);
	op_check_events(op);
	leave(op);
}

void op_send(struct op *op, const char *command, json_t *arguments, op_reply reply)
{
	op->reply = reply;
	op->command = qmp_send(op->vm->qmp, command, arguments, on_reply, op);
}

void op_check_events(struct op *op)
{
	const char *name;
	json_t *event;

	enter(op);
	while (!op->ended && op->event && (event = qmp_cursor_next(op->cursor, &name)))
		op->event(op, name, json_object_get(event, "data"));
	leave(op);
}

void vm_ops_check_events(struct vm *vm)
{
	g_autoptr(GList) ops = g_list_copy(vm->ops.head);

	/*
	 * iterate over a copy of the list: an operation that ends may start others, but does not
	 * end others
	 */
	for (GList *l = ops; l; l = l->next)
		op_check_events(l->data);
}

void vm_ops_vanish(struct vm *vm, const char *why)
{
	guint n = vm->ops.length;

	while (n-- && vm->ops.length)
		op_finish(g_queue_peek_head(&vm->ops), VM_VANISHED, why, NULL);
}

void vm_ops_free(struct vm *vm)
{
	for (GList *l = vm->ops.head; l; l = l->next)
		((struct op *)l->data)->done = NULL;
	vm_ops_vanish(vm, NULL);
}

gboolean op_is_mine(const struct op *op, json_t *data)
{
	return !g_strcmp0(json_string_value(json_object_get(data, "device")), op->id);
}

int op_ost_status(const struct op *op, json_t *data, int source)
{
	json_t *info = json_object_get(data, "info");

	if (!op_is_mine(op, info) ||
	    json_integer_value(json_object_get(info, "source")) != source)
		return -1;
	return json_integer_value(json_object_get(info, "status"));
}
