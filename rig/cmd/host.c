// SPDX-License-Identifier: GPL-2.0-only
/* Checks which machines this host can run, for `rig doctor` and `rig validate`. */
#include "cmd/host.h"

#include "initrd/initrd.h"
#include "util/error.h"
#include "util/spawn.h"

static gboolean missing(const char *package, const char **ret_package)
{
	if (ret_package)
		*ret_package = package;
	return FALSE;
}

gboolean host_can_run(const struct machine *machine, const char **ret_package, GError **error)
{
	g_autofree char *initrd = NULL;
	const char *package;

	if (!spawn_words(NULL, NULL, machine->emulator, "--version", NULL)) {
		package = spawn_package(machine->emulator);
		rig_fail(error, RIG_EXIT_SKIP, "%s is not installed; apt-get install %s",
			 machine->emulator, package ? package : machine->emulator);
		return missing(package, ret_package);
	}
	if (!machine_check_bios(machine, NULL, error))
		return missing(spawn_package(machine->boot->images[0]), ret_package);
	if (!initrd_standard(machine->arch, NULL, 0, &initrd, NULL)) {
		rig_fail(error, RIG_EXIT_SKIP,
			 "the guest programs for %s are not built: make guest", machine->arch);
		return missing(NULL, ret_package);
	}
	return TRUE;
}
