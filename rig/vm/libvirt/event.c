// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles the events of libvirt and QEMU.
 *
 * All of them are passed to the rig as QMP events. For a device that libvirt manages, libvirt's
 * event device-removed is passed on, as DEVICE_DELETED of "d0". QEMU's own DEVICE_DELETED is not:
 * it arrives before libvirt has deleted the backend, and has the alias ("ua-d0") instead of the
 * rig's id.
 */
#include "vm/libvirt/libvirt.h"

#include "qmp/qmp.h"

#include <string.h>

/* ACPI _OST: the source "eject request", and the status "in progress" (see vm/unplug.c) */
#define OST_EJECT_REQUEST 3
#define OST_IN_PROGRESS 0x84

/* Returns OPAQUE, the host of a callback, if CONN is its current connection; otherwise NULL. */
static struct lv_host *host_of(virConnectPtr conn, void *opaque)
{
	struct lv_host *host = opaque;

	return host->vm && host->link && host->link->conn == conn ? host : NULL;
}

static void on_close(virConnectPtr conn, int reason, void *opaque)
{
	static const char *const reasons[] = {"input or output failed", "the host closed it",
					      "no answer to keep-alives", "closed by us"};
	struct lv_host *host = host_of(conn, opaque);

	if (host)
		lv_lost(host, reason >= 0 && reason < (int)G_N_ELEMENTS(reasons)
				      ? reasons[reason]
				      : "unknown reason");
}

/* ---- events about devices ---- */

static void device_left(struct lv_host *host, const char *id)
{
	struct lv_device *device = g_hash_table_lookup(host->devices, id);

	if (!device || device->gone)
		return;
	device->gone = TRUE;
	lv_qmp_event(host, "DEVICE_DELETED",
		     json_pack("{s:s, s:s}", "device", id, "by", "libvirt"));
	lv_verify(host, device, -1, NULL);
}

static void on_removed(virConnectPtr conn, virDomainPtr domain, const char *alias, void *opaque)
{
	struct lv_host *host = host_of(conn, opaque);
	g_autofree char *id = lv_id_of(alias);

	(void)domain;
	if (host && id)
		device_left(host, id);
}

/*
 * Reports that the guest refused an unplug. Both libvirt and QEMU may report a refusal, but this
 * sends only one event for each request.
 */
static void refused(struct lv_host *host, const char *id, const char *why)
{
	struct lv_device *device = g_hash_table_lookup(host->devices, id);

	if (!device || !device->unplug_pending)
		return;
	device->unplug_pending = FALSE;
	lv_qmp_event(host, "DEVICE_UNPLUG_GUEST_ERROR",
		     json_pack("{s:s, s:s, s:s}", "device", id, "msg", why, "by", "libvirt"));
	if (!device->is_cpu)
		lv_verify(host, device, -1, NULL);
}

static void on_removal_failed(virConnectPtr conn, virDomainPtr domain, const char *alias,
			      void *opaque)
{
	struct lv_host *host = host_of(conn, opaque);
	g_autofree char *id = lv_id_of(alias);

	(void)domain;
	if (host && id)
		refused(host, id, "the guest refused (libvirt's event device-removal-failed)");
}

static void on_size(virConnectPtr conn, virDomainPtr domain, const char *alias,
		    unsigned long long kib, void *opaque)
{
	struct lv_host *host = host_of(conn, opaque);
	g_autofree char *id = lv_id_of(alias);
	struct lv_device *device = host && id ? g_hash_table_lookup(host->devices, id) : NULL;

	(void)domain;
	if (!device)
		return;
	lv_qmp_event(host, "MEMORY_DEVICE_SIZE_CHANGE",
		     json_pack("{s:s, s:I, s:s}", "id", id, "size", (json_int_t)kib << 10, "by",
			       "libvirt"));
	lv_verify(host, device, (gint64)kib << 10, NULL);
}

/* ---- events about the domain's state ---- */

static void stopped(struct lv_host *host, int detail)
{
	gboolean by_us = host->vm->by_us;

	switch (detail) {
	case VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN:
		lv_gone(host, 0, by_us ? "ended by the rig" : host->end_reason);
		return;
	case VIR_DOMAIN_EVENT_STOPPED_DESTROYED:
		lv_gone(host, !by_us,
			by_us ? "ended by the rig" : "the domain was destroyed by another client");
		return;
	case VIR_DOMAIN_EVENT_STOPPED_CRASHED:
		lv_gone(host, 1,
			host->end_reason ? host->end_reason : "QEMU crashed, or was killed");
		return;
	default:
		lv_gone(host, 1, "libvirt ended the domain");
	}
}

static void on_lifecycle(virConnectPtr conn, virDomainPtr domain, int event, int detail,
			 void *opaque)
{
	struct lv_host *host = host_of(conn, opaque);

	(void)domain;
	if (!host)
		return;
	switch (event) {
	case VIR_DOMAIN_EVENT_STOPPED:
		stopped(host, detail);
		break;
	case VIR_DOMAIN_EVENT_SHUTDOWN:
		host->shutting = TRUE;
		break;
	case VIR_DOMAIN_EVENT_CRASHED:
		host->shutting = TRUE;
		host->end_reason = "guest panicked";
		break;
	case VIR_DOMAIN_EVENT_SUSPENDED:
		if (host->state == LV_RUNNING && detail == VIR_DOMAIN_EVENT_SUSPENDED_PAUSED &&
		    !host->pause_asked && !host->shutting && !host->vm->by_us)
			vm_fault(host->vm, "the domain was paused by another client");
		else if (detail == VIR_DOMAIN_EVENT_SUSPENDED_IOERROR)
			vm_fault(host->vm, "libvirt paused the domain after an I/O error");
		break;
	}
}

/* ---- QEMU's own events ---- */

/*
 * Passes QEMU's ACPI_DEVICE_OST on, with the rig's ids. libvirt itself only has an event for an
 * _OST that refuses an eject.
 */
static void note_ost(struct lv_host *host, json_t *data)
{
	json_t *info = json_object_get(data, "info");
	const char *device = json_string_value(json_object_get(info, "device"));
	g_autofree char *id = device ? lv_id_of(device) : NULL;
	int status = json_integer_value(json_object_get(info, "status"));
	GHashTableIter iter;
	struct lv_device *known;
	const char *key;

	g_hash_table_iter_init(&iter, host->devices);
	while (device && !id && g_hash_table_iter_next(&iter, (void **)&key, (void **)&known)) {
		g_autofree char *vcpu = g_strdup_printf("vcpu%u", known->vcpu);

		if (known->is_cpu && g_str_equal(device, vcpu))
			id = g_strdup(key);
	}
	if (!id)
		return;
	if (json_integer_value(json_object_get(info, "source")) == OST_EJECT_REQUEST) {
		g_autofree char *why =
			g_strdup_printf("the guest refused: _OST status 0x%x", status);

		if (status > 0 && status != OST_IN_PROGRESS)
			refused(host, id, why);
		return;
	}
	info = json_copy(info);
	json_object_set_new(info, "device", json_string(id));
	lv_qmp_event(host, "ACPI_DEVICE_OST",
		     json_pack("{s:o, s:s}", "info", info, "by", "libvirt"));
}

void lv_missed_ost(struct lv_host *host, json_t *entry)
{
	json_t *data = json_pack("{s:O, s:b}", "info", entry, "missed", 1);

	note_ost(host, data);
	json_decref(data);
}

static void on_monitor(virConnectPtr conn, virDomainPtr domain, const char *event,
		       long long seconds, unsigned micros, const char *details, void *opaque)
{
	struct lv_host *host = host_of(conn, opaque);
	json_t *data =
		details && strlen(details) < QMP_LINE_MAX ? json_loads(details, 0, NULL) : NULL;

	(void)domain;
	(void)seconds;
	(void)micros;
	if (host) {
		lv_qmp_event(host, event, data ? json_incref(data) : json_object());
		if (!strcmp(event, "ACPI_DEVICE_OST"))
			note_ost(host, data);
		if (!strcmp(event, "SHUTDOWN")) {
			host->shutting = TRUE;
			host->end_reason = vm_shutdown_words(data);
			if (!host->end_reason)
				host->end_reason = "QEMU was shut down by its host";
		}
	}
	json_decref(data);
}

static void unref(void *opaque)
{
	lv_unref(opaque);
}

gboolean lv_listen(struct lv_host *host, struct lv_link *link)
{
	static const struct {
		int event;
		virConnectDomainEventGenericCallback callback;
	} events[] = {
		{VIR_DOMAIN_EVENT_ID_LIFECYCLE, VIR_DOMAIN_EVENT_CALLBACK(on_lifecycle)},
		{VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, VIR_DOMAIN_EVENT_CALLBACK(on_removed)},
		{VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED,
		 VIR_DOMAIN_EVENT_CALLBACK(on_removal_failed)},
		{VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE, VIR_DOMAIN_EVENT_CALLBACK(on_size)},
	};

	G_STATIC_ASSERT(G_N_ELEMENTS(events) <= G_N_ELEMENTS(((struct lv_link *)0)->callbacks));
	if (virConnectRegisterCloseCallback(link->conn, on_close, lv_ref(host), unref) < 0) {
		lv_unref(host);
		return FALSE;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(events); i++) {
		link->callbacks[i] =
			virConnectDomainEventRegisterAny(link->conn, link->domain, events[i].event,
							 events[i].callback, lv_ref(host), unref);
		if (link->callbacks[i] < 0) {
			lv_unref(host);
			return FALSE;
		}
	}
	link->monitor = virConnectDomainQemuMonitorEventRegister(
		link->conn, link->domain, NULL, on_monitor, lv_ref(host), unref, 0);
	if (link->monitor < 0)
		lv_unref(host);
	return link->monitor >= 0;
}

void lv_unlisten(struct lv_link *link)
{
	if (link->monitor >= 0)
		virConnectDomainQemuMonitorEventDeregister(link->conn, link->monitor);
	for (gsize i = 0; i < G_N_ELEMENTS(link->callbacks); i++)
		if (link->callbacks[i] >= 0)
			virConnectDomainEventDeregisterAny(link->conn, link->callbacks[i]);
	virConnectUnregisterCloseCallback(link->conn, on_close);
}
