/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Statistics for small numbers of runs: the confidence interval of a rate, and whether two groups
 * differ significantly. The tests are exact where that is possible (Fisher; Mann-Whitney with at
 * most 20 values per side and without ties), so that three runs never give a significant result.
 */
#ifndef RIG_STATS_STATS_H
#define RIG_STATS_STATS_H

#include <glib.h>

/*
 * Calculates Wilson's score interval at 95 % for the rate HITS of N. If N is 0, the interval is
 * from 0 to 1.
 */
void stats_wilson(guint hits, guint n, double *ret_low, double *ret_high);

/*
 * Does Fisher's exact test, two-sided: returns the probability that the observed rates differ at
 * least this much if the true rates are equal.
 */
double stats_fisher(guint hits_a, guint n_a, guint hits_b, guint n_b);

/*
 * Does Mann-Whitney's U test, two-sided: returns the probability that the order of the values is at
 * least as uneven as the observed one if A and B have the same distribution. Returns 1 if a side is
 * empty.
 */
double stats_mann_whitney(const double *a, guint n_a, const double *b, guint n_b);

/* Returns the median of the N VALUES, which are sorted in place, or -1 if N is 0. */
double stats_median(double *values, guint n);

/*
 * Returns how many consecutive runs without a hit reject a rate of HITS of N at 95 %; 0 if HITS is
 * 0.
 */
guint stats_runs_to_distinguish(guint hits, guint n);

#endif
