/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run's randomness: splitmix64, so that one recorded seed gives every choice on both sides. The
 * guest uses the same generator (guest-init/); a stream is independent for each (seed, label).
 */
#ifndef RIG_UTIL_RNG_H
#define RIG_UTIL_RNG_H

#include <glib.h>

struct rng {
	guint64 state;
};

/* A stream of its own for LABEL ("track 2", "agent 5"), derived from the run's seed. */
struct rng rng_stream(guint64 seed, const char *label);

guint64 rng_next(struct rng *rng);

/* LOW..HIGH, both included; LOW if HIGH is below it. */
guint64 rng_between(struct rng *rng, guint64 low, guint64 high);

/* A seed from the kernel's entropy, for a run without a given one; it is always recorded. */
guint64 rng_fresh_seed(void);

#endif
