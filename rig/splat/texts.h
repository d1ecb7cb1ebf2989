/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stores the texts of a report, which are freed together. The memory is kept for the next report:
 * allocating it again for each report would take longer than copying the texts.
 */
#ifndef RIG_SPLAT_TEXTS_H
#define RIG_SPLAT_TEXTS_H

#include <glib.h>
#include <string.h>

#define TEXTS_BLOCK 32768

struct texts {
	char *next, *end; /* the free part of the newest block */
	GSList *more;	  /* further blocks */
	char block[TEXTS_BLOCK];
};

struct texts *texts_new(void);
void texts_free(struct texts *texts);
/* Frees all texts. */
void texts_clear(struct texts *texts);
/* Begins a new block with room for at least LEN bytes. */
void texts_grow(struct texts *texts, gsize len);

/* Stores LEN bytes of TEXT and a NUL. The result is valid until texts_clear(). */
static inline char *texts_add(struct texts *texts, const char *text, gsize len)
{
	char *copy;

	if (len >= (gsize)(texts->end - texts->next))
		texts_grow(texts, len + 1);
	copy = texts->next;
	memcpy(copy, text, len);
	copy[len] = '\0';
	texts->next += len + 1;
	return copy;
}

#endif
