/* SPDX-License-Identifier: GPL-2.0-only */
/* Searches a text for words: for one word at its start, or for all words of a set in one pass. */
#ifndef RIG_SPLAT_WORD_SET_H
#define RIG_SPLAT_WORD_SET_H

#include <glib.h>

#define WORD_SET_MAX 192
#define WORD_SET_LONGS (WORD_SET_MAX / 64)
#define WORD_SET_BUCKETS 4096
#define WORD_SET_SHORT 4

/*
 * A set of words that are searched for in a text in one pass. From each word, three consecutive
 * bytes are chosen. Only every second position of a text is examined: one of the two pairs in these
 * three bytes is there. Words of two bytes are searched for one by one.
 */
struct word_set {
	const char *words[WORD_SET_MAX];
	guint n, n_short;
	guint8 shorts[WORD_SET_SHORT]; /* indexes of the words of two bytes */
	/*
	 * The words are divided into eight groups. For each hash of a pair, `pairs` is a bit mask
	 * of the groups with a word that contains such a pair. For each byte, `before` is one of
	 * the groups with a word that contains this byte before a pair. A position of a text whose
	 * two masks have no bit in common is skipped.
	 */
	guint8 pairs[WORD_SET_BUCKETS], before[256];
	/*
	 * the places of pairs in words: chains of those with the same hash, each entry the index of
	 * a place plus 1; 0 ends a chain
	 */
	guint16 first[WORD_SET_BUCKETS];
	struct word_pair {
		guint16 pair, next;
		guint8 word, at; /* index of the word, and offset of the pair in it */
	} places[2 * WORD_SET_MAX];
};

/* Returns the first character of TEXT that is neither a blank nor a tab. */
static inline const char *skip_blanks(const char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	return text;
}

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
