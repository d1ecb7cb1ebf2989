/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of bisect/. */
#ifndef RIG_BISECT_INTERNAL_H
#define RIG_BISECT_INTERNAL_H

#include "bisect/search.h"
#include "bisect/span.h"

/*
 * Makes a span (a list of changes to search) that has only change 0, which stands for the old end.
 * The caller must set the members of change 0.
 */
struct span *span_new(enum span_kind kind);
/* Appends a copy of *CHANGE. The span takes over its strings, and *CHANGE is cleared. */
void span_add(struct span *span, struct change *change);

/*
 * Returns the change between POSITION - 1 and POSITION, which the caller may modify. For POSITION
 * 0, returns the change that stands for the old end.
 */
struct change *span_change_at(struct span *span, guint position);

/*
 * Runs git in REPO without hooks, and without settings that change its output. WORDS are its
 * arguments, NULL-terminated. *ret_output is set to the last MAX bytes of the output; RET_OUTPUT
 * may be NULL.
 */
gboolean git_run(const char *repo, const char *const *words, gsize max, char **ret_output,
		 GError **error);

/*
 * Returns each different report of all runs once, the target first. The elements (struct sighting)
 * belong to SEARCH. Release the array with g_ptr_array_unref().
 */
GPtrArray *sightings_list(const struct search *search);
/* Returns the number of runs with the report SEEN at POSITION, or at all positions if it is -1. */
guint sightings_count(const struct search *search, const struct sighting *seen, int position);
/* Returns LIST, made by sightings_list(), as JSON. */
json_t *sightings_json(const struct search *search, const GPtrArray *list);

/* Functions for text and HTML. The caller frees their results with g_free(). */
/* Returns the first sentence of a result. */
char *result_headline(json_t *result);
/*
 * Returns the short name of the report with index AT (from 0) of sightings_list(): A to Z, then
 * #27, #28, …
 */
char *result_letter(guint at);
/*
 * Returns a text such as "A3 B1", for ROW, a position's row of the table of evidence: three of its
 * runs had report A, one had B.
 */
char *result_seen(json_t *row);

#endif
