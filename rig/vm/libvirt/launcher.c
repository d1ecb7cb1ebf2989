// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a guest as a transient libvirt domain: connects, uploads files, creates the domain paused,
 * registers for events and resumes it; at the end, removes the domain and its volumes.
 */
#include "vm/libvirt/libvirt.h"

#include "util/error.h"
#include "util/paths.h"
#include "vm/libvirt/orphans.h"
#include "vm/module.h"

#include <gmodule.h>
#include <libvirt/virterror.h>
#include <string.h>
#include <unistd.h>

#define DRAIN_MS 2000 /* time limit for streams to end after the domain has ended */
#define MIB (G_GUINT64_CONSTANT(1) << 20)

void lv_unref(struct lv_host *host)
{
	if (!g_atomic_ref_count_dec(&host->refs))
		return;
	for (int i = 0; i < N_SOCKETS; i++) {
		g_byte_array_unref(host->pumps[i].to_us);
		g_byte_array_unref(host->pumps[i].to_guest);
	}
	g_byte_array_unref(host->qmp_in);
	g_byte_array_unref(host->qmp_out);
	g_hash_table_destroy(host->objects);
	g_hash_table_destroy(host->devices);
	g_hash_table_destroy(host->raw);
	xmlFreeDoc(host->xml);
	g_free(host->uri);
	g_free(host->name);
	g_free(host->uuid);
	g_free(host->dir);
	g_free(host->kernel);
	g_free(host->initrd);
	g_free(host->lost_why);
	g_free(host->why);
	g_free(host);
}

/* ---- the end of a guest ---- */

static void over(struct lv_host *host)
{
	host->state = LV_OVER;
	vm_ended(host->vm, host->status, host->why);
}

static void volumes_work(struct lv_job *job)
{
	lv_volumes_remove(job->conn, job->host->name);
}

static void on_volumes_removed(struct lv_host *host, struct lv_job *job)
{
	(void)job;
	lv_drop_link(host);
	over(host);
}

/* Must be called when all output of the guest was read. Closes the sockets and calls vm_ended(). */
static void finish(struct lv_host *host)
{
	g_clear_handle_id(&host->end_timer, g_source_remove);
	host->state = LV_ENDING;
	host->vm->running = FALSE;
	lv_pumps_close(host);
	lv_qmp_deinit(host);
	vm_drain(host->vm);
	if (host->has_volumes && host->link) {
		lv_job_run(lv_job_new(host, volumes_work, on_volumes_removed));
		return;
	}
	lv_drop_link(host);
	over(host);
}

static gboolean on_end_timer(void *data)
{
	struct lv_host *host = data;

	host->end_timer = 0;
	finish(host);
	return G_SOURCE_REMOVE;
}

void lv_finish_when_silent(struct lv_host *host)
{
	if (!host->domain_gone || host->state >= LV_ENDING)
		return;
	g_clear_handle_id(&host->end_timer, g_source_remove);
	host->end_timer = lv_pumps_over(host) ? g_idle_add(on_end_timer, host)
					      : g_timeout_add(DRAIN_MS, on_end_timer, host);
}

void lv_gone(struct lv_host *host, int status, const char *why)
{
	if (host->domain_gone || host->state >= LV_ENDING)
		return;
	host->domain_gone = TRUE;
	host->vm->disconnected = FALSE;
	host->status = status;
	host->why = g_strdup(why ? why : "the domain ended, and the guest had not reported why");
	g_clear_handle_id(&host->retry_timer, g_source_remove);
	lv_finish_when_silent(host);
}

static gboolean on_vanished(void *data)
{
	struct lv_host *host = data;

	host->retry_timer = 0;
	lv_gone(host, 1, "the domain has ended, and libvirt did not report why");
	return G_SOURCE_REMOVE;
}

void lv_vanished(struct lv_host *host)
{
	if (!host->domain_gone && !host->retry_timer)
		host->retry_timer = g_timeout_add(DRAIN_MS, on_vanished, host);
}

/* Ends a start that failed because of the host, before the guest existed. */
static void start_failed(struct lv_host *host, const char *why)
{
	if (!host->vm->by_us)
		vm_fault(host->vm, why);
	lv_gone(host, 1, why);
}

static void destroy_work(struct lv_job *job)
{
	if (virDomainDestroyFlags(job->domain, job->flag ? VIR_DOMAIN_DESTROY_GRACEFUL : 0) < 0)
		lv_job_fail(job);
}

static void on_destroyed(struct lv_host *host, struct lv_job *job)
{
	if (job->code == VIR_ERR_NO_DOMAIN || job->code == VIR_ERR_OPERATION_INVALID)
		lv_gone(host, 1, "the domain ended by itself before it could be destroyed");
	else if (job->lost)
		lv_lost(host, job->error);
}

void lv_destroy(struct lv_host *host, gboolean gently)
{
	struct lv_job *job;

	if (!host->link) {
		host->kill_asked = TRUE;
		/* if the host does not respond, only wait for it if GENTLY is set */
		if (!gently)
			g_atomic_int_set(&host->abandoned, 1);
		if (!gently || host->state == LV_RECONNECTING)
			lv_gone(host, 1,
				host->lost_why ? host->lost_why
					       : "cancelled before libvirt had started it");
		return;
	}
	job = lv_job_new(host, destroy_work, on_destroyed);
	job->flag = gently;
	lv_job_run(job);
}

/* ---- the start of a guest ---- */

static gboolean create(struct lv_job *job)
{
	g_autofree char *text = lv_text(job->host->xml);

	job->text = g_steal_pointer(&text);
	job->domain = virDomainCreateXML(job->conn, job->text, VIR_DOMAIN_START_PAUSED);
	return job->domain || lv_job_fail(job);
}

static void start_work(struct lv_job *job)
{
	struct lv_host *host = job->host;
	char uuid[VIR_UUID_STRING_BUFLEN];

	job->conn = lv_connect(host->uri);
	if (!job->conn) {
		lv_job_fail(job);
		return;
	}
	g_atomic_int_set(&host->creating, 1);
	if (g_atomic_int_get(&host->abandoned) || (host->upload && !lv_volumes_upload(job)))
		return;
	if (!g_atomic_int_get(&host->abandoned) && create(job) &&
	    virDomainGetUUIDString(job->domain, uuid) == 0) {
		host->uuid = g_strdup(uuid);
		/*
		 * guests reboot after a panic; with this setting, a reboot ends the domain.
		 * vm/command.c changes the setting during a reset by the rig
		 */
		json_decref(
			lv_monitor(job, "set-action", json_pack("{s:s}", "reboot", "shutdown")));
		if (!job->error && !g_atomic_int_get(&host->abandoned) && lv_link_open(job))
			return;
		virDomainDestroy(job->domain);
	}
	if (host->upload)
		lv_volumes_remove(job->conn, host->name);
}

static void resume_work(struct lv_job *job)
{
	if (virDomainResume(job->domain) < 0)
		lv_job_fail(job);
}

static void on_resumed(struct lv_host *host, struct lv_job *job)
{
	if (job->error)
		vm_fault(host->vm, job->error);
}

static void keep_xml(struct lv_host *host, const char *text)
{
	g_autofree char *path = g_build_filename(host->dir, "domain.xml", NULL);
	g_autoptr(GError) error = NULL;

	if (text && !rig_write_file(path, text, -1, &error))
		vm_fault(host->vm, error->message);
}

static void on_started(struct lv_host *host, struct lv_job *job)
{
	/*
	 * the start was cancelled meanwhile: lv_abandon() destroys the domain and closes the link
	 */
	if (host->domain_gone) {
		host->link = g_steal_pointer(&job->link);
		lv_abandon(host);
		return;
	}
	keep_xml(host, job->text);
	if (!job->link) {
		g_autofree char *why = g_strdup_printf("libvirt%s%s cannot start the guest: %s",
						       host->uri ? " at " : "",
						       host->uri ? host->uri : "", job->error);
		start_failed(host, why);
		return;
	}
	host->link = g_steal_pointer(&job->link);
	host->state = LV_RUNNING;
	host->has_volumes = host->upload;
	host->vm->pid = lv_find_process(host->uuid);
	lv_pumps_open(host);
	lv_qmp_greet(host);
	if (host->kill_asked)
		lv_destroy(host, FALSE);
	else
		lv_job_run(lv_job_new(host, resume_work, on_resumed));
}

/*
 * Returns TRUE if kernel and initramfs must be uploaded. Only the QEMU of a libvirt session on this
 * machine can read the user's files; the system's QEMU runs as another user.
 */
static gboolean must_upload(const char *uri)
{
	return g_strcmp0(uri, "qemu:///session") != 0;
}

static gboolean libvirt_start(struct vm *vm, const struct vm_config *config, int fds[N_SOCKETS],
			      GError **error)
{
	g_autofree char *run = g_path_get_basename(vm->dir),
			*name = g_strconcat(LV_PREFIX, run, NULL);
	g_autoptr(xmlDoc) xml = lv_domain(config, name, error);
	struct lv_host *host;

	if (!xml || !lv_init(error))
		return FALSE;
	host = vm->held = g_new0(struct lv_host, 1);
	g_atomic_ref_count_init(&host->refs);
	host->vm = vm;
	host->uri = g_strdup(config->uri);
	host->name = g_steal_pointer(&name);
	host->dir = g_strdup(vm->dir);
	host->xml = g_steal_pointer(&xml);
	host->kernel = g_strdup(config->kernel);
	host->initrd = g_strdup(config->initrd);
	host->upload = must_upload(config->uri);
	host->base_nodes = config->base_nodes;
	host->slots = config->slots;
	host->hot_buses = config->machine->hot_buses;
	/* QEMU's default; some guests need larger blocks (machine.c) */
	host->block = 2 * MIB;
	lv_pumps_init(host, fds);
	lv_qmp_init(host, fds[SOCKET_QMP]);
	fds[SOCKET_QMP] = -1;
	lv_job_connect(lv_job_new(host, start_work, on_started));
	return TRUE;
}

static void libvirt_kill(struct vm *vm)
{
	lv_destroy(vm->held, FALSE);
}

static void libvirt_release(struct vm *vm)
{
	struct lv_host *host = vm->held;

	if (!host)
		return;
	g_clear_handle_id(&host->retry_timer, g_source_remove);
	g_clear_handle_id(&host->end_timer, g_source_remove);
	lv_pumps_close(host);
	lv_abandon(host);
	lv_qmp_deinit(host);
	host->vm = NULL;
	lv_unref(host);
}

static const struct vm_launcher launcher = {libvirt_start, libvirt_kill, libvirt_release};

extern const struct vm_module vm_module;

G_MODULE_EXPORT const struct vm_module vm_module = {
	.vm_size = sizeof(struct vm),
	.launcher = &launcher,
	.orphans_find = lv_orphans_find,
	.orphans_remove = lv_orphans_remove,
};
