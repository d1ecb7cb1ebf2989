/* SPDX-License-Identifier: GPL-2.0-only */
/* Searches texts for words: one word at the start, or all words of a set in one pass. */
#ifndef RIG_SPLAT_WORD_SET_H
#define RIG_SPLAT_WORD_SET_H

#include <glib.h>

#define WORD_SET_MAX 192
#define WORD_SET_LONGS (WORD_SET_MAX / 64)
#define WORD_SET_BUCKETS 8

/*
 * The words are divided into buckets by their first character. There are three bit masks for each
 * character: of the buckets with a word whose first, second or third character it is.
 */
struct word_set {
	const char *words[WORD_SET_MAX];
	guint n;
	guint8 first[256], second[256], third[256];
	gint16 next[WORD_SET_MAX]; /* the next word of the same bucket; -1: there is none */
	gint16 in_bucket[WORD_SET_BUCKETS];
};

/* Returns TRUE if TEXT begins with WORD. */
static inline gboolean text_begins(const char *text, const char *word)
{
	while (*word && *text == *word)
		text++, word++;
	return !*word;
}

/* The words of TEXT, as a bit for the index of each. */
struct word_bits {
	guint64 longs[WORD_SET_LONGS];
	gboolean any;
};

static inline gboolean word_bits_has(const struct word_bits *bits, guint word)
{
	return bits->longs[word / 64] >> word % 64 & 1;
}

/*
 * Adds WORD, which must have at least two characters and stay valid, to SET, which is all zero
 * before the first call. Returns the word's index; a word that SET has already keeps its index.
 */
guint word_set_add(struct word_set *set, const char *word);
void word_set_find(const struct word_set *set, const char *text, struct word_bits *ret);

#endif
