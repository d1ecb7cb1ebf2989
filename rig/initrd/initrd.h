/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the guest's initramfs, an uncompressed newc archive, from a table of entries. */
#ifndef RIG_INITRD_INITRD_H
#define RIG_INITRD_INITRD_H

#include <glib.h>

struct initrd_entry {
	const char *name; /* path in the guest, without a leading slash: "bin/busybox" */
	guint mode; /* for example S_IFREG | 0755, S_IFDIR | 0755, S_IFLNK | 0777, S_IFCHR | 0600 */
	const char *source; /* the file on the host, or the target of a symbolic link */
	guint major, minor; /* numbers of a device node */
};

/*
 * Writes an archive whose bytes depend only on the entries and the content of their files (owner 0,
 * mtime 0). Entries are written in the given order; a folder must come before its files. Errors
 * name the entry.
 */
gboolean initrd_write(const char *path, const struct initrd_entry *entries, gsize n,
		      GError **error);

/* Returns FALSE with RIG_EXIT_INFRA if the guest programs for ARCH are not built. */
gboolean initrd_check(const char *arch, GError **error);

/*
 * Makes the rig's standard initramfs for ARCH (init, busybox if it is built, folders, console
 * node), followed by MORE (N entries, or NULL). It is cached by content: *ret_path is a file in the
 * cache. Errors are those of initrd_check(), and RIG_EXIT_INFRA for the cache.
 */
gboolean initrd_standard(const char *arch, const struct initrd_entry *more, gsize n,
			 char **ret_path, GError **error);

#endif
