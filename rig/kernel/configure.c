// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes .config: runs `make tinyconfig`, merges the fragments, and runs `make olddefconfig`. Then
 * each option must have the value that the fragments require; kconfig may have changed it.
 */
#include "kernel/internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/paths.h"

#define CONFIG_MAX (4u << 20)

/*
 * Returns the path of the file with the key from which obj/.config was made. The file does not
 * exist while .config is being made.
 */
static char *key_path(const struct worktree *tree)
{
	return g_build_filename(tree->obj, ".rig-config", NULL);
}

static gboolean merge(const char *path, GPtrArray *settings, GError **error)
{
	g_autofree char *base = NULL, *merged = NULL;

	if (!rig_read_file(path, CONFIG_MAX, &base, NULL, error))
		return FALSE;
	merged = fragment_merge(base, settings);
	return rig_write_file(path, merged, -1, error);
}

/*
 * Restores the time stamp of .config if its content did not change, so that make does not process
 * it again.
 */
static void keep_time(const char *path, const char *old, const struct stat *st, const char *new)
{
	const struct timespec times[2] = {st->st_atim, st->st_mtim};

	if (old && !strcmp(old, new))
		utimensat(AT_FDCWD, path, times, 0);
}

gboolean configure(struct maker *maker, GPtrArray *settings, const char *key, char **ret_refused,
		   GError **error)
{
	g_autofree char *key_file = key_path(maker->tree), *last_key = NULL, *text = NULL,
			*unmet = NULL;
	g_autofree char *path = g_build_filename(maker->tree->obj, ".config", NULL), *old = NULL;
	g_autoptr(GHashTable) config = NULL;
	struct stat st;

	if (rig_read_file(key_file, 4096, &last_key, NULL, NULL)) {
		if (!strcmp(last_key, key))
			return TRUE;
		if (stat(path, &st) == 0)
			rig_read_file(path, CONFIG_MAX, &old, NULL, NULL);
	}
	unlink(key_file);
	if (!maker_run(maker, "tinyconfig", error) || !merge(path, settings, error) ||
	    !maker_run(maker, "olddefconfig", error) ||
	    !rig_read_file(path, CONFIG_MAX, &text, NULL, error))
		return FALSE;
	config = config_parse(text);
	unmet = fragment_unmet(settings, config, maker->tree->src, maker->arch->srcarch);
	if (unmet && ret_refused)
		*ret_refused = g_strndup(unmet, strcspn(unmet, "\n"));
	if (unmet)
		return rig_fail(error, RIG_EXIT_USAGE, "the config cannot be made:\n%s", unmet);
	keep_time(path, old, &st, text);
	return rig_write_file(key_file, key, -1, error);
}
