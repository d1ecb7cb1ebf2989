// SPDX-License-Identifier: GPL-2.0-only
/*
 * The QMP side of a libvirt guest. The rig asks for devices in QEMU's words; a table says which libvirt call
 * each stands for. What libvirt has no call for goes through as it is. Commands that come while the
 * connection is lost wait for the next one.
 */
#include "vm/libvirt.h"

#include <string.h>

static const char *word(const struct lv_call *call, const char *key)
{
	return json_string_value(json_object_get(call->arguments, key)) ?: "";
}

static guint64 integer(const struct lv_call *call, const char *key)
{
	return json_integer_value(json_object_get(call->arguments, key));
}

/* The rig's names in QEMU's lists: "ua-d0" is libvirt's alias of "d0". In place. */
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

/* The end of a job */

static void on_job(struct lv_host *host, struct lv_job *job)
{
	struct lv_call *call = job->data;

	if (job->promise)
		vm_fault(host->vm, job->promise);
	if (job->lost && host->state < LV_ENDING) {
		call->again = TRUE;
		g_queue_push_tail(&host->waiting, call);
		lv_lost(host, job->error);
		return;
	}
	if (job->gone && host->state < LV_ENDING) {
		/* no answer: the guest's end is one */
		lv_vanished(host);
		lv_call_free(call);
		return;
	}
	if (job->error) {
		lv_refuse(host, call, job->klass, job->error);
	} else {
		if (g_str_equal(call->command, "query-memory-devices"))
			use_our_names(job->reply);
		lv_answer(host, call, g_steal_pointer(&job->reply));
	}
	lv_call_free(call);
}

static struct lv_job *job_new(struct lv_host *host, struct lv_call *call, lv_work work, lv_job_done done)
{
	struct lv_job *job = lv_job_new(host, work, done);

	job->data = call;
	job->again = call->again;
	return job;
}

/* A call without a word of its own to bring back. */
static void run(struct lv_host *host, struct lv_call *call, lv_work work)
{
	lv_job_run(job_new(host, call, work, on_job));
}

/* The calls */

static void pass_work(struct lv_job *job)
{
	job->reply = lv_monitor(job, job->id, job->json ? json_incref(job->json) : NULL);
}

static void pass(struct lv_host *host, struct lv_call *call)
{
	struct lv_job *job = job_new(host, call, pass_work, on_job);

	job->id = g_strdup(call->command);
	job->json = call->arguments ? json_deep_copy(call->arguments) : NULL;
	lv_job_run(job);
}

static void capabilities(struct lv_host *host, struct lv_call *call)
{
	lv_answer(host, call, NULL);
	lv_call_free(call);
}

/* The backend waits here for the device that it is made for: libvirt makes both at once. */
static void object_add(struct lv_host *host, struct lv_call *call)
{
	g_hash_table_replace(host->objects, g_strdup(word(call, "id")), json_incref(call->arguments));
	lv_answer(host, call, NULL);
	lv_call_free(call);
}

static void object_del(struct lv_host *host, struct lv_call *call)
{
	if (g_hash_table_remove(host->raw, word(call, "id"))) {
		pass(host, call);
		return;
	}
	g_hash_table_remove(host->objects, word(call, "id"));
	lv_answer(host, call, NULL);
	lv_call_free(call);
}

static void on_plugged(struct lv_host *host, struct lv_job *job)
{
	struct lv_call *call = job->data;

	if (job->error && !job->lost) {
		g_hash_table_remove(host->devices, word(call, "id"));
		g_hash_table_remove(host->raw, word(call, "id"));
		g_hash_table_remove(host->raw, word(call, "memdev"));
	} else if (!job->error) {
		g_hash_table_remove(host->objects, word(call, "memdev"));
	}
	on_job(host, job);
}

static struct lv_device *device_new(struct lv_host *host, const char *id)
{
	struct lv_device *device = g_new0(struct lv_device, 1);

	device->memory.id = g_strdup(id);
	g_hash_table_replace(host->devices, g_strdup(id), device);
	return device;
}

/* libvirt gives slots to its devices from 0 on; ours come from the other end. */
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
	struct lv_job *job = job_new(host, call, lv_work_raw_plug, on_plugged);
	json_t *device = json_deep_copy(call->arguments);

	object = json_deep_copy(object);
	/* the run folder is ours; the host's shared memory is every host's */
	if (json_object_get(object, "mem-path"))
		json_object_set_new(object, "mem-path", json_string("/dev/shm"));
	if (g_str_equal(word(call, "driver"), "pc-dimm"))
		json_object_set_new(device, "slot", json_integer(last_slot(host)));
	g_hash_table_add(host->raw, g_strdup(word(call, "id")));
	g_hash_table_add(host->raw, g_strdup(word(call, "memdev")));
	job->json = json_pack("{s:o, s:o}", "object", object, "device", device);
	lv_job_run(job);
}

static void plug_memory(struct lv_host *host, struct lv_call *call, json_t *object)
{
	struct lv_job *job = job_new(host, call, lv_work_attach, on_plugged);
	struct lv_device *device = device_new(host, word(call, "id"));

	device->memory.is_virtio = g_str_equal(word(call, "driver"), "virtio-mem-pci");
	device->memory.size = json_integer_value(json_object_get(object, "size"));
	device->memory.requested = integer(call, "requested-size");
	device->memory.node = integer(call, "node");
	device->memory.block = host->block;
	job->id = g_strdup(word(call, "id"));
	job->memory = device->memory;
	job->memory.id = g_strdup(device->memory.id);
	lv_job_run(job);
}

static void plug_cpu(struct lv_host *host, struct lv_call *call)
{
	struct lv_job *job = job_new(host, call, lv_work_cpu, on_plugged);
	struct lv_device *device = device_new(host, word(call, "id"));

	/* one socket, one thread a core: the core's number is libvirt's number of the vCPU */
	device->is_cpu = TRUE;
	device->vcpu = integer(call, "core-id");
	job->number = device->vcpu;
	job->flag = TRUE;
	lv_job_run(job);
}

static void device_add(struct lv_host *host, struct lv_call *call)
{
	json_t *object = g_hash_table_lookup(host->objects, word(call, "memdev"));
	const char *type = json_string_value(json_object_get(object, "qom-type"));

	if (json_object_get(call->arguments, "core-id"))
		plug_cpu(host, call);
	else if (!object)
		pass(host, call);
	else if (integer(call, "node") >= host->base_nodes || g_strcmp0(type, "memory-backend-ram"))
		plug_raw(host, call, object);
	else
		plug_memory(host, call, object);
}

static void device_del(struct lv_host *host, struct lv_call *call)
{
	struct lv_device *device = g_hash_table_lookup(host->devices, word(call, "id"));
	struct lv_job *job;

	if (!device) {
		pass(host, call);
		return;
	}
	device->leaving = TRUE;
	job = job_new(host, call, device->is_cpu ? lv_work_cpu : lv_work_detach, on_job);
	job->id = g_strdup(word(call, "id"));
	job->number = device->vcpu;
	lv_job_run(job);
}

static void qom_set(struct lv_host *host, struct lv_call *call)
{
	const char *path = word(call, "path"), *slash = strrchr(path, '/');
	struct lv_device *device = slash ? g_hash_table_lookup(host->devices, slash + 1) : NULL;
	struct lv_job *job;

	if (!device || strcmp(word(call, "property"), "requested-size")) {
		pass(host, call);
		return;
	}
	job = job_new(host, call, lv_work_resize, on_job);
	job->id = g_strdup(device->memory.id);
	job->number = integer(call, "value");
	lv_job_run(job);
}

static void nmi_work(struct lv_job *job)
{
	if (virDomainInjectNMI(job->domain, 0) < 0)
		lv_job_fail(job);
}

static void nmi(struct lv_host *host, struct lv_call *call)
{
	run(host, call, nmi_work);
}

static void stop_work(struct lv_job *job)
{
	if (virDomainSuspend(job->domain) < 0)
		lv_job_fail(job);
}

static void stop(struct lv_host *host, struct lv_call *call)
{
	host->pause_asked = TRUE;
	run(host, call, stop_work);
}

static void cont_work(struct lv_job *job)
{
	if (virDomainResume(job->domain) < 0)
		lv_job_fail(job);
}

static void on_continued(struct lv_host *host, struct lv_job *job)
{
	host->pause_asked = FALSE;
	on_job(host, job);
}

static void cont(struct lv_host *host, struct lv_call *call)
{
	lv_job_run(job_new(host, call, cont_work, on_continued));
}

static void reset_work(struct lv_job *job)
{
	if (virDomainReset(job->domain, 0) < 0)
		lv_job_fail(job);
}

static void reset(struct lv_host *host, struct lv_call *call)
{
	run(host, call, reset_work);
}

static gboolean dump_to(struct lv_job *job, const char *path)
{
	return virDomainCoreDumpWithFormat(job->domain, path, VIR_DOMAIN_CORE_DUMP_FORMAT_RAW, VIR_DUMP_MEMORY_ONLY) == 0 ||
	       lv_job_fail(job);
}

static void dump_work(struct lv_job *job)
{
	if (job->host->upload)
		lv_volume_dump(job, dump_to, job->id);
	else
		dump_to(job, job->id);
}

/*
 * A dump that goes through as it is would keep libvirt's monitor for as long as it takes; libvirt 9.0 was seen
 * to crash where the domain is destroyed meanwhile.
 */
static void dump(struct lv_host *host, struct lv_call *call)
{
	const char *path = word(call, "protocol");
	struct lv_job *job;

	if (!g_str_has_prefix(path, "file:")) {
		pass(host, call);
		return;
	}
	job = job_new(host, call, dump_work, on_job);
	job->id = g_canonicalize_filename(path + strlen("file:"), NULL);
	host->pause_asked = TRUE;
	lv_job_run(job);
}

/* The console is libvirt's device, by libvirt's name. */
static void send_break(struct lv_host *host, struct lv_call *call)
{
	if (!strcmp(word(call, "id"), "console"))
		json_object_set_new(call->arguments, "id", json_string(LV_CONSOLE_CHARDEV));
	pass(host, call);
}

static void quit(struct lv_host *host, struct lv_call *call)
{
	lv_answer(host, call, NULL);
	lv_call_free(call);
	lv_destroy(host);
}

static const struct {
	const char *command;
	void (*start)(struct lv_host *host, struct lv_call *call); /* CALL is stolen */
} calls[] = {
	{"qmp_capabilities", capabilities}, {"object-add", object_add}, {"object-del", object_del},
	{"device_add", device_add},	    {"device_del", device_del}, {"qom-set", qom_set},
	{"inject-nmi", nmi},		    {"stop", stop},		{"cont", cont},
	{"system_reset", reset},	    {"quit", quit},		{"chardev-send-break", send_break},
	{"dump-guest-memory", dump},
};

void lv_call_start(struct lv_host *host, struct lv_call *call)
{
	/* the handshake and the end need no connection */
	if (!host->link && strcmp(call->command, "qmp_capabilities") && strcmp(call->command, "quit")) {
		g_queue_push_tail(&host->waiting, call);
		return;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
		if (g_str_equal(calls[i].command, call->command)) {
			calls[i].start(host, call);
			return;
		}
	}
	pass(host, call);
}

void lv_qmp_resume(struct lv_host *host)
{
	for (guint n = host->waiting.length; n; n--)
		lv_call_start(host, g_queue_pop_head(&host->waiting));
}

static void device_free(void *data)
{
	struct lv_device *device = data;

	lv_memory_clear(&device->memory);
	g_free(device);
}

void lv_qmp_init(struct lv_host *host, int fd)
{
	g_queue_init(&host->waiting);
	host->objects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)json_decref);
	host->devices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, device_free);
	host->raw = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	lv_wire_init(host, fd);
}

void lv_qmp_deinit(struct lv_host *host)
{
	lv_wire_deinit(host);
	g_queue_clear_full(&host->waiting, (GDestroyNotify)lv_call_free);
}
