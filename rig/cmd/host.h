/* SPDX-License-Identifier: GPL-2.0-only */
/* Which machines this host can run. */
#ifndef RIG_CMD_HOST_H
#define RIG_CMD_HOST_H

#include "machine/machine.h"

/*
 * Are emulator, firmware and guest programs of MACHINE there? Error: RIG_EXIT_SKIP, with what to
 * install or to make; *RET_PACKAGE, which may be NULL, is Debian's package of it or NULL. Starts no
 * guest.
 */
gboolean host_can_run(const struct machine *machine, const char **ret_package, GError **error);

#endif
