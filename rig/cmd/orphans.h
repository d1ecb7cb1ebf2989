/* SPDX-License-Identifier: GPL-2.0-only */
/* `rig doctor --connect`: checks a libvirt host. */
#ifndef RIG_CMD_ORPHANS_H
#define RIG_CMD_ORPHANS_H

#include <glib.h>

/* Prints the findings for the host at URI, and the objects of ended runs. Returns an exit code. */
int orphans_doctor(const char *uri, gboolean json);

#endif
