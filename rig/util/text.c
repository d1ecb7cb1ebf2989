// SPDX-License-Identifier: GPL-2.0-only
/*
 * Removes control characters and invalid XML characters from text; finds the word that was probably
 * meant.
 */
#include "util/text.h"

#include <string.h>

#include "util/lanes.h"

char *text_clean(const char *text)
{
	GString *clean = g_string_new(NULL);
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (c == '\t' || c == '\n')
			g_string_append_c(clean, c);
		else if (c < 0x20 || c == 0x7f)
			g_string_append_printf(clean, "^%c", c ^ 0x40);
		else if ((c >= 0x80 && c < 0xa0) || c == 0xfffe || c == 0xffff)
			g_string_append_c(clean, '?');
		else
			g_string_append_unichar(clean, c);
	}
	return g_string_free(clean, FALSE);
}

const char *text_s(guint64 n)
{
	return n == 1 ? "" : "s";
}

#define WORD_MAX 64

/*
 * Returns the smallest number of changes that turn A into B: a letter is replaced, inserted,
 * removed, or swapped with the next one.
 */
static guint distance(const char *a, const char *b)
{
	guint rows[3][WORD_MAX + 1], *before = rows[0], *last = rows[1], *now = rows[2], *free_row;
	gsize n = strlen(a), m = strlen(b);

	for (gsize k = 0; k <= m; k++)
		last[k] = k;
	for (gsize i = 1; i <= n; i++) {
		now[0] = i;
		for (gsize k = 1; k <= m; k++) {
			now[k] = MIN(MIN(last[k], now[k - 1]) + 1,
				     last[k - 1] + (a[i - 1] != b[k - 1]));
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				now[k] = MIN(now[k], before[k - 2] + 1);
		}
		free_row = before;
		before = last;
		last = now;
		now = free_row;
	}
	return last[m];
}

const char *text_nearest(const char *word, const char *const *candidates)
{
	const char *best = NULL;
	guint least = G_MAXUINT;

	if (strlen(word) > WORD_MAX)
		return NULL;
	for (; *candidates; candidates++) {
		guint cost =
			strlen(*candidates) > WORD_MAX ? G_MAXUINT : distance(word, *candidates);

		if (cost >= least || cost > MAX(1, strlen(word) / 3))
			continue;
		least = cost;
		best = *candidates;
	}
	return best;
}

gboolean text_is_utf8(const char *text, gsize len)
{
	gsize at = 0;

	while (len - at >= LANES && !lanes_any(lanes_load(text + at) & 0x80))
		at += LANES;
	while (at < len && (gint8)text[at] > 0)
		at++;
	return at == len || g_utf8_validate(text + at, (gssize)(len - at), NULL);
}
