/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations for the vector search of filter.c. From each word, FILTER_PRINT consecutive bytes
 * are chosen, which are called its print. The words are divided into groups. A group compares the
 * upper and the lower half of each byte separately, so it may also accept bytes that are not the
 * print of any of its words.
 */
#ifndef RIG_SPLAT_FILTER_H
#define RIG_SPLAT_FILTER_H

#include <string.h>

#include "splat/internal.h"

#define FILTER_PRINT 5
#define FILTER_GROUPS 8
#define FILTER_HASH_BITS 9
#define FILTER_WORD_MAX 32 /* length of the longest word */
/*
 * inputs with fewer bytes are not searched with vectors, because the set-up takes longer than it
 * saves
 */
#define FILTER_VECTOR_LEAST 256

/*
 * For each byte of a print, and each value of the byte's lower or upper half: a bit mask of the
 * groups that accept this value there.
 */
struct filter_prints {
	guint8 low[FILTER_PRINT][16], high[FILTER_PRINT][16];
	/* index of the first word whose print's first four bytes have this hash, or -1 */
	gint16 first[1 << FILTER_HASH_BITS];
};

static inline guint32 filter_four(const void *print)
{
	guint32 four;

	memcpy(&four, print, sizeof(four));
	return four;
}

static inline guint filter_hash(guint32 four)
{
	return four * 2654435761U >> (32 - FILTER_HASH_BITS);
}

gboolean filter_has_vectors(void);
/*
 * Decides whether position AT of BYTES is a result of the search. At least FILTER_PRINT bytes
 * follow it.
 */
typedef gboolean (*filter_check)(const guint8 *bytes, gsize len, gsize at);
/*
 * Searches BYTES for the first position at which CHECK returns TRUE. CHECK is only called where a
 * group accepts the bytes and their hash is that of a print, and where a byte is not ASCII. If
 * there is one, returns TRUE, and *RET_AT is this position. Otherwise returns FALSE; then the
 * positions before *RET_AT were examined, and those from *RET_AT on were not.
 */
gboolean filter_vector(const struct filter_prints *prints, const guint8 *bytes, gsize len,
		       filter_check check, gsize *ret_at);

#endif
