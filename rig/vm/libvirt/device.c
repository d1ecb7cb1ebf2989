// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps the rig's commands about devices to libvirt calls. The rig adds a backend and a device by
 * two commands, libvirt by one call. A device that libvirt's XML cannot describe is added directly
 * in QEMU.
 */
#include "vm/libvirt/libvirt.h"

#include <string.h>

static guint64 integer(const struct lv_call *call, const char *key)
{
	return json_integer_value(json_object_get(call->arguments, key));
}

/* Stores the backend until its device is added, because libvirt creates both in one call. */
void lv_object_add(struct lv_host *host, struct lv_call *call)
{
	g_hash_table_replace(host->objects, g_strdup(lv_word(call, "id")),
			     json_incref(call->arguments));
	lv_answer(host, call, NULL);
	lv_call_free(call);
}

void lv_object_del(struct lv_host *host, struct lv_call *call)
{
	if (g_hash_table_remove(host->raw, lv_word(call, "id"))) {
		lv_pass(host, call);
		return;
	}
	g_hash_table_remove(host->objects, lv_word(call, "id"));
	lv_answer(host, call, NULL);
	lv_call_free(call);
}

static void on_plugged(struct lv_host *host, struct lv_job *job)
{
	struct lv_call *call = job->data;

	if (job->error && !job->lost) {
		g_hash_table_remove(host->devices, lv_word(call, "id"));
		g_hash_table_remove(host->raw, lv_word(call, "id"));
		g_hash_table_remove(host->raw, lv_word(call, "memdev"));
	} else if (!job->error) {
		struct lv_device *device = g_hash_table_lookup(host->devices, lv_word(call, "id"));

		g_hash_table_remove(host->objects, lv_word(call, "memdev"));
		if (device)
			device->fresh = !device->is_cpu;
	}
	lv_on_job(host, job);
}

static struct lv_device *device_new(struct lv_host *host, const char *id)
{
	struct lv_device *device = g_new0(struct lv_device, 1);

	device->memory.id = g_strdup(id);
	g_hash_table_replace(host->devices, g_strdup(id), device);
	return device;
}

/*
 * Returns a free memory slot, from the last one downwards, because libvirt assigns slots from 0
 * upwards.
 */
static guint last_slot(struct lv_host *host)
{
	guint taken = 0;
	GHashTableIter iter;
	const char *id;

	g_hash_table_iter_init(&iter, host->raw);
	while (g_hash_table_iter_next(&iter, (void **)&id, NULL))
		taken += !g_str_has_prefix(id, "mem-");
	return host->slots > taken ? host->slots - 1 - taken : 0;
}

static void plug_raw(struct lv_host *host, struct lv_call *call, json_t *object)
{
	struct lv_job *job = lv_job_for(host, call, lv_work_raw_plug, on_plugged);
	json_t *device = json_deep_copy(call->arguments);

	object = json_deep_copy(object);
	/* use /dev/shm, because the run folder only exists on this machine */
	if (json_object_get(object, "mem-path"))
		json_object_set_new(object, "mem-path", json_string("/dev/shm"));
	if (g_str_equal(lv_word(call, "driver"), "pc-dimm") ||
	    g_str_equal(lv_word(call, "driver"), "nvdimm"))
		json_object_set_new(device, "slot", json_integer(last_slot(host)));
	g_hash_table_add(host->raw, g_strdup(lv_word(call, "id")));
	g_hash_table_add(host->raw, g_strdup(lv_word(call, "memdev")));
	job->json = json_pack("{s:o, s:o}", "object", object, "device", device);
	lv_job_run(job);
}

static void plug_memory(struct lv_host *host, struct lv_call *call, json_t *object)
{
	struct lv_job *job = lv_job_for(host, call, lv_work_attach, on_plugged);
	struct lv_device *device = device_new(host, lv_word(call, "id"));

	device->memory.is_virtio = g_str_equal(lv_word(call, "driver"), "virtio-mem-pci");
	device->memory.size = json_integer_value(json_object_get(object, "size"));
	device->memory.requested = integer(call, "requested-size");
	device->memory.node = integer(call, "node");
	device->memory.block = host->block;
	job->id = g_strdup(lv_word(call, "id"));
	job->memory = device->memory;
	job->memory.id = g_strdup(device->memory.id);
	lv_job_run(job);
}

static void plug_cpu(struct lv_host *host, struct lv_call *call)
{
	struct lv_job *job = lv_job_for(host, call, lv_work_cpu, on_plugged);
	struct lv_device *device = device_new(host, lv_word(call, "id"));

	/* a core has one thread, so the core's number is libvirt's number of the vCPU */
	device->is_cpu = TRUE;
	device->vcpu = integer(call, "core-id");
	job->number = device->vcpu;
	job->flag = TRUE;
	lv_job_run(job);
}

/*
 * Replaces the machine's hotplug bus by one of the domain's root ports "pci.1", "pci.2", …, from
 * the last one downwards, because libvirt assigns the first free port.
 */
static void use_domain_port(struct lv_host *host, json_t *device)
{
	const char *bus = json_string_value(json_object_get(device, "bus"));
	guint ports = lv_root_ports(host->hot_buses);

	for (guint i = 0; bus && ports && host->hot_buses[i]; i++)
		if (!strcmp(host->hot_buses[i], bus)) {
			g_autofree char *port = g_strdup_printf("pci.%u", ports - i);

			json_object_set_new(device, "bus", json_string(port));
			return;
		}
}

/* Plugs a device directly in QEMU. OBJECT is its backend, or NULL. */
static void plug_directly(struct lv_host *host, struct lv_call *call, json_t *object)
{
	use_domain_port(host, call->arguments);
	if (object)
		plug_raw(host, call, object);
	else
		lv_pass(host, call);
}

void lv_device_add(struct lv_host *host, struct lv_call *call)
{
	json_t *object = g_hash_table_lookup(host->objects, lv_word(call, "memdev"));
	const char *type = json_string_value(json_object_get(object, "qom-type"));

	if (json_object_get(call->arguments, "core-id"))
		plug_cpu(host, call);
	else if (object && integer(call, "node") < host->base_nodes &&
		 !g_strcmp0(type, "memory-backend-ram"))
		plug_memory(host, call, object);
	else
		plug_directly(host, call, object);
}

void lv_device_del(struct lv_host *host, struct lv_call *call)
{
	struct lv_device *device = g_hash_table_lookup(host->devices, lv_word(call, "id"));
	struct lv_job *job;

	if (!device) {
		lv_pass(host, call);
		return;
	}
	device->unplug_pending = TRUE;
	job = lv_job_for(host, call, device->is_cpu ? lv_work_cpu : lv_work_detach, lv_on_job);
	job->id = g_strdup(lv_word(call, "id"));
	job->number = device->vcpu;
	lv_job_run(job);
}

void lv_qom_set(struct lv_host *host, struct lv_call *call)
{
	const char *path = lv_word(call, "path"), *slash = strrchr(path, '/');
	struct lv_device *device = slash ? g_hash_table_lookup(host->devices, slash + 1) : NULL;
	struct lv_job *job;

	if (!device || strcmp(lv_word(call, "property"), "requested-size")) {
		lv_pass(host, call);
		return;
	}
	job = lv_job_for(host, call, lv_work_resize, lv_on_job);
	job->id = g_strdup(device->memory.id);
	job->number = integer(call, "value");
	lv_job_run(job);
}

/* Replaces libvirt's aliases in QEMU's list by the rig's ids ("ua-d0" by "d0"), in place. */
static void use_our_names(json_t *devices)
{
	json_t *entry;
	gsize i;

	json_array_foreach(devices, i, entry) {
		json_t *data = json_object_get(entry, "data");
		const char *alias = json_string_value(json_object_get(data, "id"));
		g_autofree char *id = alias ? lv_id_of(alias) : NULL;

		if (id)
			json_object_set_new(data, "id", json_string(id));
	}
}

/*
 * Handles the result of the rig's query-memory-devices. Also uses it to verify each new device, so
 * that the list is only read once.
 */
static void on_devices(struct lv_host *host, struct lv_job *job)
{
	GHashTableIter iter;
	struct lv_device *device;

	g_hash_table_iter_init(&iter, host->devices);
	while (job->reply && g_hash_table_iter_next(&iter, NULL, (void **)&device)) {
		if (device->fresh)
			lv_verify(host, device, -1, job->reply);
		device->fresh = FALSE;
	}
	use_our_names(job->reply);
	lv_on_job(host, job);
}

void lv_list_devices(struct lv_host *host, struct lv_call *call)
{
	struct lv_job *job = lv_job_for(host, call, lv_work_pass, on_devices);

	job->id = g_strdup(call->command);
	lv_job_run(job);
}
