/* SPDX-License-Identifier: GPL-2.0-only */
/* What `rig doctor --connect` says of a libvirt host. */
#ifndef RIG_CMD_LEFT_H
#define RIG_CMD_LEFT_H

#include <glib.h>

/* Prints, and returns an exit code. */
int left_doctor(const char *uri, gboolean json);

#endif
