/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of a night. Private to nightly/. */
#ifndef RIG_NIGHTLY_INTERNAL_H
#define RIG_NIGHTLY_INTERNAL_H

#include "nightly/nightly.h"

/* expand.c: fills cells, builds and excluded from PLAN; needs and estimates of each. */
gboolean night_expand(struct night *night, const struct plan *plan, GError **error);
struct night_cell *night_cell_new(void);
void night_cell_free(gpointer data);
void night_build_free(gpointer data);
void night_excluded_free(gpointer data);
/* The builds that the cells need. */
void night_find_builds(struct night *night);
struct night_build *night_build_of(const struct night *night, const struct night_cell *cell);
struct night_cell *night_find_cell(const struct night *night, const char *key);

/* estimate.c: what each cell needs and how long it takes, from the index and earlier nights. */
void night_estimate(struct night *night, const struct night_cell *cell, struct pack_item *item);
struct night *night_new_empty(const struct night_options *options, GError **error);

#define NIGHT_VERSION 1

/* state.c: the night's folder. Errors: it is in use (RIG_EXIT_USAGE), the disk (RIG_EXIT_INFRA). */
gboolean night_open_files(struct night *night, GError **error);
json_t *night_strings(char *const *list);
gboolean night_note(struct night *night, json_t *line, GError **error); /* LINE is stolen */
void night_add_attempt(struct night *night, struct night_cell *cell, const struct attempt *attempt);
json_t *night_attempt_json(const struct attempt *attempt);

/* run.c: its cells (borrowed) in the order in which they should start: the longest first, or shuffled. */
GPtrArray *night_order(const struct night *night);

/* result.c: parts of night.json that the dry_run has too. New references. */
json_t *night_cell_json(const struct night *night, const struct night_cell *cell);
json_t *night_excluded_json(const struct night *night);
json_t *night_host_json(const struct night *night);

/* Is another attempt to be made? */
gboolean night_needs_more(const struct night *night, const struct night_cell *cell);
/* From its attempts. */
void night_settle(const struct night *night, struct night_cell *cell);

#endif
