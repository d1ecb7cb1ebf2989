/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Folders that appear and disappear by rename. They are made as ".new-…" and deleted as ".gone-…",
 * so that a reader sees all of them or nothing. A process that is killed leaves such a folder
 * behind; sweep_folders() removes it.
 */
#ifndef RIG_UTIL_SWEEP_H
#define RIG_UTIL_SWEEP_H

#include <glib.h>

#define SWEEP_NEW ".new-"
#define SWEEP_GONE ".gone-"

/* A temporary folder that has not changed for this long may be removed. */
#define SWEEP_AGE_S 3600

/* TRUE if NAME, without a folder, is one of a temporary folder. */
gboolean sweep_is_temporary(const char *name);

/*
 * Removes the temporary folders in DIR that have not changed for SWEEP_AGE_S and whose file
 * `lock` no process holds (flock). Returns how many were removed. Blocks while it deletes; errors
 * are ignored, as the next call tries again.
 */
guint sweep_folders(const char *dir);

/*
 * Deletes a folder with all in it; a missing one is fine. Symbolic links are not followed, other
 * file systems are not entered. Errors: RIG_EXIT_INFRA.
 */
gboolean sweep_remove(const char *path, GError **error);

#endif
