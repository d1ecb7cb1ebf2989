// SPDX-License-Identifier: GPL-2.0-only
/* Splits text into lines and words (lines.h), with a maximum number of lines. */
#include "guest/lines.h"

#include <string.h>

#define LINES_MAX 200000
#define WORD_MAX 200

void lines_each(const char *text, guint max, void (*each)(const struct line *line, void *data),
		void *data)
{
	guint lines = 0;

	for (const char *end; *text && lines++ < LINES_MAX; text = *end ? end + 1 : end) {
		g_autofree char *one = NULL;
		g_auto(GStrv) words = NULL;
		struct line line;

		end = text + strcspn(text, "\n");
		one = g_strndup(text, end - text);
		words = g_strsplit(one, " ", max);
		line = (struct line){one, words, g_strv_length(words)};
		if (line.n)
			each(&line, data);
	}
}

gboolean line_is(const struct line *line, const char *key, guint words)
{
	return line->n == words && !strcmp(line->w[0], key);
}

guint64 line_number(const char *word)
{
	return g_ascii_strtoull(word, NULL, 10);
}

char *line_word(const char *text)
{
	g_autofree char *cut = g_strndup(text, WORD_MAX);

	return g_utf8_make_valid(cut, -1);
}
