// SPDX-License-Identifier: GPL-2.0-only
/* Writes files, folders and names to disk with fsync(2). */
#include "util/durable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "util/error.h"

static gboolean sync_below(int folder, guint depth);

/*
 * Syncs a regular file or a folder. Ignores entries of other types, such as symbolic links, which
 * have no content of their own.
 */
static gboolean sync_entry(int folder, const struct dirent *entry, guint depth)
{
	gboolean ok;
	int fd;

	if (entry->d_type != DT_REG && entry->d_type != DT_DIR)
		return TRUE;
	fd = openat(folder, entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return FALSE;
	ok = entry->d_type == DT_REG ? fsync(fd) == 0 : !depth || sync_below(fd, depth - 1);
	close(fd);
	return ok;
}

static gboolean sync_below(int folder, guint depth)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	gboolean ok = entries != NULL;
	const struct dirent *entry;

	while (ok && (entry = readdir(entries)))
		if (!g_str_equal(entry->d_name, ".") && !g_str_equal(entry->d_name, ".."))
			ok = sync_entry(folder, entry, depth);
	ok = ok && fsync(folder) == 0;
	if (entries)
		closedir(entries);
	else if (copy >= 0)
		close(copy);
	return ok;
}

gboolean durable_files(int folder, GError **error)
{
	return sync_below(folder, DURABLE_DEPTH) ||
	       rig_fail(error, RIG_EXIT_INFRA, "cannot write the files to disk: %s",
			g_strerror(errno));
}

gboolean durable_tree(const char *path, GError **error)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	gboolean ok = folder >= 0 && syncfs(folder) == 0;

	if (!ok)
		rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s' to disk: %s", path,
			 g_strerror(errno));
	if (folder >= 0)
		close(folder);
	return ok;
}

void durable_name(const char *path)
{
	g_autofree char *parent = g_path_get_dirname(path);
	int folder = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (folder < 0)
		return;
	fsync(folder);
	close(folder);
}
