// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deletes finished builds, work trees and packed sources that were not used for a long time.
 *
 * The time of the last use is the mtime of out/<hash>/build.json (cache_use()) and of
 * tree/<name>/lock (worktree_open()); of a source from or for another host, that of its folder.
 */
#include "kernel/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/paths.h"
#include "util/sweep.h"

void kernel_unused_free(struct kernel_unused *unused)
{
	g_free(unused->name);
	g_free(unused->dir);
	g_free(unused);
}

/* The sum of the sizes of files; a variable, because nftw() passes no user data to its callback. */
static _Thread_local guint64 summed;

static int sum_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)path;
	(void)ftw;
	if (type != FTW_NS)
		summed += (guint64)st->st_blocks * 512;
	return 0;
}

static guint64 size_of(const char *dir)
{
	summed = 0;
	nftw(dir, sum_one, 32, FTW_PHYS);
	return summed;
}

/*
 * Returns the time of the last use. If a killed build has left the folder without build.json, this
 * is the mtime of the folder; if there is no folder, 0.
 */
static gint64 used_at(const char *dir, gboolean is_tree)
{
	g_autofree char *mark = g_build_filename(dir, is_tree ? "lock" : "build.json", NULL);
	struct stat st;

	return stat(mark, &st) == 0 || stat(dir, &st) == 0 ? st.st_mtime : 0;
}

static char *name_of(const char *entry, gboolean is_tree)
{
	rig_auto(kernel) kernel = is_tree ? NULL : cache_find(entry);

	if (is_tree)
		return g_strdup(entry);
	return kernel ? g_strdup_printf("%s %s %.12s", kernel->name, kernel->arch, entry)
		      : g_strdup_printf("incomplete build %.12s", entry);
}

static void gather(GPtrArray *all, const char *below, gboolean is_tree, gint64 before)
{
	g_autofree char *top = rig_cache_path(below);
	g_autoptr(GDir) dir = g_dir_open(top, 0, NULL);
	const char *entry;

	sweep_folders(top);
	while (dir && (entry = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(top, entry, NULL);
		gint64 used = used_at(path, is_tree);
		struct kernel_unused *unused;

		if (used > before || sweep_is_temporary(entry) ||
		    !g_file_test(path, G_FILE_TEST_IS_DIR) ||
		    g_file_test(path, G_FILE_TEST_IS_SYMLINK))
			continue;
		unused = g_new(struct kernel_unused, 1);
		*unused = (struct kernel_unused){name_of(entry, is_tree), g_strdup(path), is_tree,
						 used, size_of(path)};
		g_ptr_array_add(all, unused);
	}
}

static int by_use(const void *a, const void *b)
{
	const struct kernel_unused *x = *(struct kernel_unused *const *)a,
				   *y = *(struct kernel_unused *const *)b;

	return (x->used > y->used) - (x->used < y->used);
}

static void free_unused(void *unused)
{
	kernel_unused_free(unused);
}

GPtrArray *kernel_unused_since(gint64 before)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(free_unused);

	gather(all, "kernel/out", FALSE, before);
	gather(all, "kernel/tree", TRUE, before);
	gather(all, "kernel/carried", TRUE, before);
	g_ptr_array_sort(all, by_use);
	return all;
}

/*
 * Deletes a build or work tree: renames its folder to a temporary name, then removes that. The lock
 * must be held.
 */
static gboolean remove_hidden(const struct kernel_unused *unused, GError **error)
{
	g_autofree char *top = g_path_get_dirname(unused->dir);
	g_autofree char *name = g_path_get_basename(unused->dir);
	g_autofree char *hidden = g_strconcat(SWEEP_GONE, name, NULL);
	g_autofree char *gone = g_build_filename(top, hidden, NULL);

	/* a killed process may have left a folder with this name */
	if (!sweep_remove(gone, error))
		return FALSE;
	/*
	 * Rename first, so that a reader finds either the whole folder or nothing. A builder that
	 * waits for the lock of the tree will open a new tree (worktree_open()).
	 */
	if (rename(unused->dir, gone) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot rename '%s': %s", unused->dir,
				g_strerror(errno));
	return sweep_remove(gone, error);
}

gboolean kernel_forget(const struct kernel_unused *unused, gboolean *ret_gone, GError **error)
{
	g_autofree char *lock = g_build_filename(unused->dir, "lock", NULL);
	int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	gboolean ok = TRUE;

	*ret_gone = FALSE;
	/*
	 * do not delete UNUSED if a process holds its lock, because that process uses or deletes
	 * it, or if it was used since kernel_unused_since() has listed it
	 */
	if ((fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0) &&
	    used_at(unused->dir, unused->is_tree) == unused->used)
		*ret_gone = ok = remove_hidden(unused, error);
	if (fd >= 0)
		close(fd);
	return ok;
}
