// SPDX-License-Identifier: GPL-2.0-only
/*
 * The QMP interface of a libvirt guest. A table maps the rig's QMP commands to libvirt calls; other
 * commands are sent to QEMU unchanged. While there is no connection, commands wait.
 */
#include "vm/libvirt/libvirt.h"

#include <string.h>

const char *lv_word(const struct lv_call *call, const char *key)
{
	return json_string_value(json_object_get(call->arguments, key)) ?: "";
}

/* ---- the end of a job ---- */

void lv_on_job(struct lv_host *host, struct lv_job *job)
{
	struct lv_call *call = job->data;

	if (job->difference)
		vm_fault(host->vm, job->difference);
	if (job->lost && host->state < LV_ENDING) {
		call->again = TRUE;
		g_queue_push_tail(&host->waiting, call);
		lv_lost(host, job->error);
		return;
	}
	if (job->gone && host->state < LV_ENDING) {
		/* the guest has ended: report this instead of sending a reply */
		lv_vanished(host);
		lv_call_free(call);
		return;
	}
	if (job->error) {
		lv_refuse(host, call, job->error_class, job->error);
	} else {
		lv_answer(host, call, g_steal_pointer(&job->reply));
	}
	lv_call_free(call);
}

struct lv_job *lv_job_for(struct lv_host *host, struct lv_call *call, lv_work work,
			  lv_job_done done)
{
	struct lv_job *job = lv_job_new(host, work, done);

	job->data = call;
	job->again = call->again;
	return job;
}

/* Starts a job for a command that returns no data. */
static void run(struct lv_host *host, struct lv_call *call, lv_work work)
{
	lv_job_run(lv_job_for(host, call, work, lv_on_job));
}

/* ---- the QMP commands ---- */

void lv_work_pass(struct lv_job *job)
{
	job->reply = lv_monitor(job, job->id, job->json ? json_incref(job->json) : NULL);
}

void lv_pass(struct lv_host *host, struct lv_call *call)
{
	struct lv_job *job = lv_job_for(host, call, lv_work_pass, lv_on_job);

	job->id = g_strdup(call->command);
	job->json = call->arguments ? json_deep_copy(call->arguments) : NULL;
	lv_job_run(job);
}

static void capabilities(struct lv_host *host, struct lv_call *call)
{
	lv_answer(host, call, NULL);
	lv_call_free(call);
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
	lv_on_job(host, job);
}

static void cont(struct lv_host *host, struct lv_call *call)
{
	lv_job_run(lv_job_for(host, call, cont_work, on_continued));
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
	return virDomainCoreDumpWithFormat(job->domain, path, VIR_DOMAIN_CORE_DUMP_FORMAT_RAW,
					   VIR_DUMP_MEMORY_ONLY) == 0 ||
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
 * Starts a dump by libvirt's own call. The QMP command would block libvirt's monitor until the end
 * of the dump, and libvirt 9.0 crashed if the domain was destroyed meanwhile.
 */
static void dump(struct lv_host *host, struct lv_call *call)
{
	const char *path = lv_word(call, "protocol");
	struct lv_job *job;

	if (!g_str_has_prefix(path, "file:")) {
		lv_pass(host, call);
		return;
	}
	job = lv_job_for(host, call, dump_work, lv_on_job);
	job->id = g_canonicalize_filename(path + strlen("file:"), NULL);
	host->pause_asked = TRUE;
	lv_job_run(job);
}

/* Sends a break to the console. Replaces the console's id by the id that libvirt has given it. */
static void send_break(struct lv_host *host, struct lv_call *call)
{
	if (!strcmp(lv_word(call, "id"), "console"))
		json_object_set_new(call->arguments, "id", json_string(LV_CONSOLE_CHARDEV));
	lv_pass(host, call);
}

static void quit(struct lv_host *host, struct lv_call *call)
{
	lv_answer(host, call, NULL);
	lv_call_free(call);
	lv_destroy(host, TRUE);
}

static const struct {
	const char *command;
	void (*start)(struct lv_host *host, struct lv_call *call); /* becomes the owner of CALL */
} calls[] = {
	{"qmp_capabilities", capabilities},
	{"object-add", lv_object_add},
	{"object-del", lv_object_del},
	{"device_add", lv_device_add},
	{"device_del", lv_device_del},
	{"qom-set", lv_qom_set},
	{"query-memory-devices", lv_list_devices},
	{"inject-nmi", nmi},
	{"stop", stop},
	{"cont", cont},
	{"system_reset", reset},
	{"quit", quit},
	{"chardev-send-break", send_break},
	{"dump-guest-memory", dump},
};

/* Returns the device that CALL is about, or NULL if it is about none. */
static const struct lv_device *device_of(struct lv_host *host, const struct lv_call *call)
{
	const char *slash = strrchr(lv_word(call, "path"), '/');

	return g_hash_table_lookup(host->devices, slash ? slash + 1 : lv_word(call, "id"));
}

static gboolean must_wait(struct lv_host *host, const struct lv_call *call)
{
	const struct lv_device *device = device_of(host, call);

	/*
	 * `quit` waits until all jobs that verify devices have ended. Neither `quit` nor
	 * qmp_capabilities needs a connection.
	 */
	if (g_str_equal(call->command, "quit"))
		return host->link && host->verifying;
	return (!host->link && strcmp(call->command, "qmp_capabilities")) ||
	       (device && device->verifying);
}

void lv_call_start(struct lv_host *host, struct lv_call *call)
{
	if (must_wait(host, call)) {
		g_queue_push_tail(&host->waiting, call);
		return;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
		if (g_str_equal(calls[i].command, call->command)) {
			calls[i].start(host, call);
			return;
		}
	}
	lv_pass(host, call);
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
	host->objects =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)json_decref);
	host->devices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, device_free);
	host->raw = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	lv_socket_init(host, fd);
}

void lv_qmp_deinit(struct lv_host *host)
{
	lv_socket_deinit(host);
	g_queue_clear_full(&host->waiting, (GDestroyNotify)lv_call_free);
}
