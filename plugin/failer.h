/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes calls of guest functions fail: when a vCPU enters such a function, reads the caller and the
 * name of the task, and if the call must fail (fail.h) makes the function return at once.
 */
#ifndef RIG_PLUGIN_FAILER_H
#define RIG_PLUGIN_FAILER_H

#include "plugin/api.h"
#include "plugin/link.h"
#include "plugin/orders.h"

/*
 * Prepares the failing of calls. ORDERS and LINK are borrowed for the life of QEMU. Returns NULL,
 * or a static string that says why calls cannot fail.
 */
const char *failer_start(uint64_t id, const struct qemu_info *info, struct orders *orders,
			 struct link *link);
/* Instruments INSN, which is the first instruction of a function whose calls fail. */
void failer_watch(struct qemu_plugin_insn *insn, struct watch *watch);

#endif
