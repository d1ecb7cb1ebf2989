// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verifies after each step that libvirt's live XML and QEMU's query-memory-devices agree about the
 * step's device. Both are read while the run continues. Only the next command for the same device
 * waits (qmp.c), because it would change them.
 */
#include "vm/libvirt/libvirt.h"

#include <string.h>

#define TRIES 3 /* a difference is reported only if it is found this many times in a row */
#define BYTES "%" G_GUINT64_FORMAT
#define HEX "0x%" G_GINT64_MODIFIER "x"

/* Returns QEMU's entry of the device ID, borrowed from DEVICES, or NULL if there is none. */
static json_t *in_qemu(json_t *devices, const char *id)
{
	g_autofree char *alias = lv_alias_of(id);
	json_t *entry;
	gsize i;

	json_array_foreach (devices, i, entry) {
		json_t *data = json_object_get(entry, "data");

		if (!g_strcmp0(json_string_value(json_object_get(data, "id")), alias))
			return data;
	}
	return NULL;
}

static char *difference(const struct lv_memory *xml, json_t *qemu, const gint64 *told)
{
	const struct {
		/*
		 * name of a value in messages; its key in QEMU's MemoryDeviceInfo
		 * (qapi/machine.json)
		 */
		const char *what, *key;
		guint64 value;
		gboolean compare;
	} rows[] = {
		{"bytes", xml->is_virtio ? "max-size" : "size", xml->size, TRUE},
		{"as its address", xml->is_virtio ? "memaddr" : "addr", xml->address,
		 xml->address != 0},
		{"as its node", "node", xml->node, TRUE},
		{"bytes asked for", "requested-size", xml->requested, xml->is_virtio},
		/*
		 * libvirt may update this value up to a second later, so it is only compared if
		 * libvirt's event has QEMU's value
		 */
		{"bytes grown to", "size", xml->current,
		 told && *told == json_integer_value(json_object_get(qemu, "size"))},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		guint64 qemus = json_integer_value(json_object_get(qemu, rows[i].key));

		if (rows[i].compare && rows[i].value != qemus)
			return g_strdup_printf(
				"'%s' has " BYTES " (" HEX ") %s in libvirt's live XML and " BYTES
				" (" HEX ") in QEMU",
				xml->id, rows[i].value, rows[i].value, rows[i].what, qemus, qemus);
	}
	return NULL;
}

char *lv_compare(const char *id, const char *domain, json_t *devices, gboolean wanted,
		 const gint64 *told)
{
	json_t *qemu = in_qemu(devices, id);
	struct lv_memory memory = {0};
	gboolean has = lv_memory_find(domain, id, &memory);
	char *text = NULL;

	if (has != (qemu != NULL))
		text = g_strdup_printf("%s has the memory device '%s', %s has not",
				       has ? "libvirt's live XML" : "QEMU", id,
				       has ? "QEMU" : "libvirt's live XML");
	else if (has != wanted)
		text = g_strdup_printf(
			"libvirt reported that '%s' was %s, but its live XML and QEMU still %s it",
			id, wanted ? "added" : "removed", wanted ? "lack" : "have");
	else if (has)
		text = difference(&memory, qemu, told);
	lv_memory_clear(&memory);
	return text;
}

static void *read_xml(void *data)
{
	return virDomainGetXMLDesc(data, 0);
}

/*
 * Reads libvirt's XML and QEMU's list, and compares them. Both are read at the same time, because
 * each read waits for other processes. If QEMU's list was read already, it is in the job's `json`.
 */
static char *compare_once(struct lv_job *job)
{
	GThread *reader = g_thread_new("rig-live-xml", read_xml, job->domain);
	json_auto_t *devices = job->json ? g_steal_pointer(&job->json)
					 : lv_monitor(job, "query-memory-devices", NULL);
	g_autofree char *xml = g_thread_join(reader);

	/*
	 * ignore a failed read, which is not a difference; a lost connection is reported elsewhere
	 */
	if (!xml || !devices) {
		g_clear_pointer(&job->error, g_free);
		return NULL;
	}
	return lv_compare(job->id, xml, devices, job->flag, job->number < 0 ? NULL : &job->number);
}

/*
 * Compares up to TRIES times, until there is no difference: one difference proves nothing, because
 * the two lists are not read at the same moment.
 */
static void work(struct lv_job *job)
{
	g_autofree char *text = NULL;

	for (int i = 0; i < TRIES; i++) {
		g_free(text);
		text = compare_once(job);
		if (!text)
			return;
	}
	job->difference = g_strdup_printf("libvirt's XML disagrees with QEMU: %s", text);
}

static void on_checked(struct lv_host *host, struct lv_job *job)
{
	struct lv_device *device = g_hash_table_lookup(host->devices, job->id);

	if (job->difference)
		vm_fault(host->vm, job->difference);
	host->verifying--;
	/* there is no device if libvirt refused the plug after it had reported a size */
	if (device && !--device->verifying && device->gone)
		g_hash_table_remove(host->devices, job->id);
	lv_qmp_resume(host);
}

void lv_verify(struct lv_host *host, struct lv_device *device, gint64 told, json_t *devices)
{
	struct lv_job *job = lv_job_new(host, work, on_checked);

	job->id = g_strdup(device->memory.id);
	job->flag = !device->gone;
	job->number = told;
	job->json = devices ? json_deep_copy(devices) : NULL;
	device->verifying++;
	host->verifying++;
	lv_job_run(job);
}
