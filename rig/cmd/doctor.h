/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of `rig doctor`. */
#ifndef RIG_CMD_DOCTOR_H
#define RIG_CMD_DOCTOR_H

#include <glib.h>

/*
 * Executes `rig doctor --on slurm`: prints what each node of the cluster lacks. Returns the exit
 * code, which is 3 if a node cannot run scenarios.
 */
int doctor_nodes(gboolean json);

#endif
