// SPDX-License-Identifier: GPL-2.0-only
/* QEMUs of other Debian suites. */
#include "director/qemu.h"

#include <glib/gstdio.h>
#include <string.h>

#include "kernel/kernel.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"

#define ROOT "root" /* folder of the unpacked packages; the scripts are next to it */

static const char *const packages[] = {"qemu-system-common", "qemu-system-data", "qemu-system-x86",
				       "qemu-system-ppc"};
static const char *const emulators[] = {"qemu-system-x86_64", "qemu-system-ppc64"};

static gboolean is_suite(const char *name)
{
	return g_regex_match_simple("^[a-z][a-z0-9-]{0,40}$", name, 0, 0);
}

static char *folder_of(const char *suite)
{
	g_autofree char *relative = g_strconcat("qemu/", suite, NULL);

	return rig_cache_path(relative);
}

/*
 * Writes a script that starts QEMU with its own files and modules: otherwise it uses those of an
 * installed package.
 */
static gboolean write_script(const char *folder, const char *emulator, GError **error)
{
	g_autofree char *path = g_build_filename(folder, emulator, NULL);
	g_autofree char *root = g_build_filename(folder, ROOT, NULL), *quoted = g_shell_quote(root);
	g_autofree char *text = NULL;
	const char *triplet = "*-linux-gnu*";

	text = g_strdup_printf(
		"#!/bin/sh\n"
		"# A QEMU beside the installed one (rig qemu get).\n"
		"root=%s\n"
		"for dir in \"$root\"/usr/lib/%s/qemu; do QEMU_MODULE_DIR=$dir; done\n"
		"export QEMU_MODULE_DIR\n"
		"exec \"$root\"/usr/bin/%s -L \"$root\"/usr/share/qemu -L "
		"\"$root\"/usr/share/seabios \"$@\"\n",
		quoted, triplet, emulator);
	return rig_write_file(path, text, -1, error) &&
	       (!g_chmod(path, 0755) ||
		rig_fail(error, RIG_EXIT_INFRA, "cannot make '%s' executable", path));
}

static gboolean try_it(const char *folder, GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS(emulators); i++) {
		g_autofree char *path = g_build_filename(folder, emulators[i], NULL);
		g_autoptr(GError) why = NULL;

		if (!spawn_words(NULL, &why, path, "--version", NULL))
			return rig_fail(error, RIG_EXIT_SKIP,
					"this QEMU does not run with the libraries of this "
					"host: %s; choose a closer suite, for example "
					"CODENAME-backports",
					why->message);
	}
	return TRUE;
}

gboolean qemu_get(const char *suite, char **ret_version, GError **error)
{
	g_autofree char *folder = folder_of(suite), *root = g_build_filename(folder, ROOT, NULL);
	g_autofree char *version = NULL;

	if (!is_suite(suite))
		return rig_fail(error, RIG_EXIT_USAGE,
				"invalid suite '%s' (for example bookworm-backports)", suite);
	if (g_mkdir_with_parents(root, 0755) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot make '%s'", root);
	for (guint i = 0; i < G_N_ELEMENTS(packages); i++) {
		g_clear_pointer(&version, g_free);
		if (!kernel_unpack_package(packages[i], suite, root, &version, error))
			return FALSE;
	}
	for (guint i = 0; i < G_N_ELEMENTS(emulators); i++)
		if (!write_script(folder, emulators[i], error))
			return FALSE;
	if (!try_it(folder, error))
		return FALSE;
	*ret_version = g_steal_pointer(&version);
	return TRUE;
}

char **qemu_list(void)
{
	g_autofree char *below = rig_cache_path("qemu/x"), *top = g_path_get_dirname(below);
	g_auto(GStrv) names = rig_names_in(top, "");
	GPtrArray *there = g_ptr_array_new();

	for (char **name = names; *name; name++) {
		g_autofree char *script = g_build_filename(top, *name, emulators[0], NULL);

		if (is_suite(*name) && g_file_test(script, G_FILE_TEST_IS_REGULAR))
			g_ptr_array_add(there, g_strdup(*name));
	}
	g_ptr_array_add(there, NULL);
	return (char **)g_ptr_array_free(there, FALSE);
}

char *qemu_find(const char *name, const char *emulator)
{
	g_autofree char *folder = is_suite(name) ? folder_of(name) : NULL;
	g_autofree char *script = folder ? g_build_filename(folder, emulator, NULL) : NULL;

	return script && g_file_test(script, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer(&script)
								     : g_strdup(name);
}
