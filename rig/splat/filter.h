/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vector search of filter.c: words are told apart by FILTER_PRINT bytes of each, their print,
 * and lie in groups. A
 * group lets a print through by the halves of its bytes, so that what it lets through can be none
 * of its
 * words'.
 */
#ifndef RIG_SPLAT_FILTER_H
#define RIG_SPLAT_FILTER_H

#include "splat/internal.h"

#define FILTER_PRINT 5
#define FILTER_GROUPS 8
#define FILTER_WORD_MAX 32	/* bytes of the longest word */
#define FILTER_VECTOR_LEAST 256 /* shorter stretches are not worth the start */

/* For each byte of a print and each value of its lower and upper half: a bit for each group. */
struct filter_prints {
	guint8 low[FILTER_PRINT][16], high[FILTER_PRINT][16];
};

gboolean filter_has_vectors(void);
/* Is a word of one of the groups in MASK around its print at BYTES + AT? */
typedef gboolean (*filter_check)(const guint8 *bytes, gsize len, gsize at, guint mask);
/*
 * The first place in BYTES where a group lets the print through and CHECK agrees: *RET_AT. FALSE:
 * there is none, but for
 * prints that begin at *RET_AT or later, which were not looked at.
 */
gboolean filter_vector(const struct filter_prints *prints, const guint8 *bytes, gsize len,
		       filter_check check, gsize *ret_at);

#endif
