/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of `rig doctor` share. */
#ifndef RIG_CMD_DOCTOR_H
#define RIG_CMD_DOCTOR_H

#include <glib.h>

/* --on slurm: prints the findings of each node. Returns an exit code: 3 if a node cannot run. */
int doctor_nodes(gboolean json);

#endif
