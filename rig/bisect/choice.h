/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Chooses the next run of a search: the one with the largest expected information gain, divided by
 * its cost. The cost is a boot, and also a build if the kernel is not built yet. Decides when a
 * search ends.
 */
#ifndef RIG_BISECT_CHOICE_H
#define RIG_BISECT_CHOICE_H

#include "bisect/posterior.h"

/*
 * Maximum number of runs in progress. The gain is averaged over the combinations of their outcomes,
 * so each of them doubles the cost of a choice.
 */
#define CHOICE_PENDING_MAX 4

struct choice {
	const struct posterior *posterior;
	/*
	 * [0..n]: TRUE for positions (kernel versions) that cannot be built or booted; NULL if
	 * there are none
	 */
	const gboolean *skipped;
	/* [0..n]: TRUE for positions whose kernel is built; NULL if all are built */
	const gboolean *ready;
	double build_cost;		   /* cost of building a commit, in boots */
	guint pending[CHOICE_PENDING_MAX]; /* positions (kernel versions) of runs in progress */
	guint n_pending;
};

/*
 * Chooses the position (kernel version) to test next. Returns FALSE if all are skipped because they
 * cannot be built or booted.
 */
gboolean choice_next(const struct choice *choice, guint *ret_position);

/*
 * Writes into POSITIONS the positions that will probably be chosen when the pending runs have
 * ended, and whose kernels are not built yet, the most probable first; at most MAX. Returns their
 * number.
 */
guint choice_ahead(const struct choice *choice, guint *positions, guint max);

/*
 * Returns TRUE if the search can end: the rate is known, and the answer has at least CONFIDENCE.
 * SKIPPED[0..n] is TRUE for positions (kernel versions) that cannot be built or booted; it is NULL
 * if there are none.
 */
gboolean choice_done(const struct posterior *posterior, const gboolean *skipped, double confidence);

#endif
