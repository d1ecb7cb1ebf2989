/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Searches text 16 bytes at a time. `lanes` is a vector type of GCC and clang, which they support
 * on every target. A comparison of such vectors sets each byte of the result to 0xff (true) or 0.
 */
#ifndef RIG_UTIL_LANES_H
#define RIG_UTIL_LANES_H

#include <glib.h>
#include <string.h>

typedef guint8 lanes __attribute__((vector_size(16)));

#define LANES sizeof(lanes)

static inline lanes lanes_load(const void *bytes)
{
	lanes vector;

	memcpy(&vector, bytes, sizeof(vector));
	return vector;
}

/* Returns TRUE if a byte of VECTOR is not 0. */
static inline gboolean lanes_any(lanes vector)
{
	guint64 half[2];

	memcpy(half, &vector, sizeof(half));
	return (half[0] | half[1]) != 0;
}

/* Returns the index of the first byte of VECTOR that is not 0, or LANES if all bytes are 0. */
static inline gsize lanes_first(lanes vector)
{
	guint64 half[2];

	memcpy(half, &vector, sizeof(half));
	if (half[0])
		return (gsize)__builtin_ctzll(GUINT64_FROM_LE(half[0])) / 8;
	return half[1] ? 8 + (gsize)__builtin_ctzll(GUINT64_FROM_LE(half[1])) / 8 : LANES;
}

/*
 * Returns the index of the first of the LEN bytes of TEXT that MATCHES finds, or LEN if there is
 * none. MATCHES must be a static function, so that the compiler can inline it.
 */
static inline __attribute__((always_inline)) gsize lanes_before(const char *text, gsize len,
								 lanes (*matches)(lanes))
{
	guint8 rest[LANES] = {0};
	gsize at = 0;

	for (; len - at >= LANES; at += LANES) {
		lanes found = matches(lanes_load(text + at));

		if (lanes_any(found))
			return at + lanes_first(found);
	}
	if (at == len)
		return len;
	if (at) { /* check the last 16 bytes, of which the first ones were checked before */
		gsize first = lanes_first(matches(lanes_load(text + len - LANES)));

		return len - LANES + first;
	}
	memcpy(rest, text, len);
	return MIN(lanes_first(matches(lanes_load(rest))), len);
}

#endif
