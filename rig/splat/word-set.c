// SPDX-License-Identifier: GPL-2.0-only
/* Searches a text for many words in one pass. */
#include "splat/word-set.h"

#include <string.h>

static inline guint bucket_of(const char *pair)
{
	return ((guint8)pair[0] + (guint8)pair[1] * 37U) % WORD_SET_BUCKETS;
}

guint word_set_add(struct word_set *set, const char *word)
{
	guint8 *bucket = &set->first[bucket_of(word)];
	guint at = 0;

	while (at < set->n && strcmp(set->words[at], word) != 0)
		at++;
	if (at < set->n)
		return at;
	if (at == WORD_SET_MAX || strlen(word) < 2)
		g_error("cannot add '%s' to a set of %u words", word, set->n);
	set->with_first[(guint8)word[0]] |= (guint64)1 << (guint8)word[0] % 64;
	set->with_second[(guint8)word[1]] |= (guint64)1 << (guint8)word[0] % 64;
	set->words[set->n++] = word;
	set->next[set->n] = *bucket;
	*bucket = (guint8)set->n;
	return at;
}

void word_set_find(const struct word_set *set, const char *text, struct word_bits *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (const char *p = text; *p; p++) {
		if (!(set->with_first[(guint8)p[0]] & set->with_second[(guint8)p[1]]))
			continue;
		for (guint i = set->first[bucket_of(p)]; i; i = set->next[i]) {
			if (!text_begins(p, set->words[i - 1]))
				continue;
			ret->longs[(i - 1) / 64] |= (guint64)1 << (i - 1) % 64;
			ret->any = TRUE;
		}
	}
}
