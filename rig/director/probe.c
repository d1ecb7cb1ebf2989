// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the plugin's shared object that a given QEMU loads, by trying each, because QEMU does not
 * report its plugin interface.
 */
#include "director/director.h"

#include <stdio.h>
#include <string.h>

#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"

/* Interface versions, newest first; mk/plugin.mk builds a shared object for each. */
static const int versions[] = {7, 6, 4, 2, 1};

char *director_escape(const char *path)
{
	g_auto(GStrv) parts = g_strsplit(path, ",", -1);

	/* QEMU treats a comma as the end of an option, and two commas as a literal comma */
	return g_strjoinv(",,", parts);
}

static char *plugin_file(int version)
{
	g_autofree char *name = g_strdup_printf("build/plugin/director-%d.so", version);

	return rig_home_path(name);
}

/*
 * Starts QEMU with the shared object FILE, without a guest. Returns QEMU's output: the plugin's
 * reply, or the reason why it was not loaded.
 */
static char *ask(const char *emulator, const char *file)
{
	g_autofree char *escaped = director_escape(file);
	g_autofree char *option = g_strconcat(escaped, ",probe=on", NULL);
	const char *argv[] = {emulator, "-machine", "none",    "-accel", "tcg", "-display",
			      "none",	"-nodefaults", "-plugin", option,	 NULL};
	const struct spawn spawn = {.argv = argv, .keep = 4096};
	char *output = NULL;

	/* ignore the error: with probe=on, QEMU always exits because the plugin refuses to load */
	spawn_run(&spawn, &output, NULL);
	return output ? output : g_strdup("");
}

static char *last_line(const char *text)
{
	g_autofree char *copy = g_strchomp(g_strdup(text));
	const char *newline = strrchr(copy, '\n');

	return g_strdup(newline ? newline + 1 : copy);
}

gboolean director_probe(const char *emulator, char **ret_file, int *ret_api, GError **error)
{
	g_autofree char *why = NULL;

	if (!spawn_have(emulator))
		return rig_fail(error, RIG_EXIT_SKIP,
				"holds, --fail, --record-locks and --coverage need '%s', which is "
				"not installed; install it, or give another QEMU with --qemu",
				emulator);
	for (guint i = 0; i < G_N_ELEMENTS(versions); i++) {
		g_autofree char *file = plugin_file(versions[i]), *said = NULL;
		int api, min, cur;
		const char *at;

		if (!g_file_test(file, G_FILE_TEST_IS_REGULAR))
			return rig_fail(
				error, RIG_EXIT_SKIP,
				"holds, --fail, --record-locks and --coverage need the rig's "
				"plugin for QEMU, and '%s' is not built; run make plugin",
				file);
		said = ask(emulator, file);
		at = strstr(said, "rig-director: api ");
		if (at && sscanf(at, "rig-director: api %d %d %d", &api, &min, &cur) == 3) {
			*ret_file = g_steal_pointer(&file);
			*ret_api = api;
			return TRUE;
		}
		g_free(why);
		why = last_line(said);
	}
	return rig_fail(error, RIG_EXIT_SKIP,
			"holds, --fail, --record-locks and --coverage need a QEMU that loads the "
			"rig's plugin, and '%s' does not: %s; `rig qemu list` shows others, --qemu "
			"selects one",
			emulator, *why ? why : "it printed no reason");
}
