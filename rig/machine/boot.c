// SPDX-License-Identifier: GPL-2.0-only
/* The firmwares that start kernels, and where their images are. */
#include <string.h>

#include "machine/machine.h"
#include "util/error.h"
#include "util/spawn.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* the kernel's first line on each architecture (init/main.c, linux_banner) */
#define FIRST_LINE "Linux version "

/*
 * skiboot, part of QEMU. On powernv8 it sometimes waits for ever while it trains PCI links.
 */
const struct machine_boot machine_skiboot = {
	.name = "skiboot",
	.starts_kernel = "INIT: Starting kernel",
};

const struct machine_boot machine_edk2 = {
	.name = "EDK2",
	.images = WORDS("/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"),
};

/*
 * In Debian 12, qemu-system-data has the second file. In Debian 13, the second file is a link to
 * the first one, which is in a package that QEMU does not depend on.
 */
const struct machine_boot machine_opensbi = {
	.name = "OpenSBI",
	.images = WORDS("/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin",
			"/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin"),
	/* lib/sbi/sbi_init.c, sbi_boot_print_hart() (1.1 to 1.6) */
	.starts_kernel = "Boot HART MEDELEG",
};

/* Returns the first of IMAGES that exists below ROOT ("" or a folder), or NULL. */
static char *find_below(const char *root, const char *const *images)
{
	for (int i = 0; images[i]; i++) {
		g_autofree char *path = g_strconcat(root, images[i], NULL);

		if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
			return g_steal_pointer(&path);
	}
	return NULL;
}

char *machine_bios(const struct machine *machine, const char *emulator)
{
	const char *const *images = machine->boot ? machine->boot->images : NULL;
	/* a name without a folder is a program in PATH, which is an installed one */
	g_autofree char *folder =
		emulator && strchr(emulator, '/') ? g_path_get_dirname(emulator) : NULL;
	g_autofree char *root = folder ? g_build_filename(folder, "root", NULL) : NULL;
	char *path;

	if (!images)
		return NULL;
	path = root ? find_below(root, images) : NULL;
	if (!path)
		path = find_below("", images);
	return path ? path : g_strdup(images[0]);
}

gboolean machine_check_bios(const struct machine *machine, const char *emulator, GError **error)
{
	g_autofree char *path = machine_bios(machine, emulator);
	const char *package;

	if (!path || g_file_test(path, G_FILE_TEST_IS_REGULAR))
		return TRUE;
	package = spawn_package(machine->boot->images[0]);
	return rig_fail(error, RIG_EXIT_SKIP,
			"%s needs the firmware '%s', which is not installed%s%s", machine->name,
			path, package ? "; apt-get install " : "", package ? package : "");
}

gboolean machine_started_kernel(const struct machine *machine, const char *console, gsize len)
{
	const char *mark = machine->boot ? machine->boot->starts_kernel : NULL;

	return !mark || g_strstr_len(console, len, mark) || g_strstr_len(console, len, FIRST_LINE);
}
