// SPDX-License-Identifier: GPL-2.0-only
/* Adds DIMMs, virtio-mem devices and CPUs, and changes the size of a virtio-mem device. */
#include "vm/op.h"

#include <string.h>

/* ACPI _OST with source "device check": the guest's reply to a plug; status 0 is success. */
#define OST_DEVICE_CHECK 1

static void added(struct op *op, const struct qmp_reply *reply);

/* Called when QEMU has refused the device and has then answered object-del. Reports the refusal. */
static void backend_removed(struct op *op, const struct qmp_reply *reply)
{
	g_autofree char *why = g_steal_pointer(&op->why);

	(void)reply;
	op_finish(op, VM_FAILED, why, NULL);
}

static void fail_with_backend(struct op *op, const struct qmp_reply *reply)
{
	g_hash_table_remove(op->vm->buses, op->id);
	if (!op->backend) {
		op_fail(op, reply);
		return;
	}
	op->why = g_strdup(reply->desc);
	g_hash_table_remove(op->vm->backends, op->id);
	op_send(op, "object-del", json_pack("{s:s}", "id", op->backend), backend_removed);
}

/*
 * The last step of a plug: waits until the guest has accepted the device, if the machine reports
 * that.
 */
static void wait_for_guest(struct op *op)
{
	op->event = op->accepted;
	if (op->event)
		op_check_events(op);
	else
		op_finish(op, VM_OK, NULL, NULL);
}

static void on_ost(struct op *op, const char *name, json_t *data)
{
	int status;

	if (!g_str_equal(name, "ACPI_DEVICE_OST"))
		return;
	status = op_ost_status(op, data, OST_DEVICE_CHECK);
	if (status == 0) {
		op_finish(op, VM_OK, NULL, NULL);
	} else if (status > 0) {
		g_autofree char *why =
			g_strdup_printf("the guest rejected the device: _OST status 0x%x", status);
		op_finish(op, VM_REFUSED, why, NULL);
	}
}

void vm_plugs_reset(struct vm *vm)
{
	GList *l = vm->ops.head;

	while (l) {
		struct op *op = l->data;

		l = l->next;
		if (op->event == on_ost)
			op_finish(op, VM_OK,
				  "the guest was reset: it finds the device when it boots", NULL);
	}
}

static void backend_added(struct op *op, const struct qmp_reply *reply)
{
	if (reply->error_class) {
		g_clear_pointer(&op->backend, g_free);
		fail_with_backend(op, reply);
		return;
	}
	g_hash_table_add(op->vm->backends, g_strdup(op->id));
	op_send(op, "device_add", json_incref(op->device), added);
}

char *vm_backend_name(const struct vm *vm, const char *id)
{
	guint left = GPOINTER_TO_UINT(g_hash_table_lookup(vm->left_backends, id));

	return left ? g_strdup_printf("mem%u-%s", left + 1, id) : g_strdup_printf("mem-%s", id);
}

/* Creates the backend of op->device, which has it as PROPERTY; then adds the device. */
static void add_backend(struct op *op, const struct vm_memory *memory, const char *property)
{
	static const char *const types[] = {
		[VM_BACKEND_RAM] = "memory-backend-ram",
		[VM_BACKEND_MEMFD] = "memory-backend-memfd",
		[VM_BACKEND_FILE] = "memory-backend-file",
		[VM_BACKEND_HUGEPAGES] = "memory-backend-memfd",
	};
	const char *copy =
		memory->image ? g_hash_table_lookup(op->vm->images, memory->image) : NULL;
	json_t *object;

	g_hash_table_remove(op->vm->unplugged_late, op->id);
	op->backend = vm_backend_name(op->vm, memory->id);
	json_object_set_new(op->device, property, json_string(op->backend));
	object = json_pack("{s:s, s:s, s:I}", "qom-type", types[memory->backend], "id", op->backend,
			   "size", (json_int_t)memory->size + (json_int_t)memory->label);
	if (memory->share)
		json_object_set_new(object, "share", json_true());
	if (memory->backend == VM_BACKEND_HUGEPAGES)
		json_object_set_new(object, "hugetlb", json_true());
	/*
	 * if mem-path is a folder, QEMU creates a sparse file in it and unlinks the file
	 * immediately
	 */
	if (memory->backend == VM_BACKEND_FILE)
		json_object_set_new(object, "mem-path",
				    json_string(copy ? copy : op->vm->output));
	op_send(op, "object-add", object, backend_added);
}

/* Handles the reply to query-memory-devices: records the new device's address. */
static void located(struct op *op, const struct qmp_reply *reply)
{
	json_t *entry;
	gsize i;

	if (reply->error_class) {
		op_fail(op, reply);
		return;
	}
	json_array_foreach(reply->result, i, entry) {
		json_t *data = json_object_get(entry, "data");
		json_t *dimm = json_object_get(data, "addr"),
		       *other = json_object_get(data, "memaddr");
		json_t *max = json_object_get(data, "max-size");
		struct vm_place *place;

		if (g_strcmp0(json_string_value(json_object_get(data, "id")), op->id))
			continue;
		place = g_new(struct vm_place, 1);
		place->address = json_integer_value(dimm ? dimm : other);
		place->size = json_integer_value(max ? max : json_object_get(data, "size"));
		g_hash_table_insert(op->vm->places, g_strdup(op->id), place);
		wait_for_guest(op);
		return;
	}
	op_finish(op, VM_FAILED, "QEMU does not list the device that it just added", NULL);
}

static void added(struct op *op, const struct qmp_reply *reply)
{
	if (reply->error_class) {
		fail_with_backend(op, reply);
		return;
	}
	op->waits = "ACPI_DEVICE_OST that accepts the device";
	if (op->backend && !op->unlisted) {
		op_send(op, "query-memory-devices", NULL, located);
		return;
	}
	if (op->is_cpu)
		g_hash_table_add(op->vm->cpus, g_strdup(op->id));
	wait_for_guest(op);
}

void vm_plug_dimm(struct vm *vm, const struct vm_memory *dimm, gint64 deadline_ns, vm_done done,
		  void *data)
{
	struct op *op = op_new(vm, "plug of", dimm->id, deadline_ns, done, data);

	op->device = json_pack("{s:s, s:s, s:i}", "driver", "pc-dimm", "id", dimm->id, "node",
			       dimm->node);
	op->accepted = vm->machine->can & MACHINE_ACPI_OST ? on_ost : NULL;
	add_backend(op, dimm, "memdev");
}

/* Returns a UUID that is the same in each run for the device ID. The caller frees it. */
static char *uuid_for(const char *id)
{
	g_autofree char *hex = g_compute_checksum_for_string(G_CHECKSUM_MD5, id, -1);

	return g_strdup_printf("%.8s-%.4s-4%.3s-8%.3s-%.12s", hex, hex + 8, hex + 13, hex + 17,
			       hex + 20);
}

void vm_plug_nvdimm(struct vm *vm, const struct vm_memory *device, gint64 deadline_ns, vm_done done,
		    void *data)
{
	struct op *op = op_new(vm, "plug of", device->id, deadline_ns, done, data);
	g_autofree char *uuid = uuid_for(device->id);

	/*
	 * add_backend() adds the label area to the size, because QEMU takes it from the end of the
	 * backend (hw/mem/nvdimm.c). pseries needs a UUID (hw/ppc/spapr_nvdimm.c)
	 */
	op->device = json_pack("{s:s, s:s, s:i, s:I, s:s}", "driver", "nvdimm", "id", device->id,
			       "node", device->node, "label-size", (json_int_t)device->label,
			       "uuid", uuid);
	add_backend(op, device, "memdev");
}

/* ---- virtio-mem, virtio-pmem, CXL devices and the balloon ---- */

const char *vm_free_bus(struct vm *vm, const char *const *buses, const char *id)
{
	for (int i = 0; buses && buses[i]; i++) {
		GHashTableIter iter;
		void *taken = NULL;
		gboolean used = FALSE;

		g_hash_table_iter_init(&iter, vm->buses);
		while (g_hash_table_iter_next(&iter, NULL, &taken))
			used |= !strcmp(taken, buses[i]);
		if (!used) {
			g_hash_table_insert(vm->buses, g_strdup(id), (char *)buses[i]);
			return buses[i];
		}
	}
	return NULL;
}

/*
 * Sets op->device for the virtio device DRIVER with the properties MORE, on a free root port if the
 * machine needs one. Returns FALSE, and ends the operation, if none is free.
 */
static gboolean begin_on_bus(struct op *op, const char *driver, json_t *more)
{
	const struct machine *machine = op->vm->machine;
	const char *bus = vm_free_bus(op->vm, machine->hot_buses, op->id);

	op->device = json_pack("{s:s++, s:s}", "driver", driver, "-", machine_transport(machine),
			       "id", op->id);
	json_object_update_new(op->device, more);
	if (bus)
		json_object_set_new(op->device, "bus", json_string(bus));
	if (bus || !machine->hot_buses)
		return TRUE;
	op_finish_later(op, VM_FAILED, "no root port is free for another device");
	return FALSE;
}

/* Handles MEMORY_DEVICE_SIZE_CHANGE, which QEMU delays by up to 1 s. */
static void on_size(struct op *op, const char *name, json_t *data)
{
	if (g_str_equal(name, "MEMORY_DEVICE_SIZE_CHANGE") &&
	    !g_strcmp0(json_string_value(json_object_get(data, "id")), op->id) &&
	    (guint64)json_integer_value(json_object_get(data, "size")) == op->size)
		op_finish(op, VM_OK, NULL, NULL);
}

void vm_plug_virtio_mem(struct vm *vm, const struct vm_memory *device, gint64 deadline_ns,
			vm_done done, void *data)
{
	struct op *op = op_new(vm, "plug of", device->id, deadline_ns, done, data);

	if (!(vm->machine->can & MACHINE_VIRTIO_MEM)) {
		op_finish_later(op, VM_FAILED, "this machine has no virtio-mem");
		return;
	}
	if (!begin_on_bus(op, "virtio-mem",
			  json_pack("{s:i, s:I}", "node", device->node, "requested-size",
				    (json_int_t)device->requested)))
		return;
	if (device->block)
		json_object_set_new(op->device, "block-size", json_integer(device->block));
	if (device->prealloc)
		json_object_set_new(op->device, "prealloc", json_true());
	if (device->inaccessible)
		json_object_set_new(op->device, "unplugged-inaccessible", json_string("on"));
	if (device->memslots)
		json_object_set_new(op->device, "dynamic-memslots", json_true());
	op->size = device->requested;
	/* with requested size 0 the size does not change, so QEMU sends no event */
	op->accepted = device->requested ? on_size : NULL;
	add_backend(op, device, "memdev");
}

void vm_plug_virtio_pmem(struct vm *vm, const struct vm_memory *device, gint64 deadline_ns,
			 vm_done done, void *data)
{
	struct op *op = op_new(vm, "plug of", device->id, deadline_ns, done, data);

	if (begin_on_bus(op, "virtio-pmem", json_object()))
		add_backend(op, device, "memdev");
}

void vm_plug_cxl(struct vm *vm, const struct vm_memory *device, gint64 deadline_ns, vm_done done,
		 void *data)
{
	struct op *op = op_new(vm, "plug of", device->id, deadline_ns, done, data);
	const char *bus;

	if (device->at_boot) {
		g_hash_table_insert(vm->buses, g_strdup(device->id),
				    (char *)vm->machine->cxl_buses[device->serial - 1]);
		g_hash_table_add(vm->backends, g_strdup(device->id));
		op_finish_later(op, VM_OK, NULL);
		return;
	}
	op->unlisted = TRUE;
	bus = vm_free_bus(vm, vm->machine->cxl_buses, device->id);
	if (!bus) {
		op_finish_later(op, VM_FAILED, "no CXL root port is free for another device");
		return;
	}
	op->device = json_pack("{s:s, s:s, s:I, s:s}", "driver", "cxl-type3", "id", device->id,
			       "sn", (json_int_t)device->serial, "bus", bus);
	add_backend(op, device, "volatile-memdev");
}

void vm_plug_balloon(struct vm *vm, const char *id, gint64 deadline_ns, vm_done done, void *data)
{
	struct op *op = op_new(vm, "plug of", id, deadline_ns, done, data);

	g_hash_table_remove(vm->unplugged_late, id);
	if (begin_on_bus(op, "virtio-balloon", json_pack("{s:b}", "free-page-reporting", 1)))
		op_send(op, "device_add", json_incref(op->device), added);
}

/* Checks the current size once, because QEMU sends no event if the size does not change. */
static void resize_checked(struct op *op, const struct qmp_reply *reply)
{
	json_t *entry;
	gsize i;

	json_array_foreach(reply->result, i, entry) {
		json_t *device = json_object_get(entry, "data");

		if (!g_strcmp0(json_string_value(json_object_get(device, "id")), op->id) &&
		    (guint64)json_integer_value(json_object_get(device, "size")) == op->size) {
			op_finish(op, VM_OK, NULL, NULL);
			return;
		}
	}
}

static void resize_sent(struct op *op, const struct qmp_reply *reply)
{
	const char *name;

	if (reply->error_class) {
		op_fail(op, reply);
		return;
	}
	op->waits = "the event MEMORY_DEVICE_SIZE_CHANGE with the new size";
	/*
	 * skip events about the previous size; the reply to query-memory-devices has the current
	 * one
	 */
	while (qmp_cursor_next(op->cursor, &name))
		;
	op->event = on_size;
	op_send(op, "query-memory-devices", NULL, resize_checked);
}

void vm_resize(struct vm *vm, const char *id, guint64 size, gint64 deadline_ns, vm_done done,
	       void *data)
{
	struct op *op = op_new(vm, "resize of", id, deadline_ns, done, data);

	op->size = size;
	op_send(op, "qom-set", json_pack("{s:s+, s:s, s:I}", "path", "/machine/peripheral/", id,
					 "property", "requested-size", "value", (json_int_t)size),
		resize_sent);
}

/* ---- plugging CPUs ---- */

/*
 * Returns TRUE if another plug operation has chosen the slot, but QEMU has not replied to its
 * device_add yet.
 */
static gboolean is_chosen(struct vm *vm, json_t *props)
{
	for (GList *l = vm->ops.head; l; l = l->next) {
		struct op *other = l->data;
		const char *key;
		json_t *value;
		gboolean same = other->device != NULL;

		json_object_foreach(props, key, value)
			same = same && json_equal(json_object_get(other->device, key), value);
		if (same)
			return TRUE;
	}
	return FALSE;
}

static void cpus_listed(struct op *op, const struct qmp_reply *reply)
{
	json_t *slot, *best = NULL;
	gsize i;

	if (reply->error_class) {
		op_fail(op, reply);
		return;
	}
	/* take the free slot with the lowest number; QEMU lists the highest first */
	json_array_foreach(reply->result, i, slot)
		if (!json_object_get(slot, "qom-path") &&
		    json_is_object(json_object_get(slot, "props")) &&
		    !is_chosen(op->vm, json_object_get(slot, "props")))
			best = slot;
	if (!best) {
		op_finish(op, VM_FAILED, "no CPU slot is free", NULL);
		return;
	}
	op->device = json_deep_copy(json_object_get(best, "props"));
	json_object_set(op->device, "driver", json_object_get(best, "type"));
	json_object_set_new(op->device, "id", json_string(op->id));
	op_send(op, "device_add", json_incref(op->device), added);
}

void vm_plug_cpu(struct vm *vm, const char *id, gint64 deadline_ns, vm_done done, void *data)
{
	struct op *op = op_new(vm, "plug of", id, deadline_ns, done, data);

	g_hash_table_remove(vm->unplugged_late, id);
	op->is_cpu = TRUE;
	op->accepted = vm->machine->can & MACHINE_ACPI_OST ? on_ost : NULL;
	op_send(op, "query-hotpluggable-cpus", NULL, cpus_listed);
}
