/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vector search of filter.c. Of each word, FILTER_PRINT bytes are chosen, which are called its
 * print. The words are divided into groups. A group compares the upper and lower halves of bytes
 * separately, so it may also accept a print that none of its words has.
 */
#ifndef RIG_SPLAT_FILTER_H
#define RIG_SPLAT_FILTER_H

#include <string.h>

#include "splat/internal.h"

#define FILTER_PRINT 5
#define FILTER_GROUPS 8
#define FILTER_HASH_BITS 9
#define FILTER_WORD_MAX 32 /* length of the longest word */
/* for shorter inputs the set-up would cost more than the vector search saves */
#define FILTER_VECTOR_LEAST 256

/*
 * For each byte of a print, and each value of the byte's lower and upper half: a bit mask of the
 * groups that accept it.
 */
struct filter_prints {
	guint8 low[FILTER_PRINT][16], high[FILTER_PRINT][16];
	/* by the hash of the print's first four bytes: the index of a word; -1: there is none */
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
/* Returns TRUE if BYTES + AT, followed by at least FILTER_PRINT bytes, is what is searched for. */
typedef gboolean (*filter_check)(const guint8 *bytes, gsize len, gsize at);
/*
 * Returns TRUE if *RET_AT is the first position in BYTES where a group accepts the print and its
 * hash is that of a word, or where a byte is not ASCII, and CHECK returns TRUE. FALSE: there is
 * none before *RET_AT; positions from there on were not examined.
 */
gboolean filter_vector(const struct filter_prints *prints, const guint8 *bytes, gsize len,
		       filter_check check, gsize *ret_at);

#endif
