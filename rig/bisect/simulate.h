/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Searches without kernels: the same choices, against a made-up truth. Says how many boots a search has
 * yet to make, and proves in the tests that its confidence is true.
 */
#ifndef RIG_BISECT_SIMULATE_H
#define RIG_BISECT_SIMULATE_H

#include "bisect/posterior.h"
#include "util/rng.h"

struct simulation {
	double confidence;
	double rate;		/* a run catches the bug where it is */
	double unrelated;	/* a run ends in something else, and says so: the rig ignores it */
	double unseen;		/* a run fails to provoke anything, and looks clean */
	guint truth;		/* the candidate */
	const gboolean *broken; /* [0..n]: positions that turn out not to build; or NULL */
	guint max_boots;	/* give up; 0: never */
	struct rng *rng;
};

/*
 * Plays on from POSTERIOR (changed) to the end. SKIPPED[0..n] is what is known to be broken, and grows;
 * or NULL. *ret_right (may be NULL): is the truth in the answer? Returns the boots.
 */
guint simulate_search(struct posterior *posterior, gboolean *skipped, const struct simulation *sim,
		      gboolean *ret_right);

/* Plain bisection, each step with up to REPEATS runs, bad as soon as one catches it. */
guint simulate_plain(guint n, guint repeats, const struct simulation *sim, gboolean *ret_right);

/* Boots that are yet to be expected: the mean of some searches played to their end. */
double simulate_boots_left(const struct posterior *posterior, const gboolean *skipped,
			   double confidence, struct rng *rng);

#endif
