// SPDX-License-Identifier: GPL-2.0-only
/* Deletes folders, including temporary ones that killed processes have left. */
#include "util/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "util/error.h"

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

gboolean sweep_remove(const char *path, GError **error)
{
	if (nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) < 0 && errno != ENOENT)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot remove '%s': %s", path,
				g_strerror(errno));
	return TRUE;
}

gboolean sweep_is_temporary(const char *name)
{
	return g_str_has_prefix(name, SWEEP_NEW) || g_str_has_prefix(name, SWEEP_GONE);
}

static gboolean is_locked(const char *folder)
{
	g_autofree char *lock = g_build_filename(folder, "lock", NULL);
	int fd = open(lock, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	gboolean locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0;

	if (fd >= 0)
		close(fd);
	return locked;
}

static gboolean is_stale(const char *folder)
{
	struct stat st;

	/* skip a recent folder, because its owner may not have created or locked the file yet */
	return lstat(folder, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_mtime < time(NULL) - SWEEP_AGE_S && !is_locked(folder);
}

guint sweep_folders(const char *dir)
{
	g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);
	const char *name;
	guint n = 0;

	while (entries && (name = g_dir_read_name(entries))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);

		if (sweep_is_temporary(name) && is_stale(path))
			n += sweep_remove(path, NULL);
	}
	return n;
}
