/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random numbers of a run, by splitmix64. One recorded seed determines all random choices of host
 * and guest. The guest uses the same generator (guest-init/). Streams for different seeds or labels
 * are independent.
 */
#ifndef RIG_UTIL_RNG_H
#define RIG_UTIL_RNG_H

#include <glib.h>

struct rng {
	guint64 state;
};

/* Returns a stream for LABEL ("track 2", "agent 5"), derived from the run's seed. */
struct rng rng_stream(guint64 seed, const char *label);

guint64 rng_next(struct rng *rng);

/* Returns a number in LOW..HIGH, both included; LOW if HIGH is smaller. */
guint64 rng_between(struct rng *rng, guint64 low, guint64 high);

/*
 * Returns a seed from the kernel's entropy, for a run without a given seed; it is always recorded.
 */
guint64 rng_fresh_seed(void);

#endif
