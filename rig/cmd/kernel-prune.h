/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RIG_CMD_KERNEL_PRUNE_H
#define RIG_CMD_KERNEL_PRUNE_H

/* Executes `rig kernel prune` and returns its exit code. */
int kernel_prune(int argc, char **argv);

#endif
