// SPDX-License-Identifier: GPL-2.0-only
/* Answers the QMP commands that the rig sends to the fake QEMU. */
#include "devices.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Command handlers: return the result, or NULL with an error text. */

const char *text_of(json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static json_t *none(json_t *arguments, const char **error)
{
	(void)arguments;
	(void)error;
	return json_object();
}

static json_t *object_add(json_t *arguments, const char **error)
{
	guint64 *size = g_new(guint64, 1);

	*size = json_integer_value(json_object_get(arguments, "size"));
	if (g_hash_table_contains(fake.objects, text_of(arguments, "id")) || !*size)
		*error = "attempt to add duplicate property, or no size";
	g_hash_table_insert(fake.objects, g_strdup(text_of(arguments, "id")), size);
	return json_object();
}

static json_t *object_del(json_t *arguments, const char **error)
{
	for (GList *l = fake.devices.head; l; l = l->next)
		if (!strcmp(text_of(((struct device *)l->data)->arguments, "memdev"),
			    text_of(arguments, "id")))
			*error = "object is in use, can not be deleted";
	if (!*error && script_says("unplug", "mapped"))
		*error = "Cannot delete host memory backend 'mem-d' which is mapped";
	if (!*error && !g_hash_table_remove(fake.objects, text_of(arguments, "id")))
		*error = "object not found";
	return json_object();
}

static json_t *device_add(json_t *arguments, const char **error)
{
	guint64 *size = g_hash_table_lookup(fake.objects, text_of(arguments, "memdev"));
	gboolean is_cpu = json_object_get(arguments, "core-id") != NULL;
	struct device *device;

	moment("plug");
	if (device_find(text_of(arguments, "id")))
		*error = "Duplicate device ID";
	else if (!size && !is_cpu && json_object_get(arguments, "memdev"))
		*error = "Device memdev is not found";
	else if (script_says("plug", "fail"))
		*error = "a used vhost backend has no free memory slots left";
	if (*error)
		return NULL;
	device = g_new0(struct device, 1);
	device->id = g_strdup(text_of(arguments, "id"));
	device->driver = g_strdup(text_of(arguments, "driver"));
	device->is_cpu = is_cpu;
	device->is_virtio = g_str_equal(device->driver, "virtio-mem-pci");
	device->slot =
		is_cpu ? json_integer_value(json_object_get(arguments, "core-id"))
		       : device_free_slot();
	device->size = size ? *size : 0;
	device->address = device_free_address(device->size);
	device->arguments = json_deep_copy(arguments);
	g_queue_push_tail(&fake.devices, device);
	if (device->is_virtio)
		device_size_changed(device,
			     json_integer_value(json_object_get(arguments, "requested-size")));
	else
		g_timeout_add_full(G_PRIORITY_DEFAULT, script_number("delay", 0), device_plugged,
				   g_strdup(device->id), g_free);
	return json_object();
}

static json_t *device_del(json_t *arguments, const char **error)
{
	struct device *device = device_find(text_of(arguments, "id"));

	moment("unplug");
	if (!device) {
		*error = "!DeviceNotFound";
		return NULL;
	}
	if (g_str_equal(device->driver, "nvdimm")) {
		*error = "nvdimm device hot unplug is not supported yet.";
		return NULL;
	}
	if (script_says("unplug", "reject")) {
		*error = "the bus does not support hotplugging";
		return NULL;
	}
	if (script_says("unplug", "busy")) {
		*error = "Hot-unplug failed: guest is busy (power indicator blinking)";
		return NULL;
	}
	if (device->leaving || script_will_say("unplug", "pending")) {
		*error = "Memory hot unplug already in progress for device";
		if (device->leaving)
			return NULL;
	}
	device->leaving = TRUE;
	g_timeout_add_full(G_PRIORITY_DEFAULT, script_number("delay", 0), device_unplugged,
			   g_strdup(device->id), g_free);
	return json_object();
}

static json_t *query_memory(json_t *arguments, const char **error)
{
	json_t *list = json_array();

	(void)arguments;
	(void)error;
	for (GList *l = fake.devices.head; l; l = l->next) {
		struct device *d = l->data;

		if (!d->size)
			continue;
		json_array_append_new(
			list,
			json_pack("{s:s, s:{s:s, s:I, s:I, s:I}}", "type",
				  d->is_virtio ? "virtio-mem" : "dimm", "data", "id", d->id,
				  d->is_virtio ? "memaddr" : "addr", (json_int_t)d->address, "size",
				  d->is_virtio ? json_integer_value(
							 json_object_get(d->arguments, "size"))
					       : (json_int_t)d->size,
				  d->is_virtio ? "max-size" : "slot",
				  d->is_virtio ? (json_int_t)d->size : (json_int_t)d->slot));
	}
	return list;
}

static json_t *query_cpus(json_t *arguments, const char **error)
{
	json_t *list = json_array();

	(void)arguments;
	(void)error;
	for (unsigned cpu = fake.max_cpus; cpu--;) {
		json_t *slot = json_pack("{s:{s:i}, s:i, s:s}", "props", "core-id", cpu,
					 "vcpus-count", 1, "type", "fake-cpu");

		if (cpu < fake.cpus)
			json_object_set_new(slot, "qom-path",
					    json_string("/machine/unattached/device"));
		for (GList *l = fake.devices.head; l; l = l->next) {
			struct device *d = l->data;

			if (d->is_cpu && d->slot == cpu)
				json_object_set_new(slot, "qom-path",
						    json_sprintf("/machine/peripheral/%s", d->id));
		}
		json_array_append_new(list, slot);
	}
	return list;
}

static json_t *qom_set(json_t *arguments, const char **error)
{
	g_autofree char *id = g_path_get_basename(text_of(arguments, "path"));
	struct device *device = device_find(id);
	guint64 size = json_integer_value(json_object_get(arguments, "value"));

	if (!device || size > device->size)
		*error = device ? "size is larger than the device" : "!DeviceNotFound";
	else
		device_size_changed(device, size);
	return json_object();
}

static json_t *set_action(json_t *arguments, const char **error)
{
	(void)error;
	fake.may_reboot = g_str_equal(text_of(arguments, "reboot"), "reset");
	return json_object();
}

static json_t *system_reset(json_t *arguments, const char **error)
{
	(void)arguments;
	(void)error;
	moment("reset");
	if (!fake.may_reboot)
		shutdown_guest("host-qmp-system-reset", FALSE);
	fake.hung = fake.ready = FALSE;
	tell_event("RESET", json_pack("{s:b, s:s}", "guest", 0, "reason", "host-qmp-system-reset"));
	guest_boot();
	return json_object();
}

static json_t *stop(json_t *arguments, const char **error)
{
	tell_event("STOP", NULL);
	return none(arguments, error);
}

static json_t *cont(json_t *arguments, const char **error)
{
	tell_event("RESUME", NULL);
	return none(arguments, error);
}

static json_t *inject_nmi(json_t *arguments, const char **error)
{
	static const char *const oops[] = {
		"Oops: System Reset, sig: 6 [#1]",
		"CPU: 0 PID: 1 Comm: swapper/0 Not tainted 6.1.192 #1",
		"NIP:  c000000000123450 LR: c000000000123460 CTR: 0000000000000000",
		"NIP [c000000000123450] arch_local_irq_restore+0x50/0x90",
		"Call Trace:",
		"[c000000004000000] [c000000000123460] do_idle+0x5/0x40",
		"---[ end trace 0000000000000000 ]---",
	};

	for (gsize i = 0; script_word("nmi-oops") && i < G_N_ELEMENTS(oops); i++)
		say("[   61.00000%zu] %s\r\n", i, oops[i]);
	return none(arguments, error);
}

static json_t *send_break(json_t *arguments, const char **error)
{
	say("[    9.000000] sysrq: a break has come\r\n");
	return none(arguments, error);
}

static json_t *memory_size(json_t *arguments, const char **error)
{
	(void)arguments;
	(void)error;
	return json_pack("{s:I}", "base-memory", (json_int_t)fake.memory);
}

static json_t *query_balloon(json_t *arguments, const char **error)
{
	(void)arguments;
	(void)error;
	return json_pack("{s:I}", "actual",
			 (json_int_t)(fake.balloon ? fake.balloon : fake.memory));
}

static json_t *balloon(json_t *arguments, const char **error)
{
	guint64 value = json_integer_value(json_object_get(arguments, "value"));

	if (!value || value > fake.memory)
		*error = "Parameter 'target' expects a size";
	else if (value != fake.balloon && !script_says("resize", "never"))
		tell_event("BALLOON_CHANGE", json_pack("{s:I}", "actual", (json_int_t)value));
	fake.balloon = value;
	return *error ? NULL : json_object();
}

/* Writes a file that is not a valid memory image, because a guest may be able to cause that. */
static json_t *dump(json_t *arguments, const char **error)
{
	const char *protocol = text_of(arguments, "protocol");
	g_autoptr(GError) failed = NULL;

	if (!g_str_has_prefix(protocol, "file:") ||
	    !g_file_set_contents(protocol + strlen("file:"), "\177ELF, the beginning of it", -1,
				 &failed))
		*error = "dump: failed to open the file";
	moment("dump");
	if (script_says("dump", "full"))
		*error = "dump: failed to save memory: No space left on device";
	return json_object();
}

static json_t *quit(json_t *arguments, const char **error)
{
	return none(arguments, error);
}

static json_t *query_schema(json_t *arguments, const char **error);

static const struct {
	const char *name;
	json_t *(*handle)(json_t *arguments, const char **error);
} commands[] = {
	{"qmp_capabilities", none},
	{"query-qmp-schema", query_schema},
	{"object-add", object_add},
	{"object-del", object_del},
	{"device_add", device_add},
	{"device_del", device_del},
	{"query-memory-devices", query_memory},
	{"query-hotpluggable-cpus", query_cpus},
	{"qom-set", qom_set},
	{"set-action", set_action},
	{"system_reset", system_reset},
	{"stop", stop},
	{"cont", cont},
	{"inject-nmi", inject_nmi},
	{"chardev-send-break", send_break},
	{"query-status", none},
	{"query-memory-size-summary", memory_size},
	{"query-balloon", query_balloon},
	{"balloon", balloon},
	{"dump-guest-memory", dump},
	{"quit", quit},
};

static json_t *query_schema(json_t *arguments, const char **error)
{
	static const char *const events[] = {"ACPI_DEVICE_OST",
					     "DEVICE_DELETED",
					     "MEM_UNPLUG_ERROR",
					     "DEVICE_UNPLUG_GUEST_ERROR",
					     "MEMORY_DEVICE_SIZE_CHANGE",
					     "SHUTDOWN",
					     "RESET",
					     "STOP",
					     "RESUME"};
	json_t *list = json_array();

	(void)arguments;
	(void)error;
	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "name",
						      commands[i].name, "meta-type", "command",
						      "arg-type", "0", "ret-type", "0"));
	for (gsize i = 0; i < G_N_ELEMENTS(events); i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", events[i],
						      "meta-type", "event", "arg-type", "0"));
	json_array_append_new(list,
			      json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "name", "0", "meta-type",
					"object", "members", "name", "id", "type", "str"));
	return list;
}

static void reply_error(json_t *id, const char *words)
{
	/* if the text begins with '!', it is also the error's class */
	tell(json_pack("{s:{s:s, s:s}, s:O}", "error", "class",
		       *words == '!' ? words + 1 : "GenericError", "desc", words + (*words == '!'),
		       "id", id));
}

void qmp_command(json_t *message)
{
	const char *name = text_of(message, "execute"), *error = NULL;
	json_t *id = json_object_get(message, "id"), *result = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (strcmp(commands[i].name, name))
			continue;
		result = commands[i].handle(json_object_get(message, "arguments"), &error);
		if (script_word("no-reply") && g_str_equal(name, script_word("no-reply")))
			;
		else if (error)
			reply_error(id, error);
		else
			tell(json_pack("{s:O, s:O}", "return", result, "id", id));
		json_decref(result);
		if (g_str_equal(name, "quit"))
			shutdown_guest("host-qmp-quit", FALSE);
		return;
	}
	reply_error(id, "!CommandNotFound");
}
