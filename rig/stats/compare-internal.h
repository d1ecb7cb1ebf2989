/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of a comparison. Private to stats/. */
#ifndef RIG_STATS_COMPARE_INTERNAL_H
#define RIG_STATS_COMPARE_INTERNAL_H

#include "stats/compare.h"

struct index_filter compare_filter(const struct compare_side *side);

/*
 * Returns which of N p-values are significant at 5 % together, by Holm's correction; the caller
 * frees the array.
 */
gboolean *compare_holm(const double *p, guint n);

/* Compares findings; c->side must be set (compare-findings.c). */
GPtrArray *compare_findings(struct run_index *ix, const struct compare *c, GError **error);
/* Sets c->rates and c->speeds (compare-groups.c). */
gboolean compare_groups(struct run_index *ix, struct compare *c, GError **error);

#endif
