// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations on the balloon, which takes memory from the guest. The argument of QEMU's command
 * `balloon` is not the balloon's size, but the memory that it leaves to the guest: the boot memory
 * plus all DIMMs (hw/virtio/virtio-balloon.c, get_current_ram_size), minus the balloon. Other
 * memory devices do not count.
 */
#include "vm/op.h"

static void on_change(struct op *op, const char *name, json_t *data)
{
	if (g_str_equal(name, "BALLOON_CHANGE") &&
	    (guint64)json_integer_value(json_object_get(data, "actual")) == op->size)
		op_finish(op, VM_OK, NULL, NULL);
}

/* Checks the current size once, because QEMU sends no event if the size does not change. */
static void checked(struct op *op, const struct qmp_reply *reply)
{
	if ((guint64)json_integer_value(json_object_get(reply->result, "actual")) == op->size)
		op_finish(op, VM_OK, NULL, NULL);
}

static void sent(struct op *op, const struct qmp_reply *reply)
{
	const char *name;

	if (reply->error_class) {
		op_fail(op, reply);
		return;
	}
	op->waits = "the event BALLOON_CHANGE with the new size";
	/*
	 * skip earlier events, which may be about the previous size; the reply to query-balloon has
	 * the current one
	 */
	while (qmp_cursor_next(op->cursor, &name))
		;
	op->event = on_change;
	op_send(op, "query-balloon", NULL, checked);
}

static void base_known(struct op *op, const struct qmp_reply *reply)
{
	json_int_t base = json_integer_value(json_object_get(reply->result, "base-memory"));

	if (reply->error_class) {
		op_fail(op, reply);
		return;
	}
	/*
	 * op->size was the size of the DIMMs minus the balloon's, which may be negative (modulo
	 * 2^64)
	 */
	op->size += base;
	op_send(op, "balloon", json_pack("{s:I}", "value", (json_int_t)op->size), sent);
}

static void dimms_known(struct op *op, const struct qmp_reply *reply)
{
	guint64 dimms = 0;
	json_t *entry;
	gsize i;

	if (reply->error_class) {
		op_fail(op, reply);
		return;
	}
	json_array_foreach(reply->result, i, entry)
		if (!g_strcmp0(json_string_value(json_object_get(entry, "type")), "dimm"))
			dimms += json_integer_value(
				json_object_get(json_object_get(entry, "data"), "size"));
	op->size = dimms - op->size;
	op_send(op, "query-memory-size-summary", NULL, base_known);
}

void vm_resize_balloon(struct vm *vm, const char *id, guint64 size, gint64 deadline_ns,
		       vm_done done, void *data)
{
	struct op *op = op_new(vm, "resize of", id, deadline_ns, done, data);

	op->size = size;
	op_send(op, "query-memory-devices", NULL, dimms_known);
}
