/* SPDX-License-Identifier: GPL-2.0-only */
/* Searches a text for words: for one word at its start, or for all words of a set in one pass. */
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
	 * For each character, bit masks of the groups with a word that has it as its first or its
	 * second character. The group of a word is its first character modulo 64. A position of a
	 * text whose two characters have no group in common is skipped.
	 */
	guint64 with_first[256], with_second[256];
	/*
	 * chains of the words whose first two characters have the same hash, each entry the index
	 * of a word plus 1; 0 ends a chain
	 */
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

/*
 * Returns the index of the first word in BITS whose index is at least FROM, or WORD_SET_MAX if
 * there is none.
 */
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
 * Adds WORD to SET. WORD must have at least two characters and stay valid; SET must be all zero
 * before the first call. Returns the word's index; if SET has the word already, the index that it
 * has.
 */
guint word_set_add(struct word_set *set, const char *word);
/* Stores which words of SET occur in TEXT. */
void word_set_find(const struct word_set *set, const char *text, struct word_bits *ret);

#endif
