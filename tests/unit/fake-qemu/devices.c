// SPDX-License-Identifier: GPL-2.0-only
/*
 * Plugs devices into the fake QEMU and unplugs them: assigns addresses, and sends the events when a
 * device is added or removed.
 */
#include "devices.h"

#include <signal.h>
#include <string.h>

#define HOTPLUG_BASE (G_GUINT64_CONSTANT(4) << 30)

struct device *device_find(const char *id)
{
	for (GList *l = fake.devices.head; id && l; l = l->next)
		if (!strcmp(((struct device *)l->data)->id, id))
			return l->data;
	return NULL;
}

static void device_free(struct device *device)
{
	g_queue_remove(&fake.devices, device);
	g_free(device->id);
	g_free(device->driver);
	json_decref(device->arguments);
	g_free(device);
}

static void ost(const struct device *device, int source, int status)
{
	g_autofree char *slot = g_strdup_printf("%u", device->slot);

	if (fake.has_acpi && !fake.hung)
		tell_event("ACPI_DEVICE_OST",
			   json_pack("{s:{s:s, s:i, s:i, s:s, s:s}}", "info", "device", device->id,
				     "source", source, "status", status, "slot", slot, "slot-type",
				     device->is_cpu ? "CPU" : "DIMM"));
}

guint64 device_free_address(guint64 size)
{
	guint64 address = HOTPLUG_BASE;

	for (gboolean again = TRUE; again;) {
		again = FALSE;
		for (GList *l = fake.devices.head; l; l = l->next) {
			struct device *other = l->data;

			if (other->size && address < other->address + other->size &&
			    other->address < address + size) {
				address = other->address + other->size;
				again = TRUE;
			}
		}
	}
	return address;
}

unsigned device_free_slot(void)
{
	unsigned slot = 0;

	for (GList *l = fake.devices.head; l; l = l->next)
		if (((struct device *)l->data)->slot == slot) {
			slot++;
			l = fake.devices.head;
		}
	return slot;
}

gboolean device_plugged(void *data)
{
	struct device *device = device_find(data);

	moment("located");
	if (device && !script_says("plug", "never"))
		ost(device, 1, script_says("plug", "refuse") ? 1 : 0);
	return G_SOURCE_REMOVE;
}

void device_size_changed(struct device *device, guint64 size)
{
	if (script_says("resize", "never") || fake.hung)
		return;
	json_object_set_new(device->arguments, "size", json_integer(size));
	tell_event("MEMORY_DEVICE_SIZE_CHANGE",
	      json_pack("{s:s, s:I}", "id", device->id, "size", (json_int_t)size));
}

static void device_deleted(struct device *device)
{
	g_autofree char *path = g_strdup_printf("/machine/peripheral/%s", device->id);
	g_autofree char *slot = g_strdup_printf("%u", device->slot);

	if (device->is_cpu && script_word("lapic")) {
		tell_event("DEVICE_DELETED", json_pack("{s:s+}", "path", path, "/lapic"));
		device_free(device);
		tell_event("ACPI_DEVICE_OST",
			   json_pack("{s:{s:i, s:i, s:s, s:s}}", "info", "source", 3, "status", 0,
				     "slot", slot, "slot-type", "CPU"));
		return;
	}
	tell_event("DEVICE_DELETED", json_pack("{s:s, s:s}", "device", device->id, "path", path));
	device_free(device);
}

gboolean device_unplugged(void *data)
{
	struct device *device = device_find(data);
	gboolean refuse = script_says("unplug", "refuse") || script_says("unplug", "pending");

	if (!device || script_says("unplug", "never") || fake.hung)
		return G_SOURCE_REMOVE;
	if (script_says("unplug", "vanish"))
		raise(SIGKILL);
	device->leaving = FALSE;
	if (script_says("unplug", "error")) {
		tell_event("MEM_UNPLUG_ERROR",
			   json_pack("{s:s, s:s}", "device", device->id, "msg", "busy"));
	} else if (refuse && fake.has_acpi) {
		ost(device, 3, 0x84);
		ost(device, 3, 0x82);
	} else if (refuse) {
		tell_event("DEVICE_UNPLUG_GUEST_ERROR", json_pack("{s:s}", "device", device->id));
	} else {
		ost(device, 3, 0x84);
		device_deleted(device);
	}
	return G_SOURCE_REMOVE;
}
