/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes the result of a search as JSON, text, HTML and in the format of `git bisect log`. */
#ifndef RIG_BISECT_RESULT_H
#define RIG_BISECT_RESULT_H

#include "bisect/search.h"

/*
 * Returns the complete result, which rig-json(5) describes, as a new reference. The text and the
 * page are made from it.
 */
json_t *result_json(const struct search *search, enum search_end end);

/* Returns the result for a terminal, without control characters except newlines. */
char *result_text(json_t *result);
/*
 * Returns the result as a self-contained page without scripts; its only links lead to run folders.
 */
char *result_html(json_t *result);

/*
 * Returns the input for `git bisect replay`, with the bad, good and skipped commits, or NULL if the
 * span is a series or a config.
 */
char *result_git_log(const struct search *search, enum search_end end);

/* Writes result.json, result.txt, result.html and bisect.log into the search's folder. */
gboolean result_write(const struct search *search, enum search_end end, GError **error);

#endif
