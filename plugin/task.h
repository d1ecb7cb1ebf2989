/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the name of the task that runs on the vCPU whose callback is running. */
#ifndef RIG_PLUGIN_TASK_H
#define RIG_PLUGIN_TASK_H

#include "plugin/orders.h"

/*
 * Writes the name into COMM and returns it, or returns NULL if it cannot be read. ORDERS has the
 * addresses, and must be the same in all calls. The callback needs PLUGIN_READ_REGS.
 */
const char *task_comm(const struct orders *orders, char comm[FAIL_COMM]);

#endif
