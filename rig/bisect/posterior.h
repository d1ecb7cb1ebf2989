/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calculates from the outcomes of runs the probability that each candidate has introduced a bug,
 * and the rate at which a run catches the bug. Uses no files, no clock and no random numbers.
 *
 * A position is a version of the kernel that can be tested: 0 is the old end, N the new end, and
 * 1..N-1 are between them. Candidates have the same numbers: candidate I means that change I
 * introduced the bug; candidate 0 means that the old end has the bug already. A run at position T
 * *catches* the bug with probability RATE if T has the bug, and with probability FALSE_ALARM
 * otherwise.
 */
#ifndef RIG_BISECT_POSTERIOR_H
#define RIG_BISECT_POSTERIOR_H

#include <glib.h>

#include "util/auto.h"

/*
 * Which positions (kernel versions) contain which candidates (changes), for a history with merges.
 * Row T has a bit for each candidate that is T or an ancestor of T; bit 0 is always set.
 */
struct ancestry {
	guint n;       /* positions are 0..n */
	guint words;   /* length of a row in words of 64 bits */
	guint64 *bits; /* n + 1 rows */
};

/*
 * Returns a table in which each position (kernel version) T of 0..N contains only the candidates 0
 * and T.
 */
struct ancestry *ancestry_new(guint n);
void ancestry_free(struct ancestry *ancestry);
RIG_DEFINE_AUTO(ancestry, ancestry_free)
/* Records that POSITION contains CANDIDATE. */
void ancestry_set(struct ancestry *ancestry, guint position, guint candidate);
/* Adds to POSITION all candidates that the position OTHER contains. */
void ancestry_join(struct ancestry *ancestry, guint position, guint other);
/*
 * Returns TRUE if POSITION contains CANDIDATE. If ANCESTRY is NULL, the history is linear: a
 * position contains all candidates with the same or a smaller number.
 */
gboolean ancestry_has(const struct ancestry *ancestry, guint position, guint candidate);

struct posterior;

/*
 * Returns a new posterior for positions 0..N. ANCESTRY is borrowed, and NULL for a linear history.
 * If FIX is TRUE, the search is for the change that removes the bug, so the old end has the bug.
 */
struct posterior *posterior_new(guint n, const struct ancestry *ancestry, gboolean fix);
struct posterior *posterior_copy(const struct posterior *posterior);
void posterior_free(struct posterior *posterior);
RIG_DEFINE_AUTO(posterior, posterior_free)

/*
 * Sets the prior for a bug that nearly every run on a kernel with the bug catches. An example is a
 * lock order, which is recorded when its code path runs for the first time. With this prior, a run
 * that does not catch the bug is evidence from the start, and fewer runs are needed to estimate the
 * rate. Must be called before the first posterior_observe().
 */
void posterior_presume_always(struct posterior *posterior);

/* Adds a complete run at POSITION, and whether it caught the bug. */
void posterior_observe(struct posterior *posterior, guint position, gboolean caught);

/* Returns the N of posterior_new(). */
guint posterior_n(const struct posterior *posterior);
/* Returns the position (kernel version) that has the bug by definition: N, or 0 for a fix. */
guint posterior_bad_end(const struct posterior *posterior);
/* Returns the number of runs at the bad end that caught the bug. */
guint posterior_bad_end_catches(const struct posterior *posterior);
/*
 * Returns TRUE if enough runs at the bad end caught the bug for a first estimate of the rate.
 * Without an estimate, a run that does not catch the bug says little about the candidates.
 */
gboolean posterior_rate_known(const struct posterior *posterior);
/* Returns the probability of CANDIDATE. */
double posterior_of(const struct posterior *posterior, guint candidate);
/* Returns the candidate (change) that most probably introduced the bug. */
guint posterior_best(const struct posterior *posterior);
/* Returns the probability that a run at POSITION catches the bug. */
double posterior_catches(const struct posterior *posterior, guint position);
/* Returns TRUE if POSITION has the bug, provided that CANDIDATE is the right one. */
gboolean posterior_contains(const struct posterior *posterior, guint position, guint candidate);
/* Returns TRUE if a run at POSITION was observed, so that its kernel can be built and booted. */
gboolean posterior_tested(const struct posterior *posterior, guint position);
/* Returns TRUE if the history is linear. */
gboolean posterior_is_line(const struct posterior *posterior);
/* Returns the probability that POSITION has the bug. */
double posterior_has_bug(const struct posterior *posterior, guint position);
/*
 * Returns the mean of the rate. *ret_low to *ret_high is the range with the middle 90 % of its
 * probability; both pointers may be NULL.
 */
double posterior_rate(const struct posterior *posterior, double *ret_low, double *ret_high);
/* Returns the entropy, in bits, of which change introduced the bug. */
double posterior_entropy(const struct posterior *posterior);
/*
 * Sets GAIN[0..n] to the expected gain of a run at each position, in bits: information about the
 * candidates, plus information about the rate with a smaller weight.
 */
void posterior_gains(const struct posterior *posterior, double *gain);

/*
 * Finds the best candidate, and the candidates that no test can distinguish from it: each position
 * that contains only one of the two is skipped. SKIPPED[0..n] is TRUE for skipped positions, or
 * NULL if there are none. Sets SAME[i] to TRUE for each candidate that was found; SAME may be NULL.
 * Returns the sum of their probabilities.
 */
double posterior_answer(const struct posterior *posterior, const gboolean *skipped, gboolean *same);

/*
 * Draws a candidate and a rate from the posterior, for simulations. U and V are two random numbers,
 * uniformly distributed in 0..1.
 */
void posterior_sample(const struct posterior *posterior, double u, double v, guint *ret_candidate,
		      double *ret_rate);

#endif
