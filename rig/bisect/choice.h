/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which run to make next: the one that is expected to tell most for what it costs, and when to stop.
 * A test at a commit that was built already costs a boot; elsewhere a build as well.
 */
#ifndef RIG_BISECT_CHOICE_H
#define RIG_BISECT_CHOICE_H

#include "bisect/posterior.h"

/* Catches at the bad end before the search proper begins: what is the rate, about? */
#define CHOICE_LEARN 3
/* Runs whose outcome is not known yet, at most: each doubles the cases. */
#define CHOICE_PENDING_MAX 4

struct choice {
	const struct posterior *posterior;
	const gboolean *skipped;	   /* [0..n]: cannot be built or booted; or NULL */
	const gboolean *ready;		   /* [0..n]: built already; or NULL: all are */
	double build_cost;		   /* of one that is not, where a boot costs 1 */
	guint pending[CHOICE_PENDING_MAX]; /* positions of runs that are under way */
	guint n_pending;
};

/* The position to test next. False where all are skipped. */
gboolean choice_next(const struct choice *choice, guint *ret_position);

/*
 * Positions that will be wanted after the pending runs, whatever comes of them, the more probable case
 * first; those that are ready are left out. Fills at most MAX, returns how many.
 */
guint choice_ahead(const struct choice *choice, guint *positions, guint max);

/* Are so many runs done, and is the answer as sure as CONFIDENCE? */
gboolean choice_done(const struct posterior *posterior, const gboolean *skipped, double confidence);

#endif
