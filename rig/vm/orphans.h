/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Domains and volumes on a libvirt host that have the rig's mark, and whether the process that
 * created them still runs (it may have been killed, or have lost its connection). For `rig doctor`
 * and `rig clean`.
 *
 * All functions block and need no main loop. Errors: RIG_EXIT_SKIP without the libvirt module
 * (vm/module.h), RIG_EXIT_INFRA with libvirt's message if the host cannot be reached or refuses.
 */
#ifndef RIG_VM_ORPHANS_H
#define RIG_VM_ORPHANS_H

#include <glib.h>

enum orphan_kind { ORPHAN_DOMAIN, ORPHAN_VOLUME, ORPHAN_POOL };

struct orphan {
	enum orphan_kind kind;
	char *name;
	/* its process ran on this host and has ended; or it is an empty pool of the rig */
	gboolean stale;
	char *owner; /* the owner of the guest: "process 123 on host x, which still runs" */
};

struct orphans {
	char *uri, *hypervisor; /* "QEMU 7.2.22, libvirt 9.0.0" */
	GPtrArray *all;		/* of struct orphan */
};

/* Lists all domains and volumes with the mark, stale or not. Free *ret with orphans_clear(). */
gboolean orphans_find(const char *uri, struct orphans *ret, GError **error);
void orphans_clear(struct orphans *found);

/*
 * Removes the stale objects; with ALL, all objects. *ret_removed lists those that were removed
 * (array of struct orphan, which it owns).
 */
gboolean orphans_remove(const char *uri, gboolean all, GPtrArray **ret_removed, GError **error);

#endif
