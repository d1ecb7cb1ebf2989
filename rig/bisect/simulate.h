/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Simulated searches: the real choices with invented outcomes. Estimates how many boots a search
 * still needs; the tests verify the confidence with it.
 */
#ifndef RIG_BISECT_SIMULATE_H
#define RIG_BISECT_SIMULATE_H

#include "bisect/posterior.h"
#include "util/rng.h"

struct simulation {
	double confidence;
	double rate;	  /* probability that a run with the bug catches it */
	double unrelated; /* probability that another report ends a run, which is then ignored */
	double unseen;	  /* share of the runs that cannot catch the bug and look clean */
	guint truth;		/* the candidate */
	const gboolean *broken; /* [0..n]: positions that turn out not to build; or NULL */
	guint max_boots;	/* give up; 0: never */
	struct rng *rng;
};

/*
 * Continues a search from POSTERIOR (modified) to its end. SKIPPED[0..n] (or NULL) are the
 * positions known to be broken; it is updated. *ret_right (may be NULL): the answer contains the
 * truth. Returns the number of boots.
 */
guint simulate_search(struct posterior *posterior, gboolean *skipped, const struct simulation *sim,
		      gboolean *ret_right);

/* Plain bisection, each step with up to REPEATS runs, bad as soon as one catches it. */
guint simulate_plain(guint n, guint repeats, const struct simulation *sim, gboolean *ret_right);

/* The expected number of further boots: the mean of some simulated searches. */
double simulate_boots_left(const struct posterior *posterior, const gboolean *skipped,
			   double confidence, struct rng *rng);

#endif
