// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unplugs a device. device_del is only a request; its outcome is exactly one of these events, or
 * none until the deadline:
 *
 *	DEVICE_DELETED			the device is deleted
 *	MEM_UNPLUG_ERROR		the guest refused (older name, memory only)
 *	DEVICE_UNPLUG_GUEST_ERROR	the guest refused (pseries; QEMU 6.2 and newer)
 *	ACPI_DEVICE_OST			x86: reply to an eject; the only event that can be a refusal
 *
 * While the guest's driver of native PCIe hotplug is at work on the slot, QEMU refuses device_del,
 * which is then sent again until the deadline.
 *
 * For a CPU, QEMU 7.2 may send DEVICE_DELETED only for its "lapic", so the list of CPUs is read
 * after a successful eject.
 */
#include "vm/op.h"

#include <string.h>

/* the source "eject request" of an ACPI _OST, and its statuses (ACPI 6.3, 6.3.5) */
#define OST_EJECT_REQUEST 3
#define OST_SUCCESS 0x00
#define OST_IN_PROGRESS 0x84

#define BUSY_RETRY_MS 100

static void del_sent(struct op *op, const struct qmp_reply *reply);

static void ask(struct op *op)
{
	g_hash_table_add(op->vm->unplug_pending, g_strdup(op->id));
	op_send(op, "device_del", json_pack("{s:s}", "id", op->id), del_sent);
}

static gboolean ask_again(void *data)
{
	struct op *op = data;

	op->again = 0;
	ask(op);
	return G_SOURCE_REMOVE;
}

static void refused(struct op *op, const char *why)
{
	g_hash_table_remove(op->vm->unplug_pending, op->id);
	if (!op->earlier) {
		op_finish(op, VM_REFUSED, why, NULL);
		return;
	}
	/* this was the outcome of the earlier request: send the new one now */
	op->earlier = FALSE;
	ask(op);
}

static void backend_deleted(struct op *op, const struct qmp_reply *reply)
{
	GHashTable *left = op->vm->left_backends;

	if (reply->error_class && strstr(reply->desc, "which is mapped")) {
		/*
		 * hw/mem/cxl_type3.c (QEMU 11.1) does not release the backend of a deleted device.
		 * It stays, and the next device with this id gets a backend with another name
		 */
		guint n = GPOINTER_TO_UINT(g_hash_table_lookup(left, op->id)) + 1;

		g_hash_table_insert(left, g_strdup(op->id), GUINT_TO_POINTER(n));
	} else if (reply->error_class) {
		g_autofree char *why = g_strdup_printf("the device is gone, but not its memory: %s",
						       reply->desc);
		op_finish(op, VM_FAILED, why, NULL);
		return;
	}
	op_finish(op, VM_OK, NULL, NULL);
}

static void forget(struct vm *vm, const char *id)
{
	g_hash_table_remove(vm->unplug_pending, id);
	g_hash_table_remove(vm->places, id);
	g_hash_table_remove(vm->buses, id);
	g_hash_table_remove(vm->cpus, id);
}

static void deleted(struct op *op)
{
	struct vm *vm = op->vm;
	g_autofree char *backend = vm_backend_name(vm, op->id);
	gboolean is_memory = g_hash_table_remove(vm->backends, op->id);

	forget(vm, op->id);
	op->event = NULL;
	op->waits = "reply to object-del";
	if (op->command) {
		/* drop the reply to device_del: the event arrived before it, and is sufficient */
		qmp_forget(vm->qmp, op->command);
		op->command = 0;
	}
	if (is_memory)
		op_send(op, "object-del", json_pack("{s:s}", "id", backend), backend_deleted);
	else
		op_finish(op, VM_OK, NULL, NULL);
}

static void cpus_listed(struct op *op, const struct qmp_reply *reply)
{
	g_autofree char *path = g_strconcat("/machine/peripheral/", op->id, NULL);
	json_t *slot;
	gsize i;

	json_array_foreach(reply->result, i, slot)
		if (!g_strcmp0(json_string_value(json_object_get(slot, "qom-path")), path))
			return;
	if (!reply->error_class)
		deleted(op);
}

/*
 * Called when the guest has ejected a device that the event does not name. If it may be this
 * operation's CPU, reads the list of CPUs.
 */
static void eject_done(struct op *op)
{
	if (!op->command && !g_hash_table_contains(op->vm->backends, op->id))
		op_send(op, "query-hotpluggable-cpus", NULL, cpus_listed);
}

static void on_ost(struct op *op, json_t *data)
{
	json_t *info = json_object_get(data, "info");
	int status = op_ost_status(op, data, OST_EJECT_REQUEST);

	if (status > OST_SUCCESS && status != OST_IN_PROGRESS) {
		g_autofree char *why =
			g_strdup_printf("the guest refused: _OST status 0x%x", status);

		refused(op, why);
	} else if (!json_object_get(info, "device") &&
		   !g_strcmp0(json_string_value(json_object_get(info, "slot-type")), "CPU")) {
		eject_done(op);
	}
}

static void on_event(struct op *op, const char *name, json_t *data)
{

	if (g_str_equal(name, "DEVICE_DELETED")) {
		if (op_is_mine(op, data))
			deleted(op);
	} else if (g_str_equal(name, "MEM_UNPLUG_ERROR") ||
		   g_str_equal(name, "DEVICE_UNPLUG_GUEST_ERROR")) {
		const char *msg = json_string_value(json_object_get(data, "msg"));

		if (op_is_mine(op, data))
			refused(op, msg ? msg : "the guest refused");
	} else if (g_str_equal(name, "ACPI_DEVICE_OST")) {
		on_ost(op, data);
	}
}

static void del_sent(struct op *op, const struct qmp_reply *reply)
{
	if (!reply->error_class) {
		op->waits = "DEVICE_DELETED or refusal";
	} else if (strstr(reply->desc, "in progress") ||
		   strstr(reply->desc, "in the process of unplug")) {
		/*
		 * QEMU has no error class for this, so the message is compared (qdev-monitor.c,
		 * spapr.c)
		 */
		op->earlier = TRUE;
		op->waits = "outcome of the earlier unplug request";
	} else if (strstr(reply->desc, "guest is busy")) {
		/*
		 * hw/pci/pcie.c: the guest's driver of native PCIe hotplug is still at work on the
		 * slot, for example after a plug. QEMU sends no event at the end of that
		 */
		g_hash_table_remove(op->vm->unplug_pending, op->id);
		op->waits = "end of the guest's work on the slot (its power indicator blinks)";
		op->again = g_timeout_add(BUSY_RETRY_MS, ask_again, op);
	} else if (strstr(reply->desc, "cannot get unplugged while")) {
		/* hw/virtio/virtio-mem.c: the guest has not returned all memory yet */
		refused(op, reply->desc);
	} else if (g_str_equal(reply->error_class, "DeviceNotFound") &&
		   g_hash_table_remove(op->vm->unplugged_late, op->id)) {
		op_finish(op, VM_OK, NULL, NULL);
	} else {
		g_hash_table_remove(op->vm->unplug_pending, op->id);
		op_fail(op, reply);
	}
}

/*
 * Handles a timeout. If the operation has waited for the outcome of an earlier request, the next
 * operation will not wait for it again.
 */
static void timed_out(struct op *op)
{
	if (op->earlier)
		g_hash_table_remove(op->vm->unplug_pending, op->id);
}

void vm_unplug(struct vm *vm, const char *id, gint64 deadline_ns, vm_done done, void *data)
{
	struct op *op = op_new(vm, "unplug of", id, deadline_ns, done, data);

	op->event = on_event;
	op->timed_out = timed_out;
	/*
	 * if QMP has ended, the outcome of the earlier request cannot arrive: do not wait, ask()
	 * will fail
	 */
	op->earlier = g_hash_table_contains(vm->unplug_pending, id) && !qmp_why(vm->qmp);
	if (op->earlier)
		op->waits = "outcome of the earlier unplug request";
	else
		ask(op);
}

void vm_unplug_late(struct vm *vm, const char *name, json_t *data)
{
	/* ACPI_DEVICE_OST has the device in `info`, other events have it in `data` */
	json_t *info = json_object_get(data, "info");
	const char *id = json_string_value(json_object_get(info ? info : data, "device"));
	json_int_t status = json_integer_value(json_object_get(info, "status"));

	if (!id || !g_hash_table_contains(vm->unplug_pending, id))
		return;
	for (GList *l = vm->ops.head; l; l = l->next)
		if (((struct op *)l->data)->event == on_event &&
		    !g_strcmp0(((struct op *)l->data)->id, id))
			return;
	if (g_str_equal(name, "DEVICE_DELETED")) {
		g_autofree char *backend = vm_backend_name(vm, id);

		g_hash_table_add(vm->unplugged_late, g_strdup(id));
		if (g_hash_table_remove(vm->backends, id))
			qmp_send(vm->qmp, "object-del", json_pack("{s:s}", "id", backend), NULL,
				 NULL);
		forget(vm, id);
	} else if (g_str_equal(name, "MEM_UNPLUG_ERROR") ||
		   g_str_equal(name, "DEVICE_UNPLUG_GUEST_ERROR") ||
		   (g_str_equal(name, "ACPI_DEVICE_OST") && status > OST_SUCCESS &&
		    status != OST_IN_PROGRESS &&
		    json_integer_value(json_object_get(info, "source")) == OST_EJECT_REQUEST)) {
		g_hash_table_remove(vm->unplug_pending, id);
	}
}
