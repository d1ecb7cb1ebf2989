// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies sources into work trees.
 *
 * Packages and tarballs are unpacked once, into a folder next to the tree that is then renamed, so
 * an existing tree is complete. Folders and git revisions are updated file by file; unchanged files
 * keep their time stamps, so that make rebuilds only what has changed since the last build.
 */
#include "kernel/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/durable.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"
#include "util/sweep.h"

/* Disk space in bytes for an unpacked 7.x tree, its package, and an object folder. */
#define ROOM_NEEDED (G_GUINT64_CONSTANT(3) << 30)

static gboolean check_room(const char *dir, GError **error)
{
	struct statvfs fs;

	if (statvfs(dir, &fs) == 0 && (guint64)fs.f_bavail * fs.f_frsize < ROOM_NEEDED)
		return rig_fail(error, RIG_EXIT_INFRA,
				"only %.1f GiB are free at '%s'; a kernel tree and its objects "
				"need 3 GiB",
				(double)fs.f_bavail * fs.f_frsize / (1 << 30), dir);
	return TRUE;
}

/* ---- packages and tarballs ---- */

static gboolean untar(const char *tarball, const char *src, struct progress *progress,
		      GError **error)
{
	g_autofree char *part = g_strconcat(src, ".part", NULL), *top = g_path_get_dirname(src);
	const char *argv[] = {
		"tar", "-xvf", tarball, "-C", part, "--strip-components=1", "--no-same-owner",
		NULL};
	struct spawn spawn = {.argv = argv, .line = progress_line, .data = progress};
	g_autofree char *makefile = g_build_filename(part, "Makefile", NULL);
	gint64 last;
	guint total;

	cache_last("unpack", &last, &total);
	progress_step(progress, "unpack", total);
	last = rig_now_ns();
	if (!sweep_remove(part, error) || !check_room(top, error))
		return FALSE;
	if (g_mkdir_with_parents(part, 0755) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create the folder '%s': %s", part,
				g_strerror(errno));
	if (!spawn_run(&spawn, NULL, error))
		return FALSE;
	if (!g_file_test(makefile, G_FILE_TEST_IS_REGULAR))
		return rig_fail(error, RIG_EXIT_USAGE,
				"'%s' is not a kernel source: its top folder has no Makefile",
				tarball);
	if (!durable_tree(part, error))
		return FALSE;
	if (rename(part, src) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot rename '%s': %s", part,
				g_strerror(errno));
	cache_remember("unpack", rig_now_ns() - last, progress->done);
	return TRUE;
}

/* Debian's package linux-source-X.Y (a .deb file) contains the kernel's source as one tarball. */
gboolean source_fetch_deb(const struct source *source, const char *download,
			  struct progress *progress, char **ret_tarball, GError **error)
{
	g_autofree char *top = g_path_get_dirname(download), *deb = NULL;
	g_autofree char *tarball = g_strdup_printf("%s/usr/src/%s.tar.xz", download, source->name);

	progress_step(progress, "fetch", 0);
	if (!sweep_remove(download, error) || !check_room(top, error))
		return FALSE;
	if (g_mkdir_with_parents(download, 0755) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create the folder '%s': %s",
				download, g_strerror(errno));
	if (!apt_download(source->name, source->suite, source->version, download, &deb, error) ||
	    !spawn_words(NULL, error, "dpkg-deb", "-x", deb, download, NULL))
		return FALSE;
	if (!g_file_test(tarball, G_FILE_TEST_IS_REGULAR))
		return rig_fail(error, RIG_EXIT_USAGE, "package '%s' has no /usr/src/%s.tar.xz",
				source->name, source->name);
	*ret_tarball = g_steal_pointer(&tarball);
	return TRUE;
}

static gboolean unpack_deb(const struct source *source, const char *src, struct progress *progress,
			   GError **error)
{
	g_autofree char *top = g_path_get_dirname(src), *tarball = NULL;
	g_autofree char *download = g_build_filename(top, "download", NULL);
	gboolean ok = source_fetch_deb(source, download, progress, &tarball, error) &&
		      untar(tarball, src, progress, error);

	sweep_remove(download, NULL);
	return ok;
}

/* ---- sources that are folders ---- */

static gboolean sync_dir(const struct source *source, const char *src, struct progress *progress,
			 GError **error)
{
	g_autoptr(GHashTable) wanted = g_hash_table_new(g_str_hash, g_str_equal);
	g_auto(GStrv) there = NULL;

	progress_step(progress, "unpack", g_strv_length(source->files));
	if (g_mkdir_with_parents(src, 0755) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create the folder '%s': %s", src,
				g_strerror(errno));
	for (guint i = 0; source->files[i]; i++) {
		g_autofree char *from = g_build_filename(source->name, source->files[i], NULL);
		g_autofree char *to = g_build_filename(src, source->files[i], NULL);

		g_hash_table_add(wanted, source->files[i]);
		if (!files_same(from, to) && !files_copy(from, to, error))
			return FALSE;
		progress_line(NULL, progress);
	}
	there = files_of_tree(src, error);
	for (guint i = 0; there && there[i]; i++) {
		g_autofree char *path = g_build_filename(src, there[i], NULL);

		if (!g_hash_table_contains(wanted, there[i]) && unlink(path) < 0)
			return rig_fail(error, RIG_EXIT_INFRA, "cannot remove '%s': %s", path,
					g_strerror(errno));
	}
	return there != NULL;
}

/* ---- sources that are git revisions ---- */

/*
 * Updates SRC from the user's repository, which is only read, because index and work tree are those
 * of SRC. git writes only the files that differ between the last revision and this one.
 * checkout-index restores missing files; clean removes files that a killed update has left.
 */
static gboolean sync_git(const struct source *source, const char *src, struct progress *progress,
			 GError **error)
{
	static const char *const steps[][6] = {
		{"read-tree", "--reset", "-u", "REV", NULL},
		{"checkout-index", "-f", "-a", "-u", NULL},
		{"clean", "-fdxq", NULL},
	};
	g_autofree char *top = g_path_get_dirname(src);
	g_autofree char *index = g_strdup_printf("GIT_INDEX_FILE=%s/git-index", top);
	g_autofree char *stale = g_strdup_printf("%s/git-index.lock", top);
	g_autofree char *dir = g_strconcat("GIT_DIR=", source->git_dir, NULL);
	g_autofree char *work = g_strconcat("GIT_WORK_TREE=", src, NULL);
	const char *env[] = {index, dir, work, NULL};

	progress_step(progress, "unpack", 0);
	unlink(stale);
	if (!check_room(top, error))
		return FALSE;
	if (g_mkdir_with_parents(src, 0755) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create the folder '%s': %s", src,
				g_strerror(errno));
	for (guint i = 0; i < G_N_ELEMENTS(steps); i++) {
		const char *argv[16] = {"git",
					"-c",
					"core.hooksPath=/dev/null",
					"-c",
					"core.sparseCheckout=false",
					"-c",
					"core.fsmonitor=false"};
		struct spawn spawn = {.argv = argv, .cwd = src, .env = env};

		for (guint w = 0; steps[i][w]; w++)
			argv[7 + w] = strcmp(steps[i][w], "REV") ? steps[i][w] : source->identity;
		if (!spawn_run(&spawn, NULL, error))
			return FALSE;
	}
	return TRUE;
}

/* ---- all kinds of sources ---- */

/*
 * Returns the path of the file tree/<tree>/populated, which has the identity of the source that was
 * copied into SRC. It exists only for folders and git revisions, because SRC is updated in place
 * for these, and a killed update would leave a mixture.
 */
static char *checked_out_path(const char *src)
{
	g_autofree char *top = g_path_get_dirname(src);

	return g_build_filename(top, "populated", NULL);
}

gboolean source_is_there(const struct source *source, const char *src)
{
	g_autofree char *file = checked_out_path(src), *text = NULL;

	if (source->kind == SOURCE_DEB || source->kind == SOURCE_TAR)
		return g_file_test(src, G_FILE_TEST_IS_DIR);
	return rig_read_file(file, 4096, &text, NULL, NULL) && !strcmp(text, source->identity);
}

gboolean source_checkout(const struct source *source, const char *src, struct progress *progress,
			 GError **error)
{
	g_autofree char *file = checked_out_path(src);

	switch (source->kind) {
	case SOURCE_DEB:
		return unpack_deb(source, src, progress, error);
	case SOURCE_TAR:
		return untar(source->name, src, progress, error);
	case SOURCE_DIR:
	case SOURCE_GIT:
		unlink(file);
		return (source->kind == SOURCE_DIR ? sync_dir : sync_git)(source, src, progress,
									  error) &&
		       rig_write_file(file, source->identity, -1, error);
	}
	g_return_val_if_reached(FALSE);
}
