/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes and reads domain XML with libxml2: https://libvirt.org/formatdomain.html */
#ifndef RIG_VM_LIBVIRT_XML_H
#define RIG_VM_LIBVIRT_XML_H

#include <glib.h>
#include <jansson.h>
#include <libxml/tree.h>

#include "vm/vm.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

/* The namespace of the mark that the rig adds to its domains' metadata. */
#define LV_MARK_URI "urn:hotplug-rig:run"

/* QEMU's ids of the domain's devices, which libvirt derives from its aliases. */
#define LV_CONSOLE_CHARDEV "charserial0"

/*
 * Returns libvirt's alias for the device ID; the caller owns it. Aliases of users must begin with
 * "ua-" and have only letters, digits, - and _, otherwise libvirt silently replaces them. So other
 * bytes of ID become _ and two hexadecimal digits: "d.1" becomes "ua-d_2e1".
 */
char *lv_alias_of(const char *id);
/*
 * Returns the id from which lv_alias_of() made ALIAS, or NULL if ALIAS is not of this form. The
 * caller owns it.
 */
char *lv_id_of(const char *alias);

/* The mark of the run to which a domain or volume belongs. */
struct lv_mark {
	char *host; /* name of the host on which the process that set the mark runs */
	/* `start` is the start time of the process in clock ticks since boot (proc(5), stat) */
	gint64 pid, start;
};

struct lv_mark lv_mark_here(void);
void lv_mark_clear(struct lv_mark *mark);
/* Returns TRUE if the process that set the mark still runs. Only valid for marks of this host. */
gboolean lv_mark_lives(const struct lv_mark *mark);
/* Reads the mark from a domain's XML. Returns FALSE if it has no mark. */
gboolean lv_mark_read(const char *xml, struct lv_mark *ret);

/* Returns the number of root ports of a domain whose machine has HOT_BUSES; 0 if that is NULL. */
guint lv_root_ports(const char *const *hot_buses);
/*
 * Makes the XML of a guest's domain. Errors: those of vm_check_config(), and RIG_EXIT_SKIP if
 * libvirt cannot express CONFIG.
 */
xmlDoc *lv_domain(const struct vm_config *config, const char *name, GError **error);
/* Replaces the paths of kernel and initramfs in the XML. */
void lv_domain_boot(xmlDoc *domain, const char *kernel, const char *initrd);
char *lv_text(xmlDoc *doc);

/* A memory device in libvirt's XML. */
struct lv_memory {
	char *id; /* the rig's id */
	gboolean is_virtio;
	guint64 size, requested, current, block; /* in bytes; `current` is only used for reading */
	unsigned node;
	guint64 address; /* only used for reading; 0 if libvirt does not report it */
};

void lv_memory_clear(struct lv_memory *memory);
/* Returns the XML of a memory device, for attaching and updating. */
char *lv_memory_xml(const struct lv_memory *memory);
/* Reads the device ID from DOMAIN, a live domain's XML. Returns FALSE if it is not there. */
gboolean lv_memory_find(const char *domain, const char *id, struct lv_memory *ret);
/*
 * Returns the XML of the device ID as it is in DOMAIN (a live domain's XML), but with the requested
 * size REQUESTED, or NULL if DOMAIN does not have the device. The caller owns the text. An update
 * needs the whole XML of a device, because libvirt finds the device by all of its properties.
 */
char *lv_memory_resized(const char *domain, const char *id, guint64 requested);
/*
 * Returns a description of how DOMAIN (a live domain's XML) and DEVICES (QEMU's
 * query-memory-devices) differ about the device ID, or NULL if they agree. WANTED is TRUE if the
 * device should exist. TOLD is the size in libvirt's event, or NULL. The caller owns the text.
 */
char *lv_compare(const char *id, const char *domain, json_t *devices, gboolean wanted,
		 const gint64 *told);
/* Returns TRUE if the vCPU is enabled in a live domain's XML. */
gboolean lv_vcpu_is_on(const char *domain, unsigned vcpu);

/* Returns when a volume was last written according to its XML: seconds since 1970, 0 if unknown. */
gint64 lv_volume_written(const char *xml);
/*
 * Returns the folder of a pool of type dir, from its XML, or NULL if it has none. The caller owns
 * it.
 */
char *lv_pool_path(const char *xml);
/* Return the XML for a pool of type dir, and for a volume in it. The caller owns the text. */
char *lv_pool_xml(const char *name, const char *path);
char *lv_volume_xml(const char *name, guint64 bytes);

#endif
