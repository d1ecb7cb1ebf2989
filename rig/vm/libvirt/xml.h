/* SPDX-License-Identifier: GPL-2.0-only */
/* Domain XML, written and read by libxml2: https://libvirt.org/formatdomain.html */
#ifndef RIG_VM_LIBVIRT_XML_H
#define RIG_VM_LIBVIRT_XML_H

#include <glib.h>
#include <jansson.h>
#include <libxml/tree.h>

#include "vm/vm.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

/* The namespace of the mark that the rig leaves in its domains' metadata. */
#define LV_MARK_URI "urn:hotplug-rig:run"

/* QEMU's names of what the domain has: libvirt makes them from its aliases. */
#define LV_CONSOLE_CHARDEV "charserial0"

/*
 * Aliases of one's own begin with "ua-" and have letters, digits, - and _ alone; libvirt silently takes another
 * name instead of one that does not. Other bytes of an id become _ and two hexadecimal digits: "d.1" is
 * "ua-d_2e1".
 */
char *lv_alias_of(const char *id);
/* NULL where it is none of ours. */
char *lv_id_of(const char *alias);

/* Whose run a domain or a volume belongs to. */
struct lv_mark {
	char *host;
	gint64 pid, start; /* start: the process's start time, in ticks since boot (proc(5), stat) */
};

struct lv_mark lv_mark_here(void);
void lv_mark_clear(struct lv_mark *mark);
/* Does the process that left it run still? Only for marks of this host. */
gboolean lv_mark_lives(const struct lv_mark *mark);
/* From a domain's XML; FALSE where it has none. */
gboolean lv_mark_read(const char *xml, struct lv_mark *ret);

/* The domain of a guest. Errors: as vm_check_config(), and RIG_EXIT_SKIP for what libvirt cannot express. */
xmlDoc *lv_domain(const struct vm_config *config, const char *name, GError **error);
/* Kernel and initramfs by other paths. */
void lv_domain_boot(xmlDoc *domain, const char *kernel, const char *initrd);
char *lv_text(xmlDoc *doc);

/* A memory device as libvirt's XML has it. */
struct lv_memory {
	char *id; /* the rig's */
	gboolean is_virtio;
	guint64 size, requested, current, block; /* bytes; `current` is only read */
	unsigned node;
	guint64 address; /* only read; 0 where libvirt does not say */
};

void lv_memory_clear(struct lv_memory *memory);
/* For attaching, updating. */
char *lv_memory_xml(const struct lv_memory *memory);
/* The device of that id in a live domain's XML. */
gboolean lv_memory_find(const char *domain, const char *id, struct lv_memory *ret);
/* The same device as that XML has it, with another requested size; NULL where there is none. libvirt finds a device
 * to update by all that it knows of it. */
char *lv_memory_resized(const char *domain, const char *id, guint64 requested);
/*
 * How the live domain's XML and DEVICES (QEMU's query-memory-devices) differ for the device ID, for people; NULL where
 * they agree. WANTED: it should be there. TOLD: the size in libvirt's event, or NULL.
 */
char *lv_compare(const char *id, const char *domain, json_t *devices, gboolean wanted, const gint64 *told);
/* Is that vCPU enabled in a live domain's XML? */
gboolean lv_vcpu_is_on(const char *domain, unsigned vcpu);

/* When a volume was last written, as its XML says: seconds since 1970, 0 where it does not. */
gint64 lv_volume_written(const char *xml);
/* A folder pool's folder, NULL where it has none. */
char *lv_pool_path(const char *xml);
/* A folder pool, a volume in it, and the path of a pool's folder or a volume. */
char *lv_pool_xml(const char *name, const char *path);
char *lv_volume_xml(const char *name, guint64 bytes);

#endif
