/* SPDX-License-Identifier: GPL-2.0-only */
/* `rig doctor --connect`: checks a libvirt host. */
#ifndef RIG_CMD_ORPHANS_H
#define RIG_CMD_ORPHANS_H

#include <glib.h>

/*
 * Checks the host at URI and prints the results, including domains and volumes of ended runs.
 * Returns an exit code.
 */
int orphans_doctor(const char *uri, gboolean json);

#endif
