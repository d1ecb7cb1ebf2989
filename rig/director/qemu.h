/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Further QEMUs, beside the installed one: Debian's packages of another suite, unpacked below the
 * cache (qemu/SUITE/). Nothing on the system changes. Each suite has a script for each emulator;
 * --qemu selects the script, and the script starts the emulator with the suite's data and modules.
 */
#ifndef RIG_DIRECTOR_QEMU_H
#define RIG_DIRECTOR_QEMU_H

#include <glib.h>

/*
 * Downloads the QEMU of SUITE ("bookworm-backports"): some 40 MiB, or some 60 MiB with all
 * libraries if SUITE belongs to another Debian release than this host's. *ret_version is the
 * version of QEMU. Blocks. Removes the suite's folder after an error, unless it has the scripts
 * of an earlier download. Errors: RIG_EXIT_SKIP if the downloaded QEMU does not run here,
 * RIG_EXIT_USAGE if there is no such suite, RIG_EXIT_INFRA for an error of the network or disk.
 */
gboolean qemu_get(const char *suite, char **ret_version, GError **error);

/*
 * Returns the emulators of all machines, each once, in the order of `machines`. Free them with
 * g_strfreev().
 */
char **qemu_emulators(void);

/* Returns the downloaded suites, sorted. Free them with g_strfreev(). */
char **qemu_list(void);

/*
 * Returns the program that --qemu NAME selects for EMULATOR ("qemu-system-x86_64"): the script of
 * the suite NAME if qemu_get() has made one, otherwise NAME itself. The caller owns the result.
 */
char *qemu_find(const char *name, const char *emulator);

#endif
