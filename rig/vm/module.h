/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads parts of the rig that are shared objects when they are first used, so that only commands
 * that need libvirt load libvirt and its libraries.
 *
 * A module NAME is the file BIN/../lib/hotplug-rig/NAME.so, where BIN is the folder of the running
 * program. It exports one const struct, `vm_module`. It may call every function of the program
 * (which is linked with --export-dynamic), and is not unloaded.
 */
#ifndef RIG_VM_MODULE_H
#define RIG_VM_MODULE_H

#include <glib.h>

#include "vm/orphans.h"

struct vm_launcher;

struct vm_module {
	/*
	 * sizeof(struct vm) when the module was compiled; if it differs, the module is of another
	 * build and is rejected
	 */
	gsize vm_size;
	const struct vm_launcher *launcher;
	/* implement the functions of these names in vm/orphans.h */
	gboolean (*orphans_find)(const char *uri, struct orphans *ret, GError **error);
	gboolean (*orphans_remove)(const char *uri, gboolean all, GPtrArray **ret_removed,
				   GError **error);
};

/*
 * Loads the module called NAME ("libvirt") and its libraries at the first call. Main thread only.
 * Blocks while the files are read. Errors: RIG_EXIT_SKIP if the file is missing, does not load, or
 * is of another build.
 */
const struct vm_module *vm_module_load(const char *name, GError **error);

#endif
