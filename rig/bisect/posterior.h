/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The probability of each candidate to have brought in a bug, jointly with the rate at which one
 * run catches the bug. Pure arithmetic; no files, no clock, no randomness.
 *
 * Positions are what can be tested: 0 is the old end, N the new end, 1..N-1 lie between. Candidates
 * have the same numbers: candidate I means "the change is in I", candidate 0 "the old end has the
 * bug already". A run at position T catches the bug with probability RATE if T has it, and
 * practically never otherwise.
 */
#ifndef RIG_BISECT_POSTERIOR_H
#define RIG_BISECT_POSTERIOR_H

#include <glib.h>

#include "util/auto.h"

/*
 * Which positions contain which candidates, for a history with merges. Row T has a bit for each
 * candidate that T is or descends from; bit 0 is always set.
 */
struct ancestry {
	guint n; /* positions are 0..n */
	guint words;
	guint64 *bits; /* (n + 1) * words */
};

struct ancestry *ancestry_new(guint n);
void ancestry_free(struct ancestry *ancestry);
RIG_DEFINE_AUTO(ancestry, ancestry_free)
void ancestry_set(struct ancestry *ancestry, guint position, guint candidate);
/* Adds to POSITION all candidates that OTHER contains. */
void ancestry_join(struct ancestry *ancestry, guint position, guint other);
/*
 * TRUE: POSITION contains CANDIDATE. ANCESTRY NULL: a linear history, in which a position contains
 * all candidates before it.
 */
gboolean ancestry_has(const struct ancestry *ancestry, guint position, guint candidate);

struct posterior;

/* ANCESTRY may be NULL; borrowed. FIX: the change removes the bug, so the old end has it. */
struct posterior *posterior_new(guint n, const struct ancestry *ancestry, gboolean fix);
struct posterior *posterior_copy(const struct posterior *posterior);
void posterior_free(struct posterior *posterior);
RIG_DEFINE_AUTO(posterior, posterior_free)

/*
 * Before the first run: nearly each run with the bug shows it, as a lock order that its path's
 * first execution shows. Silent runs then count early, and less evidence of the rate is needed.
 */
void posterior_presume_always(struct posterior *posterior);

/* Adds a complete run at POSITION. */
void posterior_observe(struct posterior *posterior, guint position, gboolean caught);

guint posterior_n(const struct posterior *posterior);
/* The position that has the bug by definition: n, or 0 for a fix. */
guint posterior_bad_end(const struct posterior *posterior);
/* The number of runs at the bad end that caught the bug. */
guint posterior_bad_end_catches(const struct posterior *posterior);
/* TRUE if these are enough for a first estimate of the rate, without which silent runs say little.
 */
gboolean posterior_rate_known(const struct posterior *posterior);
double posterior_of(const struct posterior *posterior, guint candidate);
guint posterior_best(const struct posterior *posterior);
/* The probability that a run at POSITION catches it. */
double posterior_catches(const struct posterior *posterior, guint position);
/* TRUE if POSITION has the bug when the change is CANDIDATE. */
gboolean posterior_contains(const struct posterior *posterior, guint position, guint candidate);
/* TRUE if a run at POSITION has counted, so that it can be built and booted. */
gboolean posterior_tested(const struct posterior *posterior, guint position);
gboolean posterior_is_line(const struct posterior *posterior);
/* The probability that POSITION has the bug. */
double posterior_has_bug(const struct posterior *posterior, guint position);
/* Mean and the middle 90 % of the detection rate; LOW and HIGH may be NULL. */
double posterior_rate(const struct posterior *posterior, double *ret_low, double *ret_high);
/* Entropy of the candidates, in bits. */
double posterior_entropy(const struct posterior *posterior);
/*
 * GAIN[0..n]: the expected gain of a run at each position, in bits about the candidates plus a
 * part of the bits about the rate.
 */
void posterior_gains(const struct posterior *posterior, double *gain);

/*
 * The candidates that no test distinguishes from the best one, because the positions between them
 * are SKIPPED[0..n] (or NULL). Marks them in SAME[0..n] (may be NULL) and returns their
 * probability.
 */
double posterior_answer(const struct posterior *posterior, const gboolean *skipped, gboolean *same);

/*
 * Samples a candidate and a rate from the posterior; U and V are uniform in 0..1. For simulations.
 */
void posterior_sample(const struct posterior *posterior, double u, double v, guint *ret_candidate,
		      double *ret_rate);

#endif
