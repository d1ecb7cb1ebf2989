/* SPDX-License-Identifier: GPL-2.0-only */
/* Searches texts for words: one word at the start, or all words of a set in one pass. */
#ifndef RIG_SPLAT_WORD_SET_H
#define RIG_SPLAT_WORD_SET_H

#include <glib.h>

#define WORD_SET_MAX 192
#define WORD_SET_LONGS (WORD_SET_MAX / 64)
#define WORD_SET_BUCKETS 1024

struct word_set {
	const char *words[WORD_SET_MAX];
	guint n;
	/*
	 * bit masks of groups of words, by their first and second character, which exclude most
	 * positions of a text: the words in a group have the same first character
	 */
	guint64 with_first[256], with_second[256];
	/* chains of words, by the hash of their first two characters; 0 ends a chain */
	guint8 first[WORD_SET_BUCKETS], next[WORD_SET_MAX + 1]; /* index of the word plus 1 */
};

/* Returns TRUE if TEXT begins with WORD. */
static inline gboolean text_begins(const char *text, const char *word)
{
	while (*word && *text == *word)
		text++, word++;
	return !*word;
}

/* The words that a text contains: bit N is set for the word with index N. */
struct word_bits {
	guint64 longs[WORD_SET_LONGS];
	gboolean any;
};

static inline gboolean word_bits_has(const struct word_bits *bits, guint word)
{
	return bits->longs[word / 64] >> word % 64 & 1;
}

/* Returns the first word from FROM on that BITS has, or WORD_SET_MAX if there is none. */
static inline guint word_bits_next(const struct word_bits *bits, guint from)
{
	for (guint i = from / 64; i < WORD_SET_LONGS; i++) {
		guint64 left = bits->longs[i];

		if (i == from / 64)
			left &= ~(guint64)0 << from % 64;
		if (left)
			return i * 64 + (guint)__builtin_ctzll(left);
	}
	return WORD_SET_MAX;
}

/*
 * Adds WORD, which must have at least two characters and stay valid, to SET, which is all zero
 * before the first call. Returns the word's index; a word that SET has already keeps its index.
 */
guint word_set_add(struct word_set *set, const char *word);
/* Stores which words of SET occur in TEXT. */
void word_set_find(const struct word_set *set, const char *text, struct word_bits *ret);

#endif
