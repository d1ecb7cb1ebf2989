/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies large files that consist mostly of zeros, such as the contents of an NVDIMM. */
#ifndef RIG_UTIL_SPARSE_H
#define RIG_UTIL_SPARSE_H

#include <glib.h>
#include <sys/types.h>

/*
 * Copies the regular file FROM, which must have SIZE bytes, to the new file TO with the permissions
 * MODE, independent of the umask. Zeros become holes, which take no space. Blocks. Error:
 * RIG_EXIT_INFRA, FROM cannot be read or has another size, or TO exists or cannot be written; then
 * there is no part of the copy.
 */
gboolean sparse_copy(const char *from, const char *to, guint64 size, mode_t mode, GError **error);

#endif
