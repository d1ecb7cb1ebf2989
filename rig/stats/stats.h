/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Statistics of few runs: the interval of a rate, and whether two groups differ significantly.
 * Exact if possible (Fisher; Mann-Whitney up to 20 values a side without ties), so that three runs
 * are never significant.
 */
#ifndef RIG_STATS_STATS_H
#define RIG_STATS_STATS_H

#include <glib.h>

/* Wilson's score interval at 95 % for HITS of N; 0 to 1 for N = 0. */
void stats_wilson(guint hits, guint n, double *ret_low, double *ret_high);

/*
 * Fisher's exact test, two-sided: the probability that observed rates differ at least this much
 * if the true rates are the same.
 */
double stats_fisher(guint hits_a, guint n_a, guint hits_b, guint n_b);

/*
 * Mann-Whitney's U test, two-sided: the probability of an order of the values that is at least
 * as uneven as this one if A and B have the same distribution. 1 if a side is empty.
 */
double stats_mann_whitney(const double *a, guint n_a, const double *b, guint n_b);

/* Of VALUES, which is sorted in place; -1 for none. */
double stats_median(double *values, guint n);

/* Number of runs in a row without a hit that reject (at 95 %) a rate of HITS of N. */
guint stats_runs_to_tell(guint hits, guint n);

#endif
