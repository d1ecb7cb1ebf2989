/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files and folders as one archive (tar, gzip), for another host. The same files give the same
 * bytes: names are sorted, and times and owners are left out. Only regular files and folders are
 * packed; a link to a file is packed as that file.
 */
#ifndef RIG_UTIL_ARCHIVE_H
#define RIG_UTIL_ARCHIVE_H

#include <glib.h>

/* The file or folder at PATH gets the name NAME, which may have several parts ("bin/rig"). */
struct archive_item {
	const char *path, *name;
};

/* Blocks. Errors (RIG_EXIT_INFRA): a file cannot be read, FD cannot be written. */
gboolean archive_pack(int fd, const struct archive_item *items, guint n, GError **error);

struct archive_limits {
	guint64 bytes; /* of all files together */
	guint files;   /* and folders */
};

/*
 * Unpacks FILE, of any origin, into the existing folder DIR, which should be a new one. Only
 * regular files and folders with relative names without ".." are accepted; no link is followed.
 * Blocks. Errors (RIG_EXIT_INFRA): the archive is damaged or not whole, has something else, or more
 * than LIMITS; what was unpacked until then stays.
 */
gboolean archive_unpack(const char *file, const char *dir, const struct archive_limits *limits,
			GError **error);

#endif
