/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies large files that consist mostly of zeros, such as the contents of an NVDIMM. */
#ifndef RIG_UTIL_SPARSE_H
#define RIG_UTIL_SPARSE_H

#include <glib.h>
#include <sys/types.h>

/* A copy calls `is_set` before each of its pieces, and fails if the result is TRUE. */
struct sparse_stop {
	gboolean (*is_set)(void *data);
	void *data;
};

/*
 * Copies the regular file FROM, which must have SIZE bytes, to the new file TO with the permissions
 * MODE, independent of the umask. Zeros become holes, which take no space. Blocks; STOP may be
 * NULL. Error: RIG_EXIT_INFRA, FROM cannot be read or has another size, TO exists or cannot be
 * written, or STOP was set; then there is no part of the copy. TO appears when it is complete, so
 * that a killed process leaves no part of it either, if the file system supports O_TMPFILE.
 */
gboolean sparse_copy(const char *from, const char *to, guint64 size, mode_t mode,
		     const struct sparse_stop *stop, GError **error);

#endif
