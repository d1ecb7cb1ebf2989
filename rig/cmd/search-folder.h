/* SPDX-License-Identifier: GPL-2.0-only */
/* Folders of searches (`rig bisect`, `rig race`), which are kept among the run folders. */
#ifndef RIG_CMD_SEARCH_FOLDER_H
#define RIG_CMD_SEARCH_FOLDER_H

#include <glib.h>
#include <jansson.h>

/*
 * A name for a new one of KIND ("bisect") on SCENARIO below RESULTS (NULL: the default). Nothing is
 * created. The caller's.
 */
char *search_folder_new(const char *results, const char *kind, const char *scenario);
/*
 * The folder that has a file STATE ("search.json"): WHICH as given, or of that name below RESULTS;
 * WHICH NULL: the newest there. Errors: RIG_EXIT_USAGE. The caller's.
 */
char *search_folder_find(const char *results, const char *which, const char *state, GError **error);
/* A search to continue, from its state file. Free with search_again_free(). */
struct search_again {
	char *dir;
	json_t *state; /* the whole file */
	/* of its command line, "rig" left out; NULL-terminated, borrowed from state */
	GPtrArray *words;
	int argc;
};

/*
 * Reads the file STATE, of at most MAX bytes, of the folder that search_folder_find() finds, and
 * changes to the folder in which COMMAND was started. Errors: RIG_EXIT_USAGE.
 */
gboolean search_folder_resume(const char *results, const char *which, const char *state, gsize max,
			      const char *command, struct search_again *ret, GError **error);
void search_again_free(struct search_again *again);

/*
 * Makes DIR and locks it until the process ends: two rigs in one search would lose each other's
 * runs. Errors: RIG_EXIT_USAGE, another rig has it; RIG_EXIT_INFRA.
 */
gboolean search_folder_lock(const char *dir, GError **error);

/* "40" (boots), "30m" or "2h"; what TEXT does not limit is 0. Errors: RIG_EXIT_USAGE. */
gboolean search_budget(const char *text, guint *ret_boots, guint *ret_s, GError **error);

#endif
