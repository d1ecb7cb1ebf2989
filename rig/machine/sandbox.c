// SPDX-License-Identifier: GPL-2.0-only
/* Detects whether QEMU was built with its sandbox option, a seccomp filter. */
#include "machine/machine.h"
#include "machine/probe.h"

#include <string.h>

#include "util/spawn.h"

/*
 * Starts QEMU with the sandbox option. QEMU reads options in order, so one that was built without
 * the filter rejects this option and exits.
 */
static gboolean trial(const void *data, gboolean *ret_works, GError **error)
{
	const char *emulator = data;
	const char *const argv[] = {emulator, "-sandbox", MACHINE_SANDBOX, "--version", NULL};
	const struct spawn spawn = {.argv = argv, .keep = 4096, .limit_ms = 10000};
	g_autofree char *output = NULL;

	(void)error;
	*ret_works = spawn_run(&spawn, &output, NULL) && strstr(output, "version");
	return TRUE;
}

gboolean machine_has_sandbox(const char *emulator)
{
	g_autofree char *base = g_path_get_basename(emulator);
	g_autofree char *folder = g_path_get_dirname(emulator);
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, folder, -1);
	g_autofree char *name = g_strdup_printf("sandbox/%s-%.8s", base, hash);
	gboolean works = FALSE;

	return probe_once(emulator, name, trial, emulator, &works, NULL) && works;
}
