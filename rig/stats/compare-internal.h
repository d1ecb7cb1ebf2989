/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of a comparison. Private to stats/. */
#ifndef RIG_STATS_COMPARE_INTERNAL_H
#define RIG_STATS_COMPARE_INTERNAL_H

#include "stats/compare.h"

/* Returns a filter that selects the runs of SIDE. Its strings are borrowed from SIDE. */
struct index_filter compare_filter(const struct compare_side *side);

/*
 * Returns an array with TRUE for each of the N p-values P that is significant at 5 % by Holm's
 * correction for N tests. The caller frees it.
 */
gboolean *compare_holm(const double *p, guint n);

/*
 * Compares the findings of both sides. Returns an array of struct compare_finding, one for each
 * finding (compare-findings.c). c->side must be set.
 */
GPtrArray *compare_findings(struct run_index *ix, const struct compare *c, GError **error);
/* Sets c->rates and c->speeds (compare-groups.c). */
gboolean compare_groups(struct run_index *ix, struct compare *c, GError **error);

#endif
