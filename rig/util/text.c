// SPDX-License-Identifier: GPL-2.0-only
/* Text without what a terminal would obey or a document cannot hold. */
#include "util/text.h"

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
