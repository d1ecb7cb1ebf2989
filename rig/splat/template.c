// SPDX-License-Identifier: GPL-2.0-only
/*
 * Expands a template of the table of formats, for a title or signature: text with words in braces,
 * such as "{f}", which are replaced.
 */
#include <string.h>

#include "splat/internal.h"

char *template_fill(const char *template, template_word expand, void *data)
{
	GString *out = g_string_sized_new(128);

	for (const char *p = template; *p;) {
		const char *open = strchrnul(p, '{');
		char word[16];
		gsize len;

		g_string_append_len(out, p, open - p);
		if (!*open)
			break;
		p = open;
		len = strcspn(p, "}");
		g_strlcpy(word, p + 1, MIN(len, sizeof(word)));
		expand(out, word, data);
		p += len + (p[len] == '}');
	}
	return g_string_free(out, FALSE);
}
