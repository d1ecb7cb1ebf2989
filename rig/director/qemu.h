/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Further QEMUs, beside the installed one: Debian's packages of another suite, unpacked below the
 * cache (qemu/SUITE/). Nothing on the system changes. Each has, for each emulator, a script of its
 * name that starts it with its own data and modules: what --qemu is given.
 */
#ifndef RIG_DIRECTOR_QEMU_H
#define RIG_DIRECTOR_QEMU_H

#include <glib.h>

/*
 * Fetches QEMU of SUITE ("bookworm-backports") and *RET_VERSION. Blocks for as long as some 30 MiB
 * take. It has to run with the host's libraries, and is tried: RIG_EXIT_SKIP where it does not.
 * Other errors: RIG_EXIT_USAGE, no such suite; RIG_EXIT_INFRA, network or disk.
 */
gboolean qemu_get(const char *suite, char **ret_version, GError **error);

/* The suites that are there, sorted; g_strfreev(). */
char **qemu_list(void);

/*
 * What --qemu means for EMULATOR ("qemu-system-x86_64"): the script of the suite NAME where
 * qemu_get() has made one, else NAME, a program. The caller's.
 */
char *qemu_find(const char *name, const char *emulator);

#endif
