// SPDX-License-Identifier: GPL-2.0-only
/* Removes the marks with which Markdown, forums, trackers and wikis show text as code. */
#include <string.h>

#include "splat/prefix.h"

gsize prefix_code_marks(char *text, gsize len)
{
	gsize n = strspn(text, "[(*_`");

	/*
	 * exclude what follows the mark of code or of bold text: the bracket in
	 * "`[   12.345678] text`"
	 */
	while (n && text[n - 1] != '`' && strncmp(text, "**", n) != 0)
		n--;
	if (!n || len < 2 * n + 1)
		return len;
	for (gsize i = 0; i < n; i++) {
		char end = text[i] == '[' ? ']' : text[i] == '(' ? ')' : text[i];

		if (text[len - 1 - i] != end)
			return len;
	}
	memset(text, ' ', n);
	text[len - n] = '\0';
	return len - n;
}

/* Returns the length of a tag of a forum, tracker or wiki that begins a block of code at TEXT. */
static gsize code_tag_len(const char *text)
{
	static const char *const tags[] = {"[code", "[quote", "[pre", "{code", "{noformat", "{{{"};

	for (gsize i = 0; i < G_N_ELEMENTS(tags); i++) {
		gsize len = strlen(tags[i]);

		if (g_ascii_strncasecmp(text, tags[i], len) != 0)
			continue;
		if (text[len - 1] == '{')
			return len;
		len += strcspn(text + len, "]}");
		return text[len] ? len + 1 : 0;
	}
	return 0;
}

void prefix_code_start(char *text)
{
	gsize n = *text == '[' || *text == '{' ? code_tag_len(text) : strspn(text, "`");

	if (n && !strchr(text + n, '`') && strchr(text + n, ' '))
		memset(text, ' ', n);
}
