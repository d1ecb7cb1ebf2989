/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's initramfs: an uncompressed newc archive from a table of entries, without root. */
#ifndef RIG_INITRD_INITRD_H
#define RIG_INITRD_INITRD_H

#include <glib.h>

struct initrd_entry {
	const char *name;   /* path in the guest, without leading slash: "bin/busybox" */
	guint mode;	    /* S_IFREG | 0755, S_IFDIR | 0755, S_IFLNK | 0777, S_IFCHR | 0600 */
	const char *source; /* file on the host, or the target of a symbolic link */
	guint major, minor; /* numbers of a device */
};

/*
 * Writes an archive whose bytes depend only on the entries and the content of their files (owner 0,
 * mtime 0, entries in the given order, parents must come first). Errors name the entry.
 */
gboolean initrd_write(const char *path, const struct initrd_entry *entries, gsize n,
		      GError **error);

/*
 * The rig's standard initramfs for ARCH (init, busybox if it is built, folders, console node),
 * cached by content: *ret_path is a file below the cache. Error (RIG_EXIT_INFRA): the guest
 * programs are not built ("run make guest"). MORE (N entries, or NULL) comes after it.
 */
gboolean initrd_standard(const char *arch, const struct initrd_entry *more, gsize n,
			 char **ret_path, GError **error);

#endif
