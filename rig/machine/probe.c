// SPDX-License-Identifier: GPL-2.0-only
/* Tries an emulator, and caches the result (probe.h). */
#include "machine/probe.h"

#include <sys/stat.h>

#include "util/error.h"
#include "util/paths.h"

/*
 * Returns a text that identifies this boot of the host and this build of EMULATOR, or NULL if
 * EMULATOR is not installed. The caller owns the text.
 */
static char *cache_key(const char *emulator)
{
	g_autofree char *path = g_find_program_in_path(emulator);
	g_autofree char *boot = NULL;
	struct stat st;

	if (!path || stat(path, &st) < 0)
		return NULL;
	g_file_get_contents("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL);
	return g_strdup_printf("%s %s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
			       boot ? g_strchomp(boot) : "-", path, (gint64)st.st_size,
			       (gint64)st.st_mtime);
}

gboolean probe_once(const char *emulator, const char *name, probe_trial trial, const void *data,
		    gboolean *ret_works, GError **error)
{
	g_autofree char *key = cache_key(emulator);
	g_autofree char *path = rig_cache_path(name);
	g_autofree char *known = NULL, *yes = NULL, *no = NULL;

	if (!key)
		return rig_fail(error, RIG_EXIT_INFRA, "'%s' is not installed", emulator);
	yes = g_strdup_printf("%s works\n", key);
	no = g_strdup_printf("%s fails\n", key);
	if (rig_read_file(path, 4096, &known, NULL, NULL) &&
	    (g_str_equal(known, yes) || g_str_equal(known, no))) {
		*ret_works = g_str_equal(known, yes);
		return TRUE;
	}
	/*
	 * ignore errors: if the result cannot be cached, for example on a full disk, the next run
	 * tries again
	 */
	if (!trial(data, ret_works, error))
		return FALSE;
	rig_write_file(path, *ret_works ? yes : no, -1, NULL);
	return TRUE;
}
