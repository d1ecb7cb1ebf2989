/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes data survive a power loss. The content of a new file, its name, and the name of its folder
 * are written to disk separately: if a program only calls rename(2), the file may be empty or
 * missing after a power loss.
 */
#ifndef RIG_UTIL_DURABLE_H
#define RIG_UTIL_DURABLE_H

#include <glib.h>

/* Maximum depth of folders in durable_files(). */
#define DURABLE_DEPTH 8

/*
 * Writes the content and names of all files below the open folder FOLDER to disk. Symbolic links
 * are not followed. Blocks until the disk has them. Errors: RIG_EXIT_INFRA.
 */
gboolean durable_files(int folder, GError **error);

/*
 * Writes all cached data of PATH's file system to disk (syncfs); used for a new folder with many
 * files. Blocks. Errors: RIG_EXIT_INFRA.
 */
gboolean durable_tree(const char *path, GError **error);

/*
 * Writes the entry of the file or folder PATH in its parent folder to disk. Errors are ignored,
 * because some file systems reject fsync(2) of a folder.
 */
void durable_name(const char *path);

#endif
