/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Splits text into lines and words; the number of lines is limited. Used by the parsers of
 * payloads. Private to guest/.
 */
#ifndef RIG_GUEST_LINES_H
#define RIG_GUEST_LINES_H

#include <glib.h>

/* A line and its words. */
struct line {
	const char *text;
	char **w; /* NULL-terminated */
	guint n;  /* number of words */
};

/*
 * Calls EACH for every line, split at single spaces into at most MAX words. In a longer line, the
 * last of these words contains the rest of the line.
 */
void lines_each(const char *text, guint max, void (*each)(const struct line *line, void *data),
		void *data);

/* Returns TRUE if LINE has WORDS words and the first one is KEY. */
gboolean line_is(const struct line *line, const char *key, guint words);
/* Parses a decimal number; returns 0 for any other text. */
guint64 line_number(const char *word);
/* Returns a copy of TEXT, cut to 200 bytes; U+FFFD replaces invalid UTF-8. The caller frees it. */
char *line_word(const char *text);

#endif
