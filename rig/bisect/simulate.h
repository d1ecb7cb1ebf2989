/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Simulates searches: the choices are real, the outcomes of runs are random. Used to estimate how
 * many boots a search still needs; the tests use it to verify the confidence.
 */
#ifndef RIG_BISECT_SIMULATE_H
#define RIG_BISECT_SIMULATE_H

#include "bisect/posterior.h"
#include "util/rng.h"

struct simulation {
	double confidence;
	double rate; /* probability that a run with the bug catches it */
	/* probability that another report ends a run, so that the run does not count */
	double unrelated;
	/* share of the runs that cannot catch the bug, and look as if the kernel did not have it */
	double unseen;
	guint truth; /* the candidate that introduced the bug */
	/* [0..n]: positions that cannot be built, unknown at the start; or NULL */
	const gboolean *broken;
	guint max_boots; /* the simulation ends after this number of boots; 0: no limit */
	struct rng *rng;
};

/*
 * Continues a search from POSTERIOR (modified) until it ends. SKIPPED[0..n] (or NULL) are the
 * positions that are known to be broken; it is updated. *ret_right (may be NULL): the answer
 * contains the right candidate. Returns the number of boots.
 */
guint simulate_search(struct posterior *posterior, gboolean *skipped, const struct simulation *sim,
		      gboolean *ret_right);

/*
 * Simulates a plain bisection: each step makes up to REPEATS runs, and the position is bad as soon
 * as one catches the bug.
 */
guint simulate_plain(guint n, guint repeats, const struct simulation *sim, gboolean *ret_right);

/* Returns the expected number of remaining boots: the mean of some simulated searches. */
double simulate_boots_left(const struct posterior *posterior, const gboolean *skipped,
			   double confidence, struct rng *rng);

#endif
