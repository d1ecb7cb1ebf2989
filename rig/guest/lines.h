/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines of words, bounded: what the parsers of payloads share. Private to guest/. */
#ifndef RIG_GUEST_LINES_H
#define RIG_GUEST_LINES_H

#include <glib.h>

/* A line and its words; W[n] are borrowed from COPY. */
struct line {
	const char *text;
	char **w;
	guint n;
};

/*
 * Calls EACH for every line, split at single spaces into at most MAX words; the last has the rest.
 */
void lines_each(const char *text, guint max, void (*each)(const struct line *line, void *data),
		void *data);

/* TRUE: LINE has WORDS words and the first one is KEY. */
gboolean line_is(const struct line *line, const char *key, guint words);
/* Parses a decimal number; 0 for anything else. */
guint64 line_number(const char *word);
/* Returns a copy of at most 200 bytes as valid UTF-8. */
char *line_word(const char *text);

#endif
