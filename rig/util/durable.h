/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a power loss must not take. The content of a new file, its name, and the name of its folder
 * reach the disk separately: rename(2) alone leaves an empty file, or none.
 */
#ifndef RIG_UTIL_DURABLE_H
#define RIG_UTIL_DURABLE_H

#include <glib.h>

/* How many folders deep durable_files() goes. */
#define DURABLE_DEPTH 8

/*
 * Writes the content and names of all files below the open folder FOLDER to disk. Symbolic links
 * are not followed. Blocks until the disk has them. Errors: RIG_EXIT_INFRA.
 */
gboolean durable_files(int folder, GError **error);

/*
 * Writes all that the file system of PATH has in memory to disk (syncfs): for trees of many files,
 * which are made once. Blocks. Errors: RIG_EXIT_INFRA.
 */
gboolean durable_tree(const char *path, GError **error);

/*
 * Writes the name of the file or folder PATH, as its parent has it, to disk. Errors are ignored:
 * some file systems refuse fsync(2) of a folder.
 */
void durable_name(const char *path);

#endif
