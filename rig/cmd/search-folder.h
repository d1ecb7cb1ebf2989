/* SPDX-License-Identifier: GPL-2.0-only */
/* Folders of searches (`rig bisect`, `rig race`), which are stored among the run folders. */
#ifndef RIG_CMD_SEARCH_FOLDER_H
#define RIG_CMD_SEARCH_FOLDER_H

#include <glib.h>

/*
 * Returns a path for a new folder of a search of KIND ("bisect") with SCENARIO. The path is below
 * RESULTS, or below the default results folder if that is NULL. Nothing is created. The caller owns
 * the result.
 */
char *search_folder_new(const char *results, const char *kind, const char *scenario);
/*
 * Returns the folder of a search, which contains the state file STATE ("search.json"). WHICH is its
 * path, its name in RESULTS, or NULL for the newest search in RESULTS. Errors: RIG_EXIT_USAGE. The
 * caller owns the result.
 */
char *search_folder_find(const char *results, const char *which, const char *state, GError **error);
/*
 * Creates DIR if needed, and locks it until the process ends, because two processes with one search
 * would overwrite each other's runs. Errors: RIG_EXIT_USAGE if another process has locked it,
 * otherwise RIG_EXIT_INFRA.
 */
gboolean search_folder_lock(const char *dir, GError **error);

/*
 * Deletes DIR, the folder of a new search that ended with CODE, if its first run was refused (CODE
 * is RIG_EXIT_SKIP or RIG_EXIT_USAGE, and the state file STATE has no results), because there is
 * nothing to continue.
 */
void search_folder_discard(const char *dir, const char *state, int code);

/*
 * Parses a budget: a number of boots ("40"), or a time ("30m", "2h"). Sets one of the results, and
 * the other one to 0. Both are 0 if TEXT is NULL. Errors: RIG_EXIT_USAGE.
 */
gboolean search_budget(const char *text, guint *ret_boots, guint *ret_s, GError **error);

#endif
