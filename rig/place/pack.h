/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Chooses the job that starts next, only from the resources that the waiting jobs (here called
 * items) need, and from their estimated durations. Does no I/O.
 */
#ifndef RIG_PLACE_PACK_H
#define RIG_PLACE_PACK_H

#include <glib.h>

/* Cores are counted in quarters of a core. */
#define PACK_QUARTERS 4

/* Resources: of a job, of a host or of a place. */
struct pack_room {
	guint quarters;
	guint64 memory;
};

/* What is known about a job before it starts. */
struct pack_item {
	struct pack_room need;
	double estimate_s; /* estimated duration in seconds */
	/* how often a later item was started first, because this one did not fit */
	guint passed_over;
};

/*
 * Returns the maximum resources that may be in use on HOST at a time. Cores are overcommitted by a
 * quarter, because a guest's need is an average, and guests that share a processor only become
 * slower. Memory is not overcommitted.
 */
struct pack_room pack_capacity(const struct pack_room *host);

/*
 * Returns the index of the first of the N ITEMS that fits into FREE and ends within LEFT_S seconds
 * (no limit if negative), or -1 if there is none. If an item was passed over too often, no item
 * after it is chosen.
 */
int pack_pick(struct pack_item *const *items, guint n, const struct pack_room *free, double left_s);

/*
 * Returns the seconds until all ITEMS have ended on HOST, if pack_pick() starts the next ones
 * within pack_capacity() as soon as one ends.
 */
double pack_span(struct pack_item *const *items, guint n, const struct pack_room *host);

/*
 * Returns a lower bound, in seconds, for the time that ITEMS take on HOST in any order. It is the
 * largest of: the longest item; the sum of all needs divided by the host's size; the total time of
 * the items that need more than half of the usable cores (or memory), which cannot overlap.
 */
double pack_bound(struct pack_item *const *items, guint n, const struct pack_room *host);

#endif
