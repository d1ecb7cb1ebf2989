/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random numbers in the guest, by splitmix64. The numbers are the same as those of rig/util/rng.c,
 * so that one recorded seed determines both sides; but this file does not need GLib.
 */
#ifndef GUEST_RNG_H
#define GUEST_RNG_H

#include <stdint.h>

struct guest_rng {
	uint64_t state;
};

static inline uint64_t guest_rng_next(struct guest_rng *rng)
{
	uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Returns an independent stream for LABEL, derived from SEED. */
static inline struct guest_rng guest_rng_stream(uint64_t seed, const char *label)
{
	struct guest_rng rng = {seed};

	for (; *label; label++) {
		rng.state ^= (uint8_t)*label;
		rng.state = guest_rng_next(&rng);
	}
	return rng;
}

/* Returns an independent stream for NUMBER, derived from SEED. */
static inline struct guest_rng guest_rng_keyed(uint64_t seed, uint64_t number)
{
	struct guest_rng rng = {seed};

	rng.state = guest_rng_next(&rng) ^ number;
	rng.state = guest_rng_next(&rng);
	return rng;
}

/* Returns a number in LOW..HIGH, both included; LOW if HIGH is smaller. */
static inline uint64_t guest_rng_between(struct guest_rng *rng, uint64_t low, uint64_t high)
{
	if (high <= low)
		return low;
	if (high - low == UINT64_MAX)
		return guest_rng_next(rng);
	return low + guest_rng_next(rng) % (high - low + 1);
}

/* Returns an index in 0..COUNT-1; COUNT must not be 0. */
static inline unsigned guest_rng_index(struct guest_rng *rng, unsigned count)
{
	return guest_rng_next(rng) % count;
}

#endif
