// SPDX-License-Identifier: GPL-2.0-only
/* Packs and unpacks archives with libarchive. */
#include "util/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"

#define BLOCK 65536

/* ---- packing an archive ---- */

static gboolean cannot_write(struct archive *archive, GError **error)
{
	return rig_fail(error, RIG_EXIT_INFRA, "cannot write an archive: %s",
			archive_error_string(archive));
}

static gboolean write_header(struct archive *archive, const char *name, const struct stat *st,
			     GError **error)
{
	struct archive_entry *entry = archive_entry_new();
	gboolean ok;

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, S_ISDIR(st->st_mode) ? AE_IFDIR : AE_IFREG);
	archive_entry_set_perm(entry, st->st_mode & 0100 ? 0755 : 0644);
	archive_entry_set_size(entry, S_ISDIR(st->st_mode) ? 0 : st->st_size);
	ok = archive_write_header(archive, entry) == ARCHIVE_OK || cannot_write(archive, error);
	archive_entry_free(entry);
	return ok;
}

static gboolean write_data(struct archive *archive, int fd, const char *path, gint64 size,
			   GError **error)
{
	g_autofree char *block = g_malloc(BLOCK);
	ssize_t n = 1;

	while (size > 0 && n > 0) {
		n = read(fd, block, MIN(size, BLOCK));
		if (n < 0 && errno == EINTR) {
			n = 1;
			continue;
		}
		if (n > 0 && archive_write_data(archive, block, n) != n)
			return cannot_write(archive, error);
		size -= MAX(n, 0);
	}
	return !size || rig_fail(error, RIG_EXIT_INFRA, "cannot read '%s': %s", path,
				 n < 0 ? g_strerror(errno) : "it became shorter");
}

static gboolean pack_file(struct archive *archive, const char *path, const char *name,
			  GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	gboolean ok;

	if (fd < 0 || fstat(fd, &st) < 0)
		ok = rig_fail(error, RIG_EXIT_INFRA, "cannot read '%s': %s", path,
			      g_strerror(errno));
	else
		ok = !S_ISREG(st.st_mode) || (write_header(archive, name, &st, error) &&
					      write_data(archive, fd, path, st.st_size, error));
	if (fd >= 0)
		close(fd);
	return ok;
}

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/*
 * Returns the sorted names in the folder PATH, including hidden ones, or NULL if PATH is not a
 * folder.
 */
static GPtrArray *names_of(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	GPtrArray *names = dir ? g_ptr_array_new_with_free_func(g_free) : NULL;
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		g_ptr_array_add(names, g_strdup(name));
	if (names)
		g_ptr_array_sort(names, by_text);
	return names;
}

/*
 * Adds the file or folder PATH to the archive as NAME. Leaves out links to folders, so that the
 * recursion ends.
 */
static gboolean pack(struct archive *archive, const char *path, const char *name, GError **error)
{
	g_autoptr(GPtrArray) names = NULL;
	struct stat st;

	if (lstat(path, &st) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot read '%s': %s", path,
				g_strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return g_file_test(path, G_FILE_TEST_IS_DIR) ||
		       pack_file(archive, path, name, error);
	names = names_of(path);
	if (!names)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot read the folder '%s'", path);
	if (!write_header(archive, name, &st, error))
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *inner = g_build_filename(path, names->pdata[i], NULL);
		g_autofree char *called = g_build_filename(name, names->pdata[i], NULL);

		if (!pack(archive, inner, called, error))
			return FALSE;
	}
	return TRUE;
}

gboolean archive_pack(int fd, const struct archive_item *items, guint n, GError **error)
{
	struct archive *archive = archive_write_new();
	gboolean ok;

	archive_write_add_filter_gzip(archive);
	archive_write_set_filter_option(archive, "gzip", "timestamp", NULL);
	archive_write_set_filter_option(archive, "gzip", "compression-level", "3");
	archive_write_set_format_gnutar(archive);
	archive_write_set_bytes_in_last_block(archive, 1);
	ok = archive_write_open_fd(archive, fd) == ARCHIVE_OK || cannot_write(archive, error);
	for (guint i = 0; i < n && ok; i++)
		ok = pack(archive, items[i].path, items[i].name, error);
	if (ok && archive_write_close(archive) != ARCHIVE_OK)
		ok = cannot_write(archive, error);
	archive_write_free(archive);
	return ok;
}

/* ---- unpacking an archive ---- */

struct unpacking {
	struct archive *archive;
	const char *file, *dir;
	struct archive_limits left;
};

static gboolean is_safe(const char *name)
{
	g_auto(GStrv) parts = g_strsplit(name ? name : "", "/", -1);
	guint n = g_strv_length(parts);

	/* ignore an empty last part: names of folders end with "/" */
	if (n && !*parts[n - 1])
		n--;
	for (guint i = 0; i < n; i++)
		if (!*parts[i] || !strcmp(parts[i], ".") || !strcmp(parts[i], ".."))
			return FALSE;
	return n > 0;
}

static gboolean copy_data(struct unpacking *u, int fd, const char *path, GError **error)
{
	const void *block;
	size_t n;
	la_int64_t offset;
	int code;

	while ((code = archive_read_data_block(u->archive, &block, &n, &offset)) == ARCHIVE_OK) {
		if (n > u->left.bytes || offset < 0)
			return rig_fail(error, RIG_EXIT_INFRA, "the files in archive '%s' are "
							       "larger than allowed",
					u->file);
		u->left.bytes -= n;
		for (size_t done = 0; done < n;) {
			ssize_t wrote = pwrite(fd, (const char *)block + done, n - done,
					       offset + (gint64)done);

			if (wrote < 0 && errno == EINTR)
				continue;
			if (wrote <= 0)
				return rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s",
						path, g_strerror(errno));
			done += wrote;
		}
	}
	return code == ARCHIVE_EOF || rig_fail(error, RIG_EXIT_INFRA, "'%s' is damaged: %s",
					       u->file, archive_error_string(u->archive));
}

/*
 * Unpacks an entry. No symlink can be followed, because u->dir contains only what this function
 * has created: folders and regular files.
 */
static gboolean unpack_entry(struct unpacking *u, struct archive_entry *entry, GError **error)
{
	const char *name = archive_entry_pathname(entry);
	mode_t type = archive_entry_filetype(entry), mode = archive_entry_perm(entry) & 0755;
	g_autofree char *path = is_safe(name) ? g_build_filename(u->dir, name, NULL) : NULL;
	g_autofree char *parent = path ? g_path_get_dirname(path) : NULL;
	gboolean ok;
	int fd;

	if (!path || (type != AE_IFREG && type != AE_IFDIR) || archive_entry_hardlink(entry) ||
	    archive_entry_size(entry) > (gint64)MIN(u->left.bytes, G_MAXINT64) || !u->left.files)
		return rig_fail(error, RIG_EXIT_INFRA,
				"archive '%s': '%s' is not accepted: it is not a plain file or "
				"folder, or the archive exceeds its limit of files or bytes",
				u->file, name ? name : "?");
	u->left.files--;
	if (type == AE_IFDIR)
		return !g_mkdir_with_parents(path, 0755) ||
		       rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s': %s", path,
				g_strerror(errno));
	g_mkdir_with_parents(parent, 0755);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode | 0600);
	if (fd < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s': %s", path,
				g_strerror(errno));
	ok = copy_data(u, fd, path, error) &&
	     (!ftruncate(fd, archive_entry_size(entry)) ||
	      rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s", path, g_strerror(errno)));
	if (close(fd) && ok)
		ok = rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s", path,
			      g_strerror(errno));
	return ok;
}

gboolean archive_unpack(const char *file, const char *dir, const struct archive_limits *limits,
			GError **error)
{
	struct unpacking u = {archive_read_new(), file, dir, *limits};
	struct archive_entry *entry;
	gboolean ok;
	int code;

	archive_read_support_filter_gzip(u.archive);
	archive_read_support_format_tar(u.archive);
	code = archive_read_open_filename(u.archive, file, BLOCK);
	ok = code == ARCHIVE_OK;
	while (ok && (code = archive_read_next_header(u.archive, &entry)) == ARCHIVE_OK)
		ok = unpack_entry(&u, entry, error);
	if (code != ARCHIVE_OK && code != ARCHIVE_EOF)
		ok = rig_fail(error, RIG_EXIT_INFRA, "'%s' is damaged: %s", file,
			      archive_error_string(u.archive));
	archive_read_free(u.archive);
	return ok;
}
