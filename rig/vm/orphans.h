/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the domains and volumes on a libvirt host that have the rig's mark, for `rig doctor` and
 * `rig clean`, and determines whether the process that created them still runs. That process may
 * have been killed, or have lost its connection.
 *
 * All functions block, and need no main loop. Errors: RIG_EXIT_SKIP, the libvirt module cannot be
 * loaded (vm/module.h); RIG_EXIT_INFRA, the host cannot be reached or refuses, with libvirt's
 * message.
 */
#ifndef RIG_VM_ORPHANS_H
#define RIG_VM_ORPHANS_H

#include <glib.h>

enum orphan_kind { ORPHAN_DOMAIN, ORPHAN_VOLUME, ORPHAN_POOL };

struct orphan {
	enum orphan_kind kind;
	char *name; /* libvirt's name of the object */
	/*
	 * TRUE if the process that created the object ran on this host and has ended, or if the
	 * object is an empty pool of the rig
	 */
	gboolean stale;
	/*
	 * a text about the process that created the object: "process 123 on host x, which still
	 * runs"
	 */
	char *owner;
};

struct orphans {
	char *uri, *hypervisor; /* "QEMU 7.2.22, libvirt 9.0.0" */
	GPtrArray *all;		/* of struct orphan */
};

/* Lists all domains and volumes with the mark, stale or not. Free *ret with orphans_clear(). */
gboolean orphans_find(const char *uri, struct orphans *ret, GError **error);
void orphans_clear(struct orphans *found);

/*
 * Removes the stale objects, or with ALL, all objects. Sets *ret_removed to an array of struct
 * orphan with those that were removed, which the caller owns.
 */
gboolean orphans_remove(const char *uri, gboolean all, GPtrArray **ret_removed, GError **error);

#endif
