// SPDX-License-Identifier: GPL-2.0-only
/* Streams of random numbers by splitmix64 (rng.h). */
#include "util/rng.h"

#include <sys/random.h>

guint64 rng_next(struct rng *rng)
{
	guint64 z = rng->state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

struct rng rng_stream(guint64 seed, const char *label)
{
	struct rng rng = {seed};

	/* mix in LABEL like FNV-1a, with a step of the generator in place of the multiplication */
	for (; *label; label++) {
		rng.state ^= (guint8)*label;
		rng.state = rng_next(&rng);
	}
	return rng;
}

guint64 rng_between(struct rng *rng, guint64 low, guint64 high)
{
	if (high <= low)
		return low;
	if (high - low == G_MAXUINT64)
		return rng_next(rng);
	return low + rng_next(rng) % (high - low + 1);
}

guint64 rng_fresh_seed(void)
{
	guint32 seed;

	/* 32 bits are sufficient for different seeds, and short enough to be typed */
	while (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		;
	return seed;
}
