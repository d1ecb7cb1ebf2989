/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of `rig doctor`. */
#ifndef RIG_CMD_DOCTOR_H
#define RIG_CMD_DOCTOR_H

#include <glib.h>

/*
 * Prints the findings of each node for --on slurm. Returns an exit code: 3 if a node cannot run
 * scenarios.
 */
int doctor_nodes(gboolean json);

#endif
