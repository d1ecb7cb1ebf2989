// SPDX-License-Identifier: GPL-2.0-only
/* Libvirt's promise: its live XML says of a memory device what QEMU's query-memory-devices says. */
#include "vm/libvirt-xml.h"

#include <string.h>

#define BYTES "%" G_GUINT64_FORMAT
#define HEX "0x%" G_GINT64_MODIFIER "x"

/* QEMU's entry of the device, borrowed from DEVICES. */
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
		const char *what, *key; /* QEMU's: MemoryDeviceInfo in qapi/machine.json */
		guint64 books;
		gboolean compare;
	} rows[] = {
		{"bytes", xml->is_virtio ? "max-size" : "size", xml->size, TRUE},
		{"as its address", xml->is_virtio ? "memaddr" : "addr", xml->address, xml->address != 0},
		{"as its node", "node", xml->node, TRUE},
		{"bytes asked for", "requested-size", xml->requested, xml->is_virtio},
		/* QEMU tells libvirt of a size within a second: only of one that was told can they agree */
		{"bytes grown to", "size", xml->current,
		 told && *told == json_integer_value(json_object_get(qemu, "size"))},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		guint64 qemus = json_integer_value(json_object_get(qemu, rows[i].key));

		if (rows[i].compare && rows[i].books != qemus)
			return g_strdup_printf(
				"'%s' has " BYTES " (" HEX ") %s in libvirt's live XML and " BYTES
				" (" HEX ") in QEMU",
				xml->id, rows[i].books, rows[i].books, rows[i].what, qemus, qemus);
	}
	return NULL;
}

char *lv_promise(const char *id, const char *domain, json_t *devices, gboolean wanted, const gint64 *told)
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
		text = g_strdup_printf("libvirt said that '%s' was %s, but its live XML and QEMU still %s it",
				       id, wanted ? "added" : "removed", wanted ? "lack" : "have");
	else if (has)
		text = difference(&memory, qemu, told);
	lv_memory_clear(&memory);
	return text;
}
