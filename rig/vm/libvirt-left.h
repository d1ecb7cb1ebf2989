/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What runs left on a libvirt host: domains and volumes that carry the rig's mark, and whose rig has gone (it
 * was killed, or lost its connection). For `rig doctor` and `rig clean`. Blocks; needs no main loop.
 */
#ifndef RIG_VM_LIBVIRT_LEFT_H
#define RIG_VM_LIBVIRT_LEFT_H

#include <glib.h>

#define LV_POOL "hotplug-rig"  /* storage pool for kernels and initramfses */
#define LV_PREFIX "rig-"       /* of every domain's and volume's name */

enum lv_left_kind { LV_LEFT_DOMAIN, LV_LEFT_VOLUME, LV_LEFT_POOL };

struct lv_left {
	enum lv_left_kind kind;
	char *name;
	gboolean stale;	  /* whose rig ran on this host and has gone; an empty pool of the rig's */
	char *owner;	  /* for people: "process 123 on host x, which runs" */
};

struct lv_survey {
	char *uri, *hypervisor; /* "QEMU 7.2.22, libvirt 9.0.0" */
	GPtrArray *left;	/* of struct lv_left */
};

/* Errors: RIG_EXIT_INFRA with libvirt's words. */
gboolean lv_survey(const char *uri, struct lv_survey *ret, GError **error);
void lv_survey_clear(struct lv_survey *survey);

/* Removes what is stale, with ALL also what seems to be in use. *ret_removed (of struct lv_left, freed with it) lists it. */
gboolean lv_clean(const char *uri, gboolean all, GPtrArray **ret_removed, GError **error);

#endif
