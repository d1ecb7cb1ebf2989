// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles a lost connection to libvirt: tries to reconnect for RECONNECT_S seconds. After success,
 * reads what has changed meanwhile.
 */
#include "vm/libvirt/libvirt.h"

#include "util/clock.h"

#include <libvirt/virterror.h>

#define RETRY_MS 300   /* time between two attempts to reconnect */
#define RECONNECT_S 30 /* after this many seconds the run is ended */

static gboolean find_domain(struct lv_job *job)
{
	job->domain = virDomainLookupByUUIDString(job->conn, job->host->uuid);
	return job->domain || lv_job_fail(job);
}

static void reconnect_work(struct lv_job *job)
{
	job->conn = lv_connect(job->host->uri);
	if (!job->conn)
		lv_job_fail(job);
	else if (find_domain(job))
		lv_link_open(job);
}

static gboolean on_retry(void *data);

static void on_missed(struct lv_host *host, struct lv_job *job)
{
	GHashTableIter iter;
	const char *id;
	struct lv_device *device;
	json_t *entry;
	gsize i;

	if (!job->reply)
		return;
	g_hash_table_iter_init(&iter, host->devices);
	while (g_hash_table_iter_next(&iter, (void **)&id, (void **)&device)) {
		gboolean there = device->is_cpu;

		json_array_foreach(json_object_get(job->reply, "devices"), i, entry) {
			json_t *data = json_object_get(entry, "data");
			const char *alias = json_string_value(json_object_get(data, "id"));
			g_autofree char *its = alias ? lv_id_of(alias) : NULL;

			if (g_strcmp0(its, id))
				continue;
			there = TRUE;
			if (device->memory.is_virtio)
				lv_qmp_event(host, "MEMORY_DEVICE_SIZE_CHANGE",
					     json_pack("{s:s, s:O, s:b}", "id", id, "size",
						       json_object_get(data, "size"), "missed", 1));
		}
		if (!there && device->unplug_pending && !device->gone) {
			lv_qmp_event(host, "DEVICE_DELETED",
				     json_pack("{s:s, s:b}", "device", id, "missed", 1));
			device->gone = TRUE;
			if (!device->verifying)
				g_hash_table_iter_remove(&iter);
		}
	}
	json_array_foreach(json_object_get(job->reply, "slots"), i, entry)
		lv_missed_ost(host, entry);
}

static void on_reconnected(struct lv_host *host, struct lv_job *job)
{
	gint64 lost_s = (rig_now_ns() - host->lost_ns) / RIG_NS_PER_S;

	/*
	 * the guest was cancelled meanwhile: lv_abandon() destroys the domain and closes the link
	 */
	if (host->domain_gone) {
		host->link = g_steal_pointer(&job->link);
		lv_abandon(host);
		return;
	}
	if (job->code == VIR_ERR_NO_DOMAIN) {
		g_autofree char *why = g_strdup_printf(
			"the domain ended while the connection was lost (%s)", host->lost_why);
		lv_gone(host, 1, why);
		return;
	}
	if (!job->link) {
		g_autofree char *why = NULL;

		if (lost_s < RECONNECT_S) {
			host->retry_timer = g_timeout_add(RETRY_MS, on_retry, host);
			return;
		}
		why = g_strdup_printf(
			"the connection to libvirt was lost (%s) and could not be restored within "
			"%d s: %s; domain '%s' may still run there: rig clean --connect URI",
			host->lost_why, RECONNECT_S, job->error, host->name);
		lv_gone(host, 1, why);
		return;
	}
	host->link = g_steal_pointer(&job->link);
	host->state = LV_RUNNING;
	lv_qmp_event(host, "LIBVIRT_CONNECTED", json_pack("{s:I}", "away_s", (json_int_t)lost_s));
	lv_pumps_open(host);
	vm_set_disconnected(host->vm, FALSE);
	lv_qmp_resume(host);
	lv_job_run(lv_job_new(host, lv_work_missed, on_missed));
	if (host->kill_asked)
		lv_destroy(host, FALSE);
}

static gboolean on_retry(void *data)
{
	struct lv_host *host = data;

	host->retry_timer = 0;
	lv_job_connect(lv_job_new(host, reconnect_work, on_reconnected));
	return G_SOURCE_REMOVE;
}

void lv_lost(struct lv_host *host, const char *why)
{
	if (host->state != LV_RUNNING)
		return;
	lv_drop_link(host);
	/* do not reconnect if the domain has ended */
	if (host->domain_gone) {
		lv_finish_when_silent(host);
		return;
	}
	host->state = LV_RECONNECTING;
	vm_set_disconnected(host->vm, TRUE);
	host->lost_ns = rig_now_ns();
	g_free(host->lost_why);
	host->lost_why = g_strdup(why);
	lv_qmp_event(host, "LIBVIRT_LOST", json_pack("{s:s}", "why", why));
	g_clear_handle_id(&host->retry_timer, g_source_remove);
	host->retry_timer = g_timeout_add(RETRY_MS, on_retry, host);
}
