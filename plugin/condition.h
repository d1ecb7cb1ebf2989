/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks the conditions of holds: which tasks wait, and whether both sides have the same argument
 * or memory block.
 */
#ifndef RIG_PLUGIN_CONDITION_H
#define RIG_PLUGIN_CONDITION_H

#include "plugin/api.h"
#include "plugin/orders.h"

/*
 * Prepares the check of conditions, if a hold of ORDERS has one. ORDERS is borrowed for the life of
 * QEMU. Returns NULL, or a static string that says why conditions cannot be checked.
 */
const char *conditions_start(uint64_t id, const struct qemu_info *info, struct orders *orders);
/* Returns the flags that the callback for a place (side a or b) of hold ID needs. */
int condition_flags(const struct orders *orders, unsigned id);
/*
 * Checks the condition of SIDE of hold ID. Returns false if the vCPU's task or its argument does
 * not fit. *ret_key is the value that must be the same on both sides, or 0 if the hold has no
 * `same`.
 */
bool condition_holds(const struct orders *orders, unsigned id, enum hold_side side,
		     uint64_t *ret_key);

#endif
