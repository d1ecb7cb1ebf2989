// SPDX-License-Identifier: GPL-2.0-only
/* Finds the domains and volumes of the rig, and removes those whose process has ended. */
#include "vm/libvirt/orphans.h"

#include "util/error.h"
#include "vm/libvirt/libvirt.h"

#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#define YOUNG_S 120

static void orphan_free(void *data)
{
	struct orphan *orphan = data;

	g_free(orphan->name);
	g_free(orphan->owner);
	g_free(orphan);
}

static struct orphan *add(GPtrArray *all, enum orphan_kind kind, const char *name, gboolean stale,
			   char *owner)
{
	struct orphan *orphan = g_new0(struct orphan, 1);

	*orphan = (struct orphan){kind, g_strdup(name), stale, owner};
	g_ptr_array_add(all, orphan);
	return orphan;
}

static void list_domain(GPtrArray *all, virDomainPtr domain)
{
	const char *name = virDomainGetName(domain);
	char *xml = virDomainGetXMLDesc(domain, 0);
	struct lv_mark mark;
	gboolean here, lives;

	if (xml && lv_mark_read(xml, &mark)) {
		here = !strcmp(mark.host, g_get_host_name());
		lives = here && lv_mark_lives(&mark);
		add(all, ORPHAN_DOMAIN, name, here && !lives,
		    g_strdup_printf("process %" G_GINT64_FORMAT " on %s, which %s", mark.pid,
				    mark.host,
				    lives  ? "runs"
				    : here ? "has ended"
					   : "is another host"));
		lv_mark_clear(&mark);
	}
	free(xml);
}

static gboolean list_domains(virConnectPtr conn, GPtrArray *all)
{
	virDomainPtr *domains = NULL;
	int n = virConnectListAllDomains(conn, &domains, 0);

	for (int i = 0; i < n; i++) {
		list_domain(all, domains[i]);
		virDomainFree(domains[i]);
	}
	free(domains);
	return n >= 0;
}

/*
 * Returns the domain to which VOLUME belongs, or NULL if there is none. A volume has the name of
 * its domain, with a suffix.
 */
static const struct orphan *domain_of(GPtrArray *all, const char *volume)
{
	const char *kind = strrchr(volume, '-');

	for (guint i = 0; kind && i < all->len; i++) {
		const struct orphan *orphan = all->pdata[i];

		if (orphan->kind == ORPHAN_DOMAIN &&
		    strlen(orphan->name) == (gsize)(kind - volume) &&
		    g_str_has_prefix(volume, orphan->name))
			return orphan;
	}
	return NULL;
}

/*
 * Returns TRUE if VOLUME is younger than YOUNG_S. It may belong to a run that has not created its
 * domain yet, so it is not removed.
 */
static gboolean is_young(virStorageVolPtr volume)
{
	char *xml = virStorageVolGetXMLDesc(volume, 0);
	gint64 written = xml ? lv_volume_written(xml) : 0;

	free(xml);
	return g_get_real_time() / G_USEC_PER_SEC - written < YOUNG_S;
}

static void list_volume(GPtrArray *all, virStorageVolPtr volume)
{
	const char *name = virStorageVolGetName(volume);
	const struct orphan *domain = domain_of(all, name);
	gboolean young = !domain && is_young(volume);

	if (!g_str_has_prefix(name, LV_PREFIX))
		return;
	add(all, ORPHAN_VOLUME, name, domain ? domain->stale : !young,
	    domain  ? g_strdup_printf("domain %s", domain->name)
	    : young ? g_strdup_printf(
			      "no domain, but written in the last %d s: a run may be starting",
			      YOUNG_S)
		    : g_strdup("no domain"));
}

static void list_volumes(virConnectPtr conn, GPtrArray *all)
{
	virStoragePoolPtr pool = virStoragePoolLookupByName(conn, LV_POOL);
	virStorageVolPtr *volumes = NULL;
	int n;

	if (!pool)
		return;
	virStoragePoolRefresh(pool, 0);
	n = virStoragePoolListAllVolumes(pool, &volumes, 0);
	for (int i = 0; i < n; i++) {
		list_volume(all, volumes[i]);
		virStorageVolFree(volumes[i]);
	}
	free(volumes);
	if (n == 0 && virStoragePoolIsPersistent(pool) == 0)
		add(all, ORPHAN_POOL, LV_POOL, TRUE, g_strdup("empty"));
	virStoragePoolFree(pool);
}

static char *versions(virConnectPtr conn)
{
	unsigned long qemu = 0, lib = 0;
	const char *type = virConnectGetType(conn);

	virConnectGetVersion(conn, &qemu);
	virConnectGetLibVersion(conn, &lib);
	return g_strdup_printf("%s %lu.%lu.%lu, libvirt %lu.%lu.%lu", type ? type : "hypervisor",
			       qemu / 1000000, qemu / 1000 % 1000, qemu % 1000, lib / 1000000,
			       lib / 1000 % 1000, lib % 1000);
}

static virConnectPtr open_host(const char *uri, GError **error)
{
	virConnectPtr conn = lv_init(error) ? lv_connect(uri) : NULL;
	g_autofree char *why = NULL;

	if (conn || (error && *error))
		return conn;
	why = lv_why();
	rig_fail(error, RIG_EXIT_INFRA, "cannot connect to libvirt%s%s: %s", uri ? " at " : "",
		 uri ? uri : "", why);
	return NULL;
}

static gboolean survey(virConnectPtr conn, GPtrArray *all, GError **error)
{
	g_autofree char *why = NULL;

	if (!list_domains(conn, all)) {
		why = lv_why();
		return rig_fail(error, RIG_EXIT_INFRA, "cannot list the domains: %s", why);
	}
	list_volumes(conn, all);
	return TRUE;
}

gboolean lv_orphans_find(const char *uri, struct orphans *ret, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(orphan_free);
	virConnectPtr conn = open_host(uri, error);
	gboolean ok;
	char *name;

	if (!conn)
		return FALSE;
	ok = survey(conn, all, error);
	if (ok) {
		name = virConnectGetURI(conn);
		*ret = (struct orphans){g_strdup(name), versions(conn), g_steal_pointer(&all)};
		free(name);
	}
	virConnectClose(conn);
	return ok;
}

/* Returns TRUE if the last error says that another client has removed the object already. */
static gboolean is_gone(void)
{
	const virError *last = virGetLastError();

	return last && (last->code == VIR_ERR_NO_DOMAIN || last->code == VIR_ERR_NO_STORAGE_VOL ||
			last->code == VIR_ERR_NO_STORAGE_POOL);
}

static gboolean remove_domain(virConnectPtr conn, const char *name)
{
	virDomainPtr domain = virDomainLookupByName(conn, name);
	gboolean ok = domain && virDomainDestroy(domain) == 0;

	if (domain)
		virDomainFree(domain);
	return ok;
}

static gboolean remove_volume(virConnectPtr conn, const char *name)
{
	virStoragePoolPtr pool = virStoragePoolLookupByName(conn, LV_POOL);
	virStorageVolPtr volume = pool ? virStorageVolLookupByName(pool, name) : NULL;
	gboolean ok = volume && virStorageVolDelete(volume, 0) == 0;

	if (volume)
		virStorageVolFree(volume);
	if (pool)
		virStoragePoolFree(pool);
	return ok;
}

static gboolean remove_pool(virConnectPtr conn, const char *name)
{
	virStoragePoolPtr pool = virStoragePoolLookupByName(conn, name);
	gboolean ok = pool && virStoragePoolDestroy(pool) == 0;

	if (pool)
		virStoragePoolFree(pool);
	return ok;
}

gboolean lv_orphans_remove(const char *uri, gboolean all, GPtrArray **ret_removed, GError **error)
{
	static gboolean (*const removers[])(virConnectPtr, const char *) = {
		[ORPHAN_DOMAIN] = remove_domain,
		[ORPHAN_VOLUME] = remove_volume,
		[ORPHAN_POOL] = remove_pool,
	};
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(orphan_free);
	g_autoptr(GPtrArray) removed = g_ptr_array_new_with_free_func(orphan_free);
	virConnectPtr conn = open_host(uri, error);
	gboolean ok;

	if (!conn)
		return FALSE;
	ok = survey(conn, found, error);
	while (ok && found->len) {
		struct orphan *entry = g_ptr_array_steal_index(found, 0);

		if (!all && !entry->stale) {
			orphan_free(entry);
			continue;
		}
		g_ptr_array_add(removed, entry);
		ok = removers[entry->kind](conn, entry->name) || is_gone();
		if (!ok) {
			g_autofree char *why = lv_why();

			rig_fail(error, RIG_EXIT_INFRA, "cannot remove '%s': %s", entry->name, why);
		}
	}
	virConnectClose(conn);
	if (ok)
		*ret_removed = g_steal_pointer(&removed);
	return ok;
}
