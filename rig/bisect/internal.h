/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of bisect/. */
#ifndef RIG_BISECT_INTERNAL_H
#define RIG_BISECT_INTERNAL_H

#include "bisect/search.h"
#include "bisect/span.h"

/* Makes a span with the old end as change 0, whose members the caller must set. */
struct span *span_new(enum span_kind kind);
/* Appends CHANGE, whose strings are taken over. */
void span_add(struct span *span, struct change *change);

struct change *span_change_at(struct span *span, guint position);

/*
 * Runs git in REPO without hooks, and without settings that change its output. WORDS is
 * NULL-terminated; *ret_output (may be NULL) gets the last MAX bytes of the output.
 */
gboolean git_run(const char *repo, const char *const *words, gsize max, char **ret_output,
		 GError **error);

/*
 * Returns all different reports (struct sighting, borrowed), the target first; g_ptr_array_unref().
 */
GPtrArray *sightings_list(const struct search *search);
/* Returns the number of runs of POSITION (-1: of all positions) with the report SEEN. */
guint sightings_count(const struct search *search, const struct sighting *seen, int position);
json_t *sightings_json(const struct search *search, const GPtrArray *list);

/*
 * For text and HTML: the first sentence of a result, the letter of a report, and a text of the form
 * "A3 B1". g_free().
 */
char *result_headline(json_t *result);
char *result_letter(guint at);
char *result_seen(json_t *row);

#endif
