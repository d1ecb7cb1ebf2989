// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the initramfs in the newc format (the kernel's
 * Documentation/driver-api/early-userspace/buffer-format.rst) with libarchive, which can write
 * device nodes into an archive without root. Owner, times, inode numbers and order are fixed, so
 * that equal files give equal bytes. The archive is not compressed: QEMU copies 3 MiB quickly, but
 * unpacking would cost a TCG guest 0.2 s.
 */
#include "initrd/initrd.h"

#include "util/error.h"
#include "util/paths.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Maximum size of a file, so that a guest with little memory can unpack it; the standard files have
 * about 2 MiB.
 */
#define FILE_MAX (256u * 1024 * 1024)

typedef struct archive archive_writer;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(archive_writer, archive_write_free)
typedef struct archive_entry archive_item;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(archive_item, archive_entry_free)

static gboolean check_entry(const struct initrd_entry *entry, GHashTable *folders, GError **error)
{
	g_autofree char *parent = NULL;

	if (!entry->name || !*entry->name || *entry->name == '/' || strstr(entry->name, ".."))
		return rig_fail(error, RIG_EXIT_USAGE,
				"initramfs entry '%s': a name must be relative and without '..'",
				entry->name ? entry->name : "");
	if ((S_ISREG(entry->mode) || S_ISLNK(entry->mode)) && !entry->source)
		return rig_fail(error, RIG_EXIT_USAGE, "initramfs entry '%s': it has no source",
				entry->name);
	if (!S_ISREG(entry->mode) && !S_ISLNK(entry->mode) && !S_ISDIR(entry->mode) &&
	    !S_ISCHR(entry->mode) && !S_ISBLK(entry->mode))
		return rig_fail(error, RIG_EXIT_USAGE,
				"initramfs entry '%s': mode 0%o is not that of a file, "
				"folder, link or device",
				entry->name, entry->mode);
	parent = g_path_get_dirname(entry->name);
	/* the kernel silently drops an entry whose folder is missing (init/initramfs.c) */
	if (strcmp(parent, ".") && !g_hash_table_contains(folders, parent))
		return rig_fail(error, RIG_EXIT_USAGE,
				"initramfs entry '%s': add its folder '%s' first", entry->name,
				parent);
	if (S_ISDIR(entry->mode))
		g_hash_table_add(folders, (gpointer)entry->name);
	return TRUE;
}

static gboolean read_source(const struct initrd_entry *entry, char **ret_data, gsize *ret_len,
			    GError **error)
{
	if (rig_read_file(entry->source, FILE_MAX, ret_data, ret_len, error))
		return TRUE;
	g_prefix_error(error, "initramfs entry '%s': ", entry->name);
	return FALSE;
}

static gboolean put_entry(struct archive *out, const struct initrd_entry *entry, gsize number,
			  GError **error)
{
	g_autoptr(archive_item) item = archive_entry_new();
	g_autofree char *data = NULL;
	gsize len = 0;

	archive_entry_set_pathname(item, entry->name);
	archive_entry_set_mode(item, entry->mode);
	archive_entry_set_ino64(item, number + 1);
	archive_entry_set_nlink(item, S_ISDIR(entry->mode) ? 2 : 1);
	archive_entry_set_mtime(item, 0, 0);
	archive_entry_set_uid(item, 0);
	archive_entry_set_gid(item, 0);
	archive_entry_set_size(item, 0);
	if (S_ISLNK(entry->mode))
		archive_entry_set_symlink(item, entry->source);
	if (S_ISCHR(entry->mode) || S_ISBLK(entry->mode)) {
		archive_entry_set_rdevmajor(item, entry->major);
		archive_entry_set_rdevminor(item, entry->minor);
	}
	if (S_ISREG(entry->mode)) {
		if (!read_source(entry, &data, &len, error))
			return FALSE;
		archive_entry_set_size(item, len);
	}
	if (archive_write_header(out, item) != ARCHIVE_OK ||
	    (len && archive_write_data(out, data, len) != (la_ssize_t)len))
		return rig_fail(error, RIG_EXIT_INFRA, "initramfs entry '%s': %s", entry->name,
				archive_error_string(out));
	return TRUE;
}

static gboolean write_to(int fd, const struct initrd_entry *entries, gsize n, GError **error)
{
	g_autoptr(archive_writer) out = archive_write_new();
	g_autoptr(GHashTable) folders = g_hash_table_new(g_str_hash, g_str_equal);

	if (archive_write_set_format_cpio_newc(out) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(out, 1) != ARCHIVE_OK ||
	    archive_write_open_fd(out, fd) != ARCHIVE_OK)
		return rig_fail(error, RIG_EXIT_INFRA, "libarchive: %s", archive_error_string(out));
	for (gsize i = 0; i < n; i++)
		if (!check_entry(&entries[i], folders, error) ||
		    !put_entry(out, &entries[i], i, error))
			return FALSE;
	if (archive_write_close(out) != ARCHIVE_OK)
		return rig_fail(error, RIG_EXIT_INFRA, "libarchive: %s", archive_error_string(out));
	return TRUE;
}

gboolean initrd_write(const char *path, const struct initrd_entry *entries, gsize n, GError **error)
{
	g_autofree char *part = g_strdup_printf("%s.XXXXXX", path);
	int fd = g_mkstemp_full(part, O_RDWR | O_CLOEXEC, 0644);
	gboolean ok;

	if (fd < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s", path,
				g_strerror(errno));
	ok = write_to(fd, entries, n, error);
	if (ok && fsync(fd) < 0)
		ok = rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s", path,
			      g_strerror(errno));
	close(fd);
	if (ok && g_rename(part, path) < 0)
		ok = rig_fail(error, RIG_EXIT_INFRA, "cannot rename the new file to '%s': %s", path,
			      g_strerror(errno));
	if (!ok)
		g_unlink(part);
	return ok;
}

#define DIR(name) {name, S_IFDIR | 0755}
#define TOOL(name) {"bin/" name, S_IFLNK | 0777, "busybox"}

/* The files that init needs. It mounts the file systems, but /dev/console must exist before. */
static const struct initrd_entry base[] = {
	DIR("bin"),  DIR("dev"), DIR("proc"), DIR("sys"),
	DIR("tmp"),  DIR("etc"), DIR("root"), {"dev/console", S_IFCHR | 0600, NULL, 5, 1},
	{"dev/null", S_IFCHR | 0666, NULL, 1, 3},
};

/* Links for the shell that the kernel parameter rig.shell starts. */
static const struct initrd_entry tools[] = {
	TOOL("sh"),   TOOL("ls"),    TOOL("cat"), TOOL("echo"), TOOL("dmesg"), TOOL("grep"),
	TOOL("head"), TOOL("mount"), TOOL("ps"),  TOOL("tail"), TOOL("top"),   TOOL("vi"),
};

/*
 * Hashes what determines the content of the archive. The hash is the name of the archive in the
 * cache.
 */
static gboolean hash_entries(const GArray *entries, char **ret_hash, GError **error)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	for (guint i = 0; i < entries->len; i++) {
		const struct initrd_entry *entry = &g_array_index(entries, struct initrd_entry, i);
		g_autofree char *data = NULL, *head = NULL;
		gsize len = 0;

		if (S_ISREG(entry->mode) && !read_source(entry, &data, &len, error))
			return FALSE;
		head = g_strdup_printf("%s %o %u %u %s %" G_GSIZE_FORMAT "\n", entry->name,
				       entry->mode, entry->major, entry->minor,
				       S_ISLNK(entry->mode) ? entry->source : "-", len);
		g_checksum_update(sum, (guint8 *)head, strlen(head));
		g_checksum_update(sum, (guint8 *)data, len);
	}
	*ret_hash = g_strndup(g_checksum_get_string(sum), 16);
	return TRUE;
}

gboolean initrd_check(const char *arch, GError **error)
{
	g_autofree char *relative = g_build_filename("build", "guest", arch, "init", NULL);
	g_autofree char *init = rig_home_path(relative);

	return g_file_test(init, G_FILE_TEST_IS_REGULAR) ||
	       rig_fail(error, RIG_EXIT_INFRA,
			"the guest programs for %s are not built ('%s' is missing); run make guest",
			arch, init);
}

gboolean initrd_standard(const char *arch, const struct initrd_entry *more, gsize n,
			 char **ret_path, GError **error)
{
	g_autofree char *dir = g_build_filename("build", "guest", arch, NULL);
	g_autofree char *guest = rig_home_path(dir);
	g_autofree char *init = g_build_filename(guest, "init", NULL);
	g_autofree char *busybox = g_build_filename(guest, "busybox", NULL);
	g_autofree char *hash = NULL, *name = NULL, *path = NULL;
	g_autoptr(GArray) entries = g_array_new(FALSE, TRUE, sizeof(struct initrd_entry));

	if (!initrd_check(arch, error))
		return FALSE;
	g_array_append_vals(entries, base, G_N_ELEMENTS(base));
	g_array_append_vals(entries, &(struct initrd_entry){"init", S_IFREG | 0755, init}, 1);
	if (g_file_test(busybox, G_FILE_TEST_IS_REGULAR)) {
		g_array_append_vals(
			entries, &(struct initrd_entry){"bin/busybox", S_IFREG | 0755, busybox}, 1);
		g_array_append_vals(entries, tools, G_N_ELEMENTS(tools));
	}
	if (n)
		g_array_append_vals(entries, more, n);
	if (!hash_entries(entries, &hash, error))
		return FALSE;
	name = g_strdup_printf("initrd/%s-%s.cpio", arch, hash);
	path = rig_cache_path(name);
	if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) &&
	    !initrd_write(path, (struct initrd_entry *)entries->data, entries->len, error))
		return FALSE;
	*ret_path = g_steal_pointer(&path);
	return TRUE;
}
