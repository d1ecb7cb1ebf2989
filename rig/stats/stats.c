// SPDX-License-Identifier: GPL-2.0-only
/* Statistics for small numbers of runs. */
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define Z95 1.959963984540054
#define EXACT_MAX 20

void stats_wilson(guint hits, guint n, double *ret_low, double *ret_high)
{
	double p, centre, spread, scale;

	*ret_low = 0;
	*ret_high = 1;
	if (!n)
		return;
	p = (double)hits / n;
	scale = 1 + Z95 * Z95 / n;
	centre = (p + Z95 * Z95 / (2.0 * n)) / scale;
	spread = Z95 * sqrt(p * (1 - p) / n + Z95 * Z95 / (4.0 * n * n)) / scale;
	/*
	 * set the lower limit for 0 hits to exactly 0, and the upper one for N hits to exactly 1,
	 * which rounding would miss
	 */
	*ret_low = hits ? MAX(0, centre - spread) : 0;
	*ret_high = hits < n ? MIN(1, centre + spread) : 1;
}

static double log_choose(guint n, guint k)
{
	return lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0);
}

/*
 * Sums the probabilities of all 2 × 2 tables with the same margins that are at most as likely as
 * the observed table.
 */
double stats_fisher(guint hits_a, guint n_a, guint hits_b, guint n_b)
{
	guint hits = hits_a + hits_b, low = hits > n_b ? hits - n_b : 0, high = MIN(hits, n_a);
	double all = log_choose(n_a + n_b, hits), p = 0;
	double seen = log_choose(n_a, hits_a) + log_choose(n_b, hits_b) - all;

	for (guint k = low; k <= high; k++) {
		double here = log_choose(n_a, k) + log_choose(n_b, hits - k) - all;

		/* the tolerance is for probabilities that are equal except for rounding */
		if (here <= seen + 1e-7)
			p += exp(here);
	}
	return MIN(p, 1);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * Returns the statistic U of A: the number of pairs (a value of A, a value of B) in which the value
 * of A is larger; a pair of equal values counts one half. *RET_TIES is the sum of t^3 - t over all
 * groups of t equal values.
 */
static double u_of(const double *a, guint n_a, const double *b, guint n_b, double *ret_ties)
{
	g_autofree double *all = g_new(double, n_a + n_b);
	double u = 0, ties = 0;

	for (guint i = 0; i < n_a; i++)
		for (guint j = 0; j < n_b; j++)
			u += a[i] > b[j] ? 1 : a[i] < b[j] ? 0 : 0.5;
	memcpy(all, a, n_a * sizeof(*a));
	memcpy(all + n_a, b, n_b * sizeof(*b));
	qsort(all, n_a + n_b, sizeof(*all), by_value);
	for (guint i = 0, t; i < n_a + n_b; i += t) {
		for (t = 1; i + t < n_a + n_b && all[i + t] <= all[i]; t++)
			;
		ties += (double)t * t * t - t;
	}
	*ret_ties = ties;
	return u;
}

/* Returns the probability that the statistic U of M and N values in random order is at most U. */
static double exact_tail(guint m, guint n, double u)
{
	guint most = m * n;
	g_autofree double *ways = g_new0(double, most + 1);
	double sum = 0, total = 0;

	/* coefficients of the Gaussian binomial: the product of (1 - q^(n+i)) / (1 - q^i) */
	ways[0] = 1;
	for (guint i = 1; i <= m; i++) {
		for (guint k = most; k >= n + i && k <= most; k--)
			ways[k] -= ways[k - n - i];
		for (guint k = i; k <= most; k++)
			ways[k] += ways[k - i];
	}
	for (guint k = 0; k <= most; k++) {
		total += ways[k];
		if (k <= u + 1e-9)
			sum += ways[k];
	}
	return sum / total;
}

double stats_mann_whitney(const double *a, guint n_a, const double *b, guint n_b)
{
	double u, ties, n = (double)n_a + n_b, mean = n_a * (double)n_b / 2, deviation, z;

	if (!n_a || !n_b)
		return 1;
	u = u_of(a, n_a, b, n_b, &ties);
	u = MIN(u, 2 * mean - u);
	if (ties <= 0 && n_a <= EXACT_MAX && n_b <= EXACT_MAX)
		return MIN(1, 2 * exact_tail(n_a, n_b, u));
	deviation = sqrt(n_a * (double)n_b / 12 * (n + 1 - ties / (n * (n - 1))));
	if (deviation <= 0)
		return 1;
	z = (mean - u - 0.5) / deviation;
	return z <= 0 ? 1 : erfc(z / sqrt(2));
}

double stats_median(double *values, guint n)
{
	if (!n)
		return -1;
	qsort(values, n, sizeof(*values), by_value);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

guint stats_runs_to_distinguish(guint hits, guint n)
{
	double rate = n ? (double)hits / n : 0;

	if (rate <= 0)
		return 0;
	return rate >= 1 ? 1 : (guint)ceil(log(0.05) / log(1 - rate));
}
