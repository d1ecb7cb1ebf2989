/* SPDX-License-Identifier: GPL-2.0-only */
/* Folders of searches (`rig bisect`, `rig race`), which are stored among the run folders. */
#ifndef RIG_CMD_SEARCH_FOLDER_H
#define RIG_CMD_SEARCH_FOLDER_H

#include <glib.h>

/*
 * Returns a path for a new folder of a search of KIND ("bisect") with SCENARIO, below RESULTS
 * (NULL: the default). Nothing is created. The caller owns it.
 */
char *search_folder_new(const char *results, const char *kind, const char *scenario);
/*
 * Finds the folder of a search; it contains the state file STATE ("search.json"). WHICH is a path,
 * or a name in RESULTS; NULL: the newest search in RESULTS. Errors: RIG_EXIT_USAGE. The caller owns
 * the result.
 */
char *search_folder_find(const char *results, const char *which, const char *state, GError **error);
/*
 * Creates DIR if needed, and locks it until the process ends, because two processes with one search
 * would overwrite each other's runs. Errors: RIG_EXIT_USAGE, another process has locked it;
 * RIG_EXIT_INFRA.
 */
gboolean search_folder_lock(const char *dir, GError **error);

/*
 * Parses a budget: "40" (boots), "30m", "2h" or NULL. A limit that TEXT does not set is 0. Errors:
 * RIG_EXIT_USAGE.
 */
gboolean search_budget(const char *text, guint *ret_boots, guint *ret_s, GError **error);

#endif
