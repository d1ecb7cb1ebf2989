// SPDX-License-Identifier: GPL-2.0-only
/* Searches a text for many words in one pass. */
#include "splat/word-set.h"

#include <string.h>

static guint bucket_of(char first)
{
	return ((guint8)first ^ (guint8)first >> 3) % WORD_SET_BUCKETS;
}

guint word_set_add(struct word_set *set, const char *word)
{
	guint bucket = bucket_of(*word), bit = 1U << bucket;
	guint at = 0;

	while (at < set->n && strcmp(set->words[at], word) != 0)
		at++;
	if (at < set->n)
		return at;
	if (at == WORD_SET_MAX || strlen(word) < 2)
		g_error("cannot add '%s' to a set of %u words", word, set->n);
	if (!set->n)
		memset(set->in_bucket, 0xff, sizeof(set->in_bucket));
	set->words[set->n++] = word;
	set->next[at] = set->in_bucket[bucket];
	set->in_bucket[bucket] = (gint16)at;
	set->first[(guint8)word[0]] |= (guint8)bit;
	set->second[(guint8)word[1]] |= (guint8)bit;
	for (guint c = 0; c < 256; c++)
		if (!word[2] || (guint8)word[2] == c)
			set->third[c] |= (guint8)bit;
	return at;
}

void word_set_find(const struct word_set *set, const char *text, struct word_bits *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (const guint8 *p = (const guint8 *)text; *p; p++) {
		guint buckets = set->first[p[0]] & set->second[p[1]];

		/* no word has NUL as its second character, so p[2] exists */
		for (buckets = buckets ? buckets & set->third[p[2]] : 0; buckets;
		     buckets &= buckets - 1) {
			gint16 at = set->in_bucket[g_bit_nth_lsf(buckets, -1)];

			for (; at >= 0; at = set->next[at]) {
				if (!text_begins((const char *)p, set->words[at]))
					continue;
				ret->longs[at / 64] |= (guint64)1 << at % 64;
				ret->any = TRUE;
			}
		}
	}
}
