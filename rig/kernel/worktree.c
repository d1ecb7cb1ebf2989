// SPDX-License-Identifier: GPL-2.0-only
/*
 * Manages work trees. A work tree, tree/<source>/, has the source (src), an object folder for each
 * architecture (obj-<arch>; obj-<arch>-full for the kernel `full`, obj-aarch64-64k for pages of 64
 * KiB), and the lock of the builder.
 *
 * src has the unpatched source, except for the files that patches of the last build changed.
 * `orig/` has the original text of these files ("NAME.absent" if the source does not have the
 * file). So a tree needs no second copy, and undoing patches means copying a few files. orig/ is
 * written before the file in src, so a build that is killed at any point can be undone.
 *
 * Patches are first applied in `stage/`, to copies of the files that they change. If all of them
 * apply, the files that differ are copied to src, so that make only sees the difference between the
 * last build and this one.
 */
#include "kernel/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/paths.h"
#include "util/sweep.h"

#define ABSENT ".absent"

/*
 * The rig's own code that is added to every tree: new files, and lines that are appended to
 * existing files.
 */
static const struct {
	const char *from, *to;
} carried[] = {
	{"guest-init/kernel/rig_slab_churn.c", "lib/rig_slab_churn.c"},
	{"guest-init/kernel/rig_busted.c", "lib/rig_busted.c"},
	{"guest-init/kernel/Kconfig.rig", "lib/Kconfig.rig"},
};

static const struct {
	const char *file, *line;
} appended[] = {
	{"lib/Makefile", "obj-$(CONFIG_RIG_SLAB_CHURN) += rig_slab_churn.o\n"
			 "obj-$(CONFIG_RIG_BUSTED) += rig_busted.o\n"},
	{"lib/Kconfig.debug", "source \"lib/Kconfig.rig\"\n"},
};

void worktree_close(struct worktree *tree)
{
	if (tree->lock >= 0) {
		/* close() alone would not unlock while a child process has the descriptor, too */
		flock(tree->lock, LOCK_UN);
		close(tree->lock);
	}
	g_free(tree->dir);
	g_free(tree->src);
	g_free(tree->obj);
	g_free(tree);
}

/* Returns FALSE if the tree was deleted (prune.c) between open() and flock(). */
static gboolean is_current(int fd, const char *lock)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && stat(lock, &there) == 0 && ours.st_ino == there.st_ino &&
	       ours.st_dev == there.st_dev;
}

/*
 * Opens the file LOCK and waits for the lock. Returns a negative value with errno set on failure.
 */
static int take_lock(const struct worktree *tree, const char *lock, struct progress *progress)
{
	int fd = g_mkdir_with_parents(tree->dir, 0755) < 0
			 ? -1
			 : open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		progress_step(progress, "wait for another build", 0);
		while (flock(fd, LOCK_EX) < 0)
			if (errno != EINTR) {
				close(fd);
				return -1;
			}
	}
	return fd;
}

struct worktree *worktree_open(const char *name, const struct kernel_arch *arch,
			       const char *flavour, struct progress *progress, GError **error)
{
	rig_auto(worktree) tree = g_new0(struct worktree, 1);
	g_autofree char *relative = g_build_filename("kernel/tree", name, NULL), *lock = NULL;

	tree->dir = rig_cache_path(relative);
	tree->src = g_build_filename(tree->dir, "src", NULL);
	tree->obj = g_strdup_printf("%s/obj-%s%s", tree->dir, arch->name, flavour);
	lock = g_build_filename(tree->dir, "lock", NULL);
	while ((tree->lock = take_lock(tree, lock, progress)) >= 0 && !is_current(tree->lock, lock))
		close(tree->lock);
	if (tree->lock < 0) {
		rig_fail(error, RIG_EXIT_INFRA, "cannot lock '%s': %s", lock, g_strerror(errno));
		return NULL;
	}
	futimens(tree->lock, NULL); /* records the time of the last use */
	return g_steal_pointer(&tree);
}

/* ---- original text of a file ---- */

/* Saves the original text of RELATIVE in orig/, unless an earlier patch has done so. */
static gboolean save_original(struct worktree *tree, const char *relative, GError **error)
{
	g_autofree char *file = g_build_filename(tree->src, relative, NULL);
	g_autofree char *orig = g_build_filename(tree->dir, "orig", relative, NULL);
	g_autofree char *absent = g_strconcat(orig, ABSENT, NULL);

	if (g_file_test(orig, G_FILE_TEST_EXISTS) || g_file_test(absent, G_FILE_TEST_EXISTS))
		return TRUE;
	if (g_file_test(file, G_FILE_TEST_EXISTS))
		return files_copy(file, orig, error);
	return files_make_parent(absent, error) && rig_write_file(absent, "", 0, error);
}

/* Copies FROM to the file RELATIVE in src; if FROM does not exist, removes the file. */
static gboolean install(struct worktree *tree, const char *relative, const char *from,
			GError **error)
{
	g_autofree char *file = g_build_filename(tree->src, relative, NULL);

	if (!g_file_test(from, G_FILE_TEST_EXISTS)) {
		if (unlink(file) < 0 && errno != ENOENT)
			return rig_fail(error, RIG_EXIT_INFRA, "cannot remove '%s': %s", file,
					g_strerror(errno));
		return TRUE;
	}
	return files_same(from, file) || files_copy(from, file, error);
}

/* Returns the names of the files in src that patches of earlier builds changed. */
static char **saved(struct worktree *tree)
{
	g_autofree char *orig = g_build_filename(tree->dir, "orig", NULL);
	g_auto(GStrv) files =
		g_file_test(orig, G_FILE_TEST_IS_DIR) ? files_below(orig, NULL) : NULL;

	for (guint i = 0; files && files[i]; i++)
		if (g_str_has_suffix(files[i], ABSENT))
			files[i][strlen(files[i]) - strlen(ABSENT)] = '\0';
	return files ? g_steal_pointer(&files) : g_new0(char *, 1);
}

static gboolean restore_except(struct worktree *tree, GHashTable *keep, GError **error)
{
	g_auto(GStrv) files = saved(tree);

	for (guint i = 0; files[i]; i++) {
		g_autofree char *orig = g_build_filename(tree->dir, "orig", files[i], NULL);

		if (!(keep && g_hash_table_contains(keep, files[i])) &&
		    !install(tree, files[i], orig, error))
			return FALSE;
	}
	return TRUE;
}

gboolean worktree_restore(struct worktree *tree, GError **error)
{
	g_autofree char *orig = g_build_filename(tree->dir, "orig", NULL);

	return restore_except(tree, NULL, error) && sweep_remove(orig, error);
}

/* ---- applying patches in the stage ---- */

/* Copies the original text of RELATIVE to the stage, if the file exists. */
static gboolean stage_file(struct worktree *tree, GHashTable *staged, const char *relative,
			   GError **error)
{
	g_autofree char *orig = g_build_filename(tree->dir, "orig", relative, NULL);
	g_autofree char *absent = g_strconcat(orig, ABSENT, NULL);
	g_autofree char *file = g_build_filename(tree->src, relative, NULL);
	g_autofree char *to = g_build_filename(tree->dir, "stage", relative, NULL);
	const char *from = g_file_test(orig, G_FILE_TEST_EXISTS) ? orig : file;

	if (!g_hash_table_add(staged, g_strdup(relative)))
		return TRUE;
	if (g_file_test(absent, G_FILE_TEST_EXISTS) || !g_file_test(from, G_FILE_TEST_EXISTS))
		return TRUE;
	return files_copy(from, to, error);
}

static gboolean stage_patches(struct worktree *tree, GPtrArray *patches, GHashTable *staged,
			      const char *stage, GError **error)
{
	for (guint p = 0; p < patches->len; p++) {
		const struct patch *patch = patches->pdata[p];

		for (guint i = 0; i < patch->files->len; i++) {
			const struct patch_file *file = patch->files->pdata[i];

			if ((file->old && !stage_file(tree, staged, file->old, error)) ||
			    (file->new && !stage_file(tree, staged, file->new, error)))
				return FALSE;
		}
		if (!patch_apply(patch, stage, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean stage_carried(struct worktree *tree, GHashTable *staged, const char *stage,
			      GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS(carried); i++) {
		g_autofree char *from = rig_home_path(carried[i].from);
		g_autofree char *to = g_build_filename(stage, carried[i].to, NULL);

		if (!stage_file(tree, staged, carried[i].to, error) || !files_copy(from, to, error))
			return FALSE;
	}
	for (guint i = 0; i < G_N_ELEMENTS(appended); i++) {
		g_autofree char *to = g_build_filename(stage, appended[i].file, NULL);
		g_autofree char *text = NULL, *longer = NULL;

		if (!stage_file(tree, staged, appended[i].file, error))
			return FALSE;
		if (!rig_read_file(to, 1 << 20, &text, NULL, NULL))
			return rig_fail(error, RIG_EXIT_USAGE, "the file '%s' is missing in the "
							       "kernel source",
					appended[i].file);
		longer = g_strconcat(text, "\n", appended[i].line, NULL);
		if (!rig_write_file(to, longer, -1, error))
			return FALSE;
	}
	return TRUE;
}

gboolean worktree_patch(struct worktree *tree, GPtrArray *patches, GError **error)
{
	g_autoptr(GHashTable) staged = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *stage = g_build_filename(tree->dir, "stage", NULL);
	GHashTableIter iter;
	void *relative;

	if (!sweep_remove(stage, error))
		return FALSE;
	if (g_mkdir_with_parents(stage, 0755) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s': %s", stage,
				g_strerror(errno));
	if (!stage_patches(tree, patches, staged, stage, error) ||
	    !stage_carried(tree, staged, stage, error))
		return FALSE;
	if (!restore_except(tree, staged, error))
		return FALSE;
	g_hash_table_iter_init(&iter, staged);
	while (g_hash_table_iter_next(&iter, &relative, NULL)) {
		g_autofree char *from = g_build_filename(stage, relative, NULL);

		if (!save_original(tree, relative, error) || !install(tree, relative, from, error))
			return FALSE;
	}
	return sweep_remove(stage, error);
}

gboolean worktree_carried(GString *text, GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS(carried); i++) {
		g_autofree char *from = rig_home_path(carried[i].from), *content = NULL;

		if (!rig_read_file(from, 1 << 20, &content, NULL, error))
			return FALSE;
		g_string_append_printf(text, "%s\n%s\n", carried[i].to, content);
	}
	for (guint i = 0; i < G_N_ELEMENTS(appended); i++)
		g_string_append_printf(text, "%s\n%s\n", appended[i].file, appended[i].line);
	return TRUE;
}
