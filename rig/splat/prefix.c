// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands before a console line's own text. Tools put one prefix before another ("> [date] host
 * kernel: [stamp][caller] "), so prefix-pieces.c has a table of the pieces, and a prefix is any sequence of
 * them: quoting of mail, the date and host of syslog and the journal, dmesg's facility, the level,
 * the time stamp, the caller, what vendors add.
 */
#include <string.h>

#include "splat/prefix.h"

#define PIECES_MAX 8 /* of one line's prefix */

int text_int(const char *text)
{
	return CLAMP(g_ascii_strtoll(text, NULL, 10), -1, G_MAXINT);
}

/* The line's pieces ------------------------------------------------------------------- */

/* "<1> BUG: …" is an item of a list: behind a level the kernel's text follows without a blank. */
static gboolean is_list_item(const struct piece *before, guint n, const char *p)
{
	return n == 1 && before && (before->flags & PIECE_LEVEL) && *p == ' ' &&
	       g_ascii_isupper(p[1]) && !g_str_has_prefix(p, " Possible ");
}

static const char *strip_pieces(const char *p, struct line *line)
{
	const struct piece *before = NULL;
	guint n = 0;

	while (n < PIECES_MAX) {
		/* a paste can be indented as a whole; blanks alone are the text's own */
		const char *end = piece_strip(n ? p : p + strspn(p, " \t"), line, &before);

		if (!end)
			break;
		p = end;
		n++;
	}
	if (is_list_item(before, n, p))
		line->kernel = FALSE;
	return p;
}

/* A program's unfinished line ("login: ") can stand before the kernel's: the stamp shows where. */
static const char *strip_glued(const char *p, struct line *line)
{
	for (const char *at = strchr(p, '['); at && at - p < 256; at = strchr(at + 1, '[')) {
		const char *dot = at + 1 + strspn(at + 1, " 0123456789");
		const char *end;

		if (*dot != '.' || strspn(dot + 1, "0123456789") != 6)
			continue;
		end = strip_pieces(at, line);
		if (end != at)
			return end;
	}
	return p;
}

void prefix_strip(char *text, gsize len, struct line *line)
{
	const char *p;

	line->dropped = 0;
	line->stamp = -1;
	line->caller[0] = '\0';
	line->kernel = line->user = FALSE;
	len = prefix_clean(text, len);
	p = prefix_unquote(text);
	/* `journalctl -o json-seq` and -o json-sse */
	p += *p == '\036' ? 1 : g_str_has_prefix(p, "data: {") ? 6 : 0;
	if (*p == '{' && journal_json(text, p, len, line)) {
		line->text = text;
		line->len = strlen(text);
		return;
	}
	p = prefix_dropped(p, line);
	p = prefix_record(p, line);
	p = strip_pieces(p, line);
	if (!line->kernel)
		p = strip_glued(p, line);
	if (line->kernel)
		line->user = FALSE;
	p = prefix_dropped(p, line); /* it has a stamp of its own in some kernels */
	line->text = p;
	line->len = len - (p - text);
}
