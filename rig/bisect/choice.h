/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which run to make next (the largest expected information gain for its cost), and when to stop. A
 * test costs a boot, and a build as well where the commit is not built yet.
 */
#ifndef RIG_BISECT_CHOICE_H
#define RIG_BISECT_CHOICE_H

#include "bisect/posterior.h"

/* Maximum of runs in progress: each doubles the number of cases. */
#define CHOICE_PENDING_MAX 4

struct choice {
	const struct posterior *posterior;
	const gboolean *skipped;	   /* [0..n]: cannot be built or booted; or NULL */
	const gboolean *ready;		   /* [0..n]: built already; or NULL: all are */
	double build_cost;		   /* cost of building a commit; a boot costs 1 */
	guint pending[CHOICE_PENDING_MAX]; /* positions of runs in progress */
	guint n_pending;
};

/* The position to test next. FALSE: all are skipped. */
gboolean choice_next(const struct choice *choice, guint *ret_position);

/*
 * Positions that will be chosen after the pending runs, for each of their outcomes, the most
 * probable first, without those that are ready. Fills at most MAX and returns how many.
 */
guint choice_ahead(const struct choice *choice, guint *positions, guint max);

/* TRUE if enough runs are done and the answer has at least CONFIDENCE. */
gboolean choice_done(const struct posterior *posterior, const gboolean *skipped, double confidence);

#endif
