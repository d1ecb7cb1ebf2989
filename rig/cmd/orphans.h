/* SPDX-License-Identifier: GPL-2.0-only */
/* What `rig doctor --connect` says of a libvirt host. */
#ifndef RIG_CMD_ORPHANS_H
#define RIG_CMD_ORPHANS_H

#include <glib.h>

/* Prints, and returns an exit code. */
int orphans_doctor(const char *uri, gboolean json);

#endif
