// SPDX-License-Identifier: GPL-2.0-only
/* Downloads and finds QEMUs of other Debian suites. */
#include "director/qemu.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "kernel/kernel.h"
#include "machine/machine.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"
#include "util/sweep.h"

#define ROOT "root" /* folder of the unpacked packages; the scripts are next to it */

/*
 * The packages with all emulators, and with the firmware of riscv64-virt, to which the packages of
 * QEMU only have a link. qemu-system-s390x and qemu-system-riscv exist from Debian 13 on; in Debian
 * 12 their emulators are in qemu-system-misc.
 */
static const char *const packages[] = {
	"qemu-system-common", "qemu-system-data",  "qemu-system-x86",	"qemu-system-ppc",
	"qemu-system-arm",    "qemu-system-s390x", "qemu-system-riscv", "opensbi", NULL};

char **qemu_emulators(void)
{
	GPtrArray *names = g_ptr_array_new();

	for (int i = 0; machines[i]; i++)
		if (!g_ptr_array_find_with_equal_func(names, machines[i]->emulator, g_str_equal,
						      NULL))
			g_ptr_array_add(names, g_strdup(machines[i]->emulator));
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}

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
 * Writes a script that starts the downloaded QEMU with the files and modules that were downloaded
 * with it; without the script, QEMU would use those of an installed package. If a C library was
 * downloaded, too, the script starts QEMU with the loader of that library.
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
		"# OpenSBI has such a folder, too\n"
		"for lib in \"$root\"/usr/lib/%s; do test -d \"$lib/qemu\" && break; done\n"
		"export QEMU_MODULE_DIR=\"$lib/qemu\"\n"
		"set -- \"$root\"/usr/bin/%s -L \"$root\"/usr/share/qemu -L "
		"\"$root\"/usr/share/seabios \"$@\"\n"
		"for loader in \"$lib\"/ld-linux*.so.? \"$lib\"/ld64.so.?; do\n"
		"\ttest -x \"$loader\" && exec \"$loader\" --library-path \"$lib\" \"$@\"\n"
		"done\n"
		"exec \"$@\"\n",
		quoted, triplet, emulator);
	return rig_write_file(path, text, -1, error) &&
	       (!g_chmod(path, 0755) ||
		rig_fail(error, RIG_EXIT_INFRA, "cannot make '%s' executable: %s", path,
			 g_strerror(errno)));
}

/*
 * Runs the downloaded QEMU once. *ret_version is its version, for example "11.1.3 (Debian …)"; the
 * caller owns it.
 */
static gboolean try_it(const char *folder, char **ret_version, GError **error)
{
	static const char word[] = "version ";
	g_autofree char *said = NULL;
	g_auto(GStrv) emulators = qemu_emulators();

	for (char **emulator = emulators; *emulator; emulator++) {
		g_autofree char *path = g_build_filename(folder, *emulator, NULL);
		g_autoptr(GError) why = NULL;

		g_clear_pointer(&said, g_free);
		if (!spawn_words(&said, &why, path, "--version", NULL))
			return rig_fail(error, RIG_EXIT_SKIP,
					"the downloaded '%s' does not run on this host: %s", path,
					why->message);
	}
	g_assert(said); /* the list of emulators is not empty, so SAID was set */
	said[strcspn(said, "\n")] = '\0';
	*ret_version = g_strdup(strstr(said, word) ? strstr(said, word) + strlen(word) : said);
	return TRUE;
}

static gboolean unpack(const char *suite, const char *root, GError **error)
{
	for (guint i = 0; packages[i]; i++) {
		g_autofree char *version = NULL;

		if (!kernel_unpack_package(packages[i], suite, root, &version, error))
			return FALSE;
	}
	return TRUE;
}

/* Returns TRUE if programs of the Debian release SUITE run with the libraries of this host. */
static gboolean fits_host(const char *suite)
{
	g_autofree char *codename = g_get_os_info("VERSION_CODENAME");

	return codename && *codename && g_str_has_prefix(suite, codename);
}

/*
 * Writes the scripts and runs each of them. If one does not run here, removes all of them, because
 * qemu_list() and qemu_find() regard a folder with scripts as a complete download.
 */
static gboolean finish(const char *folder, char **ret_version, GError **error)
{
	g_auto(GStrv) emulators = qemu_emulators();
	gboolean ok = TRUE;

	for (char **emulator = emulators; ok && *emulator; emulator++)
		ok = write_script(folder, *emulator, error);
	ok = ok && try_it(folder, ret_version, error);
	for (char **emulator = emulators; !ok && *emulator; emulator++) {
		g_autofree char *path = g_build_filename(folder, *emulator, NULL);

		g_unlink(path);
	}
	return ok;
}

/* Returns TRUE if FOLDER has the scripts of a complete download. */
static gboolean is_complete(const char *folder)
{
	g_autofree char *script = g_build_filename(folder, machines[0]->emulator, NULL);

	return g_file_test(script, G_FILE_TEST_IS_REGULAR);
}

gboolean qemu_get(const char *suite, char **ret_version, GError **error)
{
	g_autofree char *folder = folder_of(suite), *root = g_build_filename(folder, ROOT, NULL);
	gboolean ok;

	if (!is_suite(suite))
		return rig_fail(error, RIG_EXIT_USAGE,
				"invalid suite '%s'; give one of Debian's (bookworm-backports)",
				suite);
	if (g_mkdir_with_parents(root, 0755) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s': %s", root,
				g_strerror(errno));
	ok = (fits_host(suite) ? unpack(suite, root, error)
			       : kernel_unpack_closed(packages, suite, root, error)) &&
	     finish(folder, ret_version, error);
	/* keep an earlier download */
	if (!ok && !is_complete(folder))
		sweep_remove(folder, NULL);
	return ok;
}

char **qemu_list(void)
{
	g_autofree char *below = rig_cache_path("qemu/x"), *top = g_path_get_dirname(below);
	g_auto(GStrv) names = rig_names_in(top, "");
	GPtrArray *there = g_ptr_array_new();

	for (char **name = names; *name; name++) {
		g_autofree char *folder = g_build_filename(top, *name, NULL);

		if (is_suite(*name) && is_complete(folder))
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
