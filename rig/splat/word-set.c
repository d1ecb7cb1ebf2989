// SPDX-License-Identifier: GPL-2.0-only
/* Searches a text for many words in one pass. */
#include "splat/word-set.h"

#include <string.h>

static inline guint16 pair_at(const char *p)
{
	guint16 pair;

	memcpy(&pair, p, sizeof(pair));
	return pair;
}

static inline guint bucket_of(guint16 pair)
{
	return (pair ^ pair >> 4) % WORD_SET_BUCKETS;
}

/* Returns how rare C is in logs; the characters of the last class are the rarest. */
static guint rarity(char c)
{
	return strchr(" etaoinsr-", c) ? 0 : strchr("lckydu:.[]mpghfb()0123456789", c) ? 1 : 2;
}

/*
 * Returns the offset in WORD of the three bytes whose pairs are the rarest in logs. It is not 0 if
 * the word is long enough, so that a byte precedes them.
 */
static guint rarest(const char *word)
{
	guint best = 0, most = 0;

	for (guint at = word[3] != '\0'; word[at + 2]; at++) {
		guint one = rarity(word[at]) + rarity(word[at + 1]);
		guint two = rarity(word[at + 1]) + rarity(word[at + 2]);
		/* the more frequent pair counts most */
		guint score = 4 * MIN(one, two) + one + two;

		if (score >= most) {
			most = score;
			best = at;
		}
	}
	return best;
}

/* Adds the pair at offset AT of the word with index WORD. */
static void add_pair(struct word_set *set, guint word, guint at)
{
	guint16 pair = pair_at(set->words[word] + at);
	guint16 *bucket = &set->first[bucket_of(pair)];
	guint8 group = (guint8)(1U << word % 8);
	guint place = 2 * word;

	/* the entry after the word's first pair is for its second pair */
	place += set->places[place].pair ? 1 : 0;
	set->places[place] = (struct word_pair){pair, *bucket, (guint8)word, (guint8)at};
	*bucket = (guint16)(place + 1);
	set->pairs[bucket_of(pair)] |= group;
	if (at)
		set->before[(guint8)set->words[word][at - 1]] |= group;
	for (guint c = 0; !at && c < 256; c++)
		set->before[c] |= group;
}

guint word_set_add(struct word_set *set, const char *word)
{
	gsize len = strlen(word);
	guint at = 0, rare;

	while (at < set->n && strcmp(set->words[at], word) != 0)
		at++;
	if (at < set->n)
		return at;
	if (at == WORD_SET_MAX || len < 2 || (len == 2 && set->n_short == WORD_SET_SHORT))
		g_error("cannot add '%s' to a set of %u words", word, set->n);
	set->words[set->n++] = word;
	if (len == 2) {
		set->shorts[set->n_short++] = (guint8)at;
		return at;
	}
	rare = rarest(word);
	add_pair(set, at, rare);
	add_pair(set, at, rare + 1);
	return at;
}

static inline void found(struct word_bits *bits, guint word)
{
	bits->longs[word / 64] |= (guint64)1 << word % 64;
	bits->any = TRUE;
}

/* Stores the words of SET of which the pair at P of TEXT is a part. */
static void find_at(const struct word_set *set, const char *text, const char *p,
		    struct word_bits *ret)
{
	guint16 pair = pair_at(p);

	for (guint i = set->first[bucket_of(pair)]; i; i = set->places[i - 1].next) {
		const struct word_pair *place = &set->places[i - 1];

		if (place->pair != pair || p - text < (gssize)place->at ||
		    !text_begins(p - place->at, set->words[place->word]))
			continue;
		found(ret, place->word);
	}
}

void word_set_find(const struct word_set *set, const char *text, struct word_bits *ret)
{
	const char *end = text + strlen(text);
	guint8 before = 0;

	memset(ret, 0, sizeof(*ret));
	for (guint i = 0; i < set->n_short; i++)
		if (strstr(text, set->words[set->shorts[i]]))
			found(ret, set->shorts[i]);
	for (const char *p = text; end - p >= 2; before = (guint8)p[1], p += 2)
		if (set->pairs[bucket_of(pair_at(p))] & set->before[before])
			find_at(set, text, p, ret);
}
