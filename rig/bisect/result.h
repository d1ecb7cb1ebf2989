/* SPDX-License-Identifier: GPL-2.0-only */
/* What a search has found, as JSON, text, HTML, and in the words of `git bisect log`. */
#ifndef RIG_BISECT_RESULT_H
#define RIG_BISECT_RESULT_H

#include "bisect/search.h"

/* All of it; docs/bisect.md is the format. The others are made of this. New reference. */
json_t *result_json(const struct search *search, enum search_end end);

/* For a terminal; clean, with newlines. */
char *result_text(json_t *result);
/* A page that stands alone: no script, no link to elsewhere but those to the run folders. */
char *result_html(json_t *result);

/*
 * What `git bisect replay` understands and `git bisect log` would have written: bad, good and skipped
 * commits as the search holds them. NULL for a series or a config.
 */
char *result_git_log(const struct search *search, enum search_end end);

/* Writes result.json, result.txt, result.html and bisect.log into the search's folder. */
gboolean result_write(const struct search *search, enum search_end end, GError **error);

#endif
