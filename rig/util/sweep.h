/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Folders that appear and disappear by rename: they are named ".new-…" while they are created and
 * ".gone-…" while they are deleted, so that a reader sees either the whole folder or nothing. A
 * process that is killed leaves such a temporary folder behind; sweep_folders() removes it.
 */
#ifndef RIG_UTIL_SWEEP_H
#define RIG_UTIL_SWEEP_H

#include <glib.h>

#define SWEEP_NEW ".new-"
#define SWEEP_GONE ".gone-"

/* A temporary folder that has not changed for this many seconds may be removed. */
#define SWEEP_AGE_S 3600

/* Returns TRUE if NAME (without a path) is the name of a temporary folder. */
gboolean sweep_is_temporary(const char *name);

/*
 * Removes the temporary folders in DIR that have not changed for SWEEP_AGE_S seconds and whose file
 * `lock` no process has locked (flock). Returns the number of removed folders. Blocks while it
 * deletes. Errors are ignored, because the next call tries again.
 */
guint sweep_folders(const char *dir);

/*
 * Deletes a folder with its contents; a missing folder is not an error. Symbolic links are not
 * followed, and other file systems are not entered. Errors: RIG_EXIT_INFRA.
 */
gboolean sweep_remove(const char *path, GError **error);

#endif
