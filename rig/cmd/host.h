/* SPDX-License-Identifier: GPL-2.0-only */
/* Determines which machines this host can run. */
#ifndef RIG_CMD_HOST_H
#define RIG_CMD_HOST_H

#include "machine/machine.h"

/*
 * Returns TRUE if the emulator, firmware and guest programs of MACHINE are installed. Otherwise the
 * error (RIG_EXIT_SKIP) says what to install or build, and *ret_package is the Debian package that
 * is missing, or NULL if something else than a package is missing. RET_PACKAGE may be NULL. Starts
 * no guest.
 */
gboolean host_can_run(const struct machine *machine, const char **ret_package, GError **error);

#endif
