/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of a comparison. Private to stats/. */
#ifndef RIG_STATS_COMPARE_INTERNAL_H
#define RIG_STATS_COMPARE_INTERNAL_H

#include "stats/compare.h"

struct index_filter compare_filter(const struct compare_side *side);

/*
 * Holm: which of N p-values are significant at 5 % together. *ret_significant[i] for P[i]; free it.
 */
gboolean *compare_holm(const double *p, guint n);

/* compare-findings.c: c->side is filled. */
GPtrArray *compare_findings(struct run_index *ix, const struct compare *c, GError **error);
/* compare-groups.c: fills c->rates and c->speeds. */
gboolean compare_groups(struct run_index *ix, struct compare *c, GError **error);

#endif
