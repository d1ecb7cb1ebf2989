// SPDX-License-Identifier: GPL-2.0-only
/*
 * Libvirt's promise: its live XML says what QEMU has. After each step both are read for the step's device and
 * compared, while the rig goes on and asks the guest. Only the next step of that device waits for it
 * (libvirt-qmp.c), for it would change what is being read.
 */
#include "vm/libvirt.h"

#define TRIES 3

static void *read_xml(void *data)
{
	return virDomainGetXMLDesc(data, 0);
}

/* Both books at once: each takes several processes' turns. QEMU's may have been read by another: the job's `json`. */
static char *compare_once(struct lv_job *job)
{
	GThread *reader = g_thread_new("rig-live-xml", read_xml, job->domain);
	json_auto_t *devices = job->json ? g_steal_pointer(&job->json) : lv_monitor(job, "query-memory-devices", NULL);
	g_autofree char *xml = g_thread_join(reader);

	/* no answer is not another answer: the connection's end is told elsewhere */
	if (!xml || !devices) {
		g_clear_pointer(&job->error, g_free);
		return NULL;
	}
	return lv_promise(job->id, xml, devices, job->flag, job->number < 0 ? NULL : &job->number);
}

/* The two books are read at two moments: only what differs several times is a broken promise. */
static void work(struct lv_job *job)
{
	g_autofree char *text = NULL;

	for (int i = 0; i < TRIES; i++) {
		g_free(text);
		text = compare_once(job);
		if (!text)
			return;
	}
	job->promise = g_strdup_printf("libvirt's promise is broken: %s", text);
}

static void on_checked(struct lv_host *host, struct lv_job *job)
{
	struct lv_device *device = g_hash_table_lookup(host->devices, job->id);

	if (job->promise)
		vm_fault(host->vm, job->promise);
	host->checks--;
	/* where libvirt refused what had come already (a size is told before the plug is answered) it is not known any more */
	if (device && !--device->checks && device->gone)
		g_hash_table_remove(host->devices, job->id);
	lv_qmp_resume(host);
}

void lv_check(struct lv_host *host, struct lv_device *device, gint64 told, json_t *devices)
{
	struct lv_job *job = lv_job_new(host, work, on_checked);

	job->id = g_strdup(device->memory.id);
	job->flag = !device->gone;
	job->number = told;
	job->json = devices ? json_deep_copy(devices) : NULL;
	device->checks++;
	host->checks++;
	lv_job_run(job);
}
