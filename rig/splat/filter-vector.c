// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vector search of filter.c with AVX2. It uses the algorithm "Teddy" of Hyperscan and the Rust
 * crate aho-corasick: a shuffle instruction looks up, for each half of a byte, which groups of
 * words accept it at this position of a print (the bytes chosen from a word, filter.h). Only this
 * file checks whether the host has AVX2.
 */
#include "splat/filter.h"

#ifdef __AVX2__
#define WITH_AVX2
#elif defined(__x86_64__)
#define WITH_AVX2 __attribute__((target("avx2")))
#endif

#ifdef WITH_AVX2

#include <immintrin.h>

#define LANES 32

gboolean filter_has_vectors(void)
{
	return __builtin_cpu_supports("avx2") != 0;
}

struct tables {
	__m256i low[FILTER_PRINT], high[FILTER_PRINT];
};

/*
 * Returns a byte for each of the 32 positions from P on: a bit mask of the groups of words
 * (filter.h) that accept the byte at this position + I as byte I of a print.
 */
WITH_AVX2 static inline __m256i fits(const struct tables *tables, int i, const guint8 *p)
{
	const __m256i half = _mm256_set1_epi8(0x0f);
	__m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)(p + i));
	__m256i low = _mm256_and_si256(bytes, half);
	__m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);

	return _mm256_and_si256(_mm256_shuffle_epi8(tables->low[i], low),
				_mm256_shuffle_epi8(tables->high[i], high));
}

WITH_AVX2 static inline void load(const struct filter_prints *prints, struct tables *tables)
{
#pragma GCC unroll 8
	for (int i = 0; i < FILTER_PRINT; i++) {
		tables->low[i] = _mm256_broadcastsi128_si256(
			_mm_loadu_si128((const __m128i *)(const void *)prints->low[i]));
		tables->high[i] = _mm256_broadcastsi128_si256(
			_mm_loadu_si128((const __m128i *)(const void *)prints->high[i]));
	}
}

/*
 * Finds the next 32 positions, from *PLACE on, of which at least one must be checked: moves *PLACE
 * to the first of them, and returns a bit for each one that must be checked. Returns 0 if there is
 * none before the end. This is a function of its own, so that the tables stay in registers.
 */
WITH_AVX2 static __attribute__((noinline)) guint next_places(const struct filter_prints *prints,
							      const guint8 *bytes, gsize len,
							      gsize *place)
{
	const __m256i zero = _mm256_setzero_si256();
	struct tables tables;
	guint found = 0;
	gsize at = *place;

	load(prints, &tables);
	for (; at + LANES + FILTER_PRINT - 1 <= len; at += LANES) {
		__m256i here = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + at));
		__m256i all = fits(&tables, 0, bytes + at);

#pragma GCC unroll 8
		for (int i = 1; i < FILTER_PRINT; i++)
			all = _mm256_and_si256(all, fits(&tables, i, bytes + at));
		found = ~(guint)_mm256_movemask_epi8(_mm256_cmpeq_epi8(all, zero)) |
			(guint)_mm256_movemask_epi8(here);
		if (found)
			break;
	}
	*place = at;
	return found;
}

gboolean filter_vector(const struct filter_prints *prints, const guint8 *bytes, gsize len,
		       filter_check check, gsize *ret_at)
{
	gsize place = 0;
	guint left;

	for (; (left = next_places(prints, bytes, len, &place)); place += LANES) {
		for (; left; left &= left - 1) {
			const guint8 *p = bytes + place + (guint)__builtin_ctz(left);

			/*
			 * at most positions that a group accepts there is no word: compare the hash
			 * first
			 */
			if (*p < 0x80 && prints->first[filter_hash(filter_four(p))] < 0)
				continue;
			*ret_at = (gsize)(p - bytes);
			if (check(bytes, len, *ret_at))
				return TRUE;
		}
	}
	*ret_at = place;
	return FALSE;
}

#else

gboolean filter_has_vectors(void)
{
	return FALSE;
}

gboolean filter_vector(const struct filter_prints *prints, const guint8 *bytes, gsize len,
		       filter_check check, gsize *ret_at)
{
	(void)prints, (void)bytes, (void)len, (void)check, (void)ret_at;
	return FALSE;
}

#endif
