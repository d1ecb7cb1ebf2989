/* SPDX-License-Identifier: GPL-2.0-only */
/* Determines which machines this host can run. */
#ifndef RIG_CMD_HOST_H
#define RIG_CMD_HOST_H

#include "machine/machine.h"

/*
 * Returns TRUE if the emulator, firmware and guest programs of MACHINE are installed. Error:
 * RIG_EXIT_SKIP, with what to install or make; *RET_PACKAGE (RET_PACKAGE may be NULL) is the Debian
 * package with it, or NULL. Starts no guest.
 */
gboolean host_can_run(const struct machine *machine, const char **ret_package, GError **error);

#endif
