/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of this room. */
#ifndef RIG_BISECT_INTERNAL_H
#define RIG_BISECT_INTERNAL_H

#include "bisect/search.h"
#include "bisect/span.h"

/* With the old end as change 0, to be filled in. */
struct span *span_new(enum span_kind kind);
/* Appends; what CHANGE points to is taken over. */
void span_add(struct span *span, struct change *change);

struct change *span_change_at(struct span *span, guint position);

/*
 * git in REPO, with nothing of its config that changes what it prints or runs hooks. WORDS are
 * NULL-terminated; *ret_output (or NULL) is all that it printed, up to MAX bytes.
 */
gboolean git_run(const char *repo, const char *const *words, gsize max, char **ret_output,
		 GError **error);

/* Every report that a run had, once (struct sighting, borrowed): what is searched for first. The caller's. */
GPtrArray *sightings_list(const struct search *search);
/* In how many runs of POSITION; of all for -1. */
guint sightings_count(const struct search *search, const struct sighting *seen, int position);
json_t *sightings_json(const struct search *search, const GPtrArray *list);

/* What text and HTML have in common: the first sentence, and the column "A3 B1" with the names in it. The caller's. */
char *result_headline(json_t *result);
char *result_letter(guint at);
char *result_seen(json_t *row);

#endif
