/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions of vm/orphans.h that the libvirt module implements. */
#ifndef RIG_VM_LIBVIRT_ORPHANS_H
#define RIG_VM_LIBVIRT_ORPHANS_H

#include "vm/orphans.h"

#define LV_POOL "hotplug-rig" /* storage pool for kernels and initramfses */
#define LV_PREFIX "rig-"      /* prefix of the names of all domains and volumes */

gboolean lv_orphans_find(const char *uri, struct orphans *ret, GError **error);
gboolean lv_orphans_remove(const char *uri, gboolean all, GPtrArray **ret_removed, GError **error);

#endif
