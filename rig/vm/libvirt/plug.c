// SPDX-License-Identifier: GPL-2.0-only
/* Functions that plug, resize and unplug devices. All run in a job's thread. */
#include "vm/libvirt/libvirt.h"

#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

/* ---- QMP commands that are sent unchanged ---- */

static json_t *reply_of(struct lv_job *job, const char *command, const char *text)
{
	json_error_t why;
	json_t *message = json_loads(text, 0, &why), *error = json_object_get(message, "error"),
	       *reply;
	const char *error_class = json_string_value(json_object_get(error, "class"));

	reply = json_incref(json_object_get(message, "return"));
	if (error) {
		lv_job_say(job, "%s",
			   json_string_value(json_object_get(error, "desc")) ?: "no description");
		if (!g_strcmp0(error_class, "DeviceNotFound"))
			job->error_class = "DeviceNotFound";
	} else if (!reply) {
		lv_job_say(job, "libvirt returned an invalid QMP reply to %s", command);
	}
	json_decref(message);
	return reply;
}

json_t *lv_monitor(struct lv_job *job, const char *command, json_t *arguments)
{
	json_t *message = json_pack("{s:s}", "execute", command), *reply;
	char *text, *answer = NULL;

	if (arguments)
		json_object_set_new(message, "arguments", arguments);
	text = json_dumps(message, JSON_COMPACT);
	json_decref(message);
	if (virDomainQemuMonitorCommand(job->domain, text, &answer, 0) < 0) {
		free(text);
		lv_job_fail(job);
		return NULL;
	}
	free(text);
	reply = reply_of(job, command, answer);
	free(answer);
	return reply;
}

/* ---- calls to libvirt ---- */

static char *live_xml(struct lv_job *job)
{
	char *xml = virDomainGetXMLDesc(job->domain, 0);

	if (!xml)
		lv_job_fail(job);
	return xml;
}

static gboolean has_already(struct lv_job *job)
{
	g_autofree char *xml = job->again ? live_xml(job) : NULL;
	struct lv_memory memory = {0};
	gboolean has = xml && lv_memory_find(xml, job->id, &memory);

	lv_memory_clear(&memory);
	return has;
}

void lv_work_attach(struct lv_job *job)
{
	g_autofree char *xml = lv_memory_xml(&job->memory);

	if (!has_already(job) &&
	    virDomainAttachDeviceFlags(job->domain, xml, VIR_DOMAIN_AFFECT_LIVE) < 0)
		lv_job_fail(job);
}

/* Requests an unplug; an event reports the outcome later. */
void lv_work_detach(struct lv_job *job)
{
	g_autofree char *alias = lv_alias_of(job->id);

	if (job->again && !has_already(job))
		return;
	if (virDomainDetachDeviceAlias(job->domain, alias, VIR_DOMAIN_AFFECT_LIVE) < 0)
		lv_job_fail(job);
}

void lv_work_resize(struct lv_job *job)
{
	g_autofree char *live = live_xml(job), *xml = NULL;

	if (!live)
		return;
	xml = lv_memory_resized(live, job->id, job->number);
	if (!xml)
		lv_job_say(job, "libvirt's live XML has no virtio-mem device '%s'", job->id);
	else if (virDomainUpdateDeviceFlags(job->domain, xml, VIR_DOMAIN_AFFECT_LIVE) < 0)
		lv_job_fail(job);
}

/*
 * Sets *ret to whether the slot of the job's vCPU is in use in QEMU. Returns FALSE if there is no
 * such slot.
 */
static gboolean is_on_in_qemu(struct lv_job *job, gboolean *ret)
{
	json_auto_t *slots = lv_monitor(job, "query-hotpluggable-cpus", NULL);
	gsize n = json_array_size(slots);

	/* QEMU lists the highest slot first */
	if (job->number < 0 || (gsize)job->number >= n)
		return FALSE;
	*ret = json_object_get(json_array_get(slots, n - 1 - job->number), "qom-path") != NULL;
	return TRUE;
}

void lv_work_cpu(struct lv_job *job)
{
	g_autofree char *vcpu = g_strdup_printf("%" G_GINT64_FORMAT, job->number), *xml = NULL;
	gboolean books, qemu;

	if (virDomainSetVcpu(job->domain, vcpu, job->flag, VIR_DOMAIN_AFFECT_LIVE) < 0) {
		lv_job_fail(job);
		return;
	}
	xml = live_xml(job);
	if (!job->flag || !xml || !is_on_in_qemu(job, &qemu))
		return;
	books = lv_vcpu_is_on(xml, job->number);
	if (books != qemu)
		job->difference = g_strdup_printf(
			"libvirt's XML disagrees with QEMU: vCPU %s is %s in its live XML and %s "
			"in QEMU",
			vcpu, books ? "on" : "off", qemu ? "on" : "off");
}

/* Plugs a device directly in QEMU. The job's `json` has its "object" and its "device". */
void lv_work_raw_plug(struct lv_job *job)
{
	json_t *object = json_object_get(job->json, "object"),
	       *device = json_object_get(job->json, "device");
	json_t *reply = NULL;

	if (object)
		reply = lv_monitor(job, "object-add", json_incref(object));
	if (object && !reply)
		return;
	json_decref(reply);
	job->reply = lv_monitor(job, "device_add", json_incref(device));
	if (!job->reply && object) {
		g_autofree char *why = g_steal_pointer(&job->error);

		json_decref(lv_monitor(job, "object-del",
				       json_pack("{s:O}", "id", json_object_get(object, "id"))));
		g_free(job->error);
		job->error = g_steal_pointer(&why);
	}
}

/* Reads the current devices, and the last _OST of each slot (ACPI), after a reconnect. */
void lv_work_missed(struct lv_job *job)
{
	json_t *devices = lv_monitor(job, "query-memory-devices", NULL), *slots;

	if (!devices)
		return;
	slots = lv_monitor(job, "query-acpi-ospm-status", NULL);
	/* ignore this error: machines without ACPI have no such list */
	if (!slots && !job->lost)
		g_clear_pointer(&job->error, g_free);
	job->reply =
		json_pack("{s:o, s:o}", "devices", devices, "slots", slots ? slots : json_array());
}
