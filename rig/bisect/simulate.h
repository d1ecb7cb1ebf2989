/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Simulates searches: positions (kernel versions) are chosen as in a real search, but the outcomes
 * of runs are random. This is used to estimate how many boots a search still needs; the tests
 * verify with it that the confidence is right.
 */
#ifndef RIG_BISECT_SIMULATE_H
#define RIG_BISECT_SIMULATE_H

#include "bisect/posterior.h"
#include "util/rng.h"

struct simulation {
	double confidence;
	double rate; /* probability that a run on a kernel with the bug catches the bug */
	/* probability that another report ends a run, so that the run does not count */
	double unrelated;
	/* share of the runs that look clean, whether the kernel has the bug or not */
	double unseen;
	guint truth; /* the candidate that introduced the bug */
	/*
	 * [0..n]: TRUE for positions (kernel versions) that cannot be built, which is only found
	 * out when they are chosen; NULL if there are none
	 */
	const gboolean *broken;
	guint max_boots; /* the simulation ends after this number of boots; 0 for no limit */
	struct rng *rng;
};

/*
 * Continues a search from POSTERIOR with simulated runs until it ends. POSTERIOR is modified.
 * SKIPPED[0..n] is TRUE for the positions that are known to be broken, and is updated; it may be
 * NULL. *ret_right is TRUE if the answer contains the right candidate; the pointer may be NULL.
 * Returns the number of boots.
 */
guint simulate_search(struct posterior *posterior, gboolean *skipped, const struct simulation *sim,
		      gboolean *ret_right);

/*
 * Simulates a plain bisection: each step makes up to REPEATS runs at a position, which counts as
 * bad as soon as one of them catches the bug. Returns the number of boots. *ret_right is TRUE if
 * the result is the right candidate.
 */
guint simulate_plain(guint n, guint repeats, const struct simulation *sim, gboolean *ret_right);

/* Returns the expected number of remaining boots: the mean of some simulated searches. */
double simulate_boots_left(const struct posterior *posterior, const gboolean *skipped,
			   double confidence, struct rng *rng);

#endif
