/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packs files and folders into an archive (tar, gzip) for another host, and unpacks it there. Equal
 * files give equal archives: names are sorted, and times and owners are left out. Only regular
 * files and folders are packed; a link to a file is packed as that file.
 */
#ifndef RIG_UTIL_ARCHIVE_H
#define RIG_UTIL_ARCHIVE_H

#include <glib.h>

/*
 * The file or folder at PATH, and its NAME in the archive, which may have several parts
 * ("bin/rig").
 */
struct archive_item {
	const char *path, *name;
};

/*
 * Writes an archive with the N ITEMS to FD. Blocks. Error: RIG_EXIT_INFRA, a file cannot be read,
 * or FD cannot be written.
 */
gboolean archive_pack(int fd, const struct archive_item *items, guint n, GError **error);

struct archive_limits {
	guint64 bytes; /* maximum total size of the files */
	guint files;   /* maximum number of files and folders */
};

/*
 * Unpacks FILE, which may be from any source, into the existing folder DIR, which should be empty.
 * Only regular files and folders with relative names without ".." are accepted; links are not
 * followed. Blocks. Error: RIG_EXIT_INFRA, the archive is damaged or incomplete, has other kinds of
 * entries, or exceeds LIMITS; files that were unpacked before the error remain.
 */
gboolean archive_unpack(const char *file, const char *dir, const struct archive_limits *limits,
			GError **error);

#endif
