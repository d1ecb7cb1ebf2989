/* SPDX-License-Identifier: GPL-2.0-only */
/* Folders of searches (`rig bisect`, `rig race`), which are kept among the run folders. */
#ifndef RIG_CMD_SEARCH_FOLDER_H
#define RIG_CMD_SEARCH_FOLDER_H

#include <glib.h>

/*
 * A path for a new folder of a KIND ("bisect") of search with SCENARIO, below RESULTS (NULL: the
 * default). Nothing is created. The caller's.
 */
char *search_folder_new(const char *results, const char *kind, const char *scenario);
/*
 * Finds a search's folder, which contains the file STATE ("search.json"): the path WHICH, or the
 * folder WHICH below RESULTS; if WHICH is NULL, the newest there. Errors: RIG_EXIT_USAGE. The
 * caller's.
 */
char *search_folder_find(const char *results, const char *which, const char *state, GError **error);
/*
 * Makes DIR and locks it until the process ends, because two processes in one search would
 * overwrite each other's runs. Errors: RIG_EXIT_USAGE, another rig has it; RIG_EXIT_INFRA.
 */
gboolean search_folder_lock(const char *dir, GError **error);

/*
 * "40" (boots), "30m", "2h" or NULL; a limit that TEXT does not set is 0. Errors: RIG_EXIT_USAGE.
 */
gboolean search_budget(const char *text, guint *ret_boots, guint *ret_s, GError **error);

#endif
