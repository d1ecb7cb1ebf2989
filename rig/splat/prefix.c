// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses the prefix of a console line. Tools add a prefix before existing ones ("> [date] host
 * kernel: [stamp][caller] "), so a prefix is any sequence of the pieces in the table of
 * prefix-pieces.c: quote marks of mail, the date and host of syslog and the journal, dmesg's
 * facility, the level, the time stamp, the caller, and additions of vendors.
 */
#include <string.h>

#include "splat/prefix.h"

#define PIECES_MAX 8 /* maximum number of pieces in a prefix */

int text_int(const char *text)
{
	return CLAMP(g_ascii_strtoll(text, NULL, 10), -1, G_MAXINT);
}

/* The line's pieces ------------------------------------------------------------------- */

/*
 * Returns TRUE if the text at P, such as "<1> BUG: …", is an item of a list, because in kernel
 * output no blank follows the level.
 */
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
		/*
		 * skip the blanks before a prefix, because pasted text may be indented; without a
		 * prefix, blanks belong to the text
		 */
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

/*
 * Skips an unfinished line of a program ("login: ") that precedes a line of the kernel, which
 * begins with its time stamp.
 */
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

/*
 * Returns TRUE if no part of a prefix begins at P, the text after a time stamp. FALSE: one may
 * begin there, so the caller must parse the line completely. This check is fast.
 */
static gboolean is_text(const char *p)
{
	gsize first = strcspn(p, " :");
	const char *second = p + first + 1;

	if (*p == ' ')
		return (g_ascii_isalpha(p[1]) && p[2] != '[') || (p[1] && strchr("?_#<", p[1]));
	if (*p == '-')
		return p[1] != '(';
	if (!g_ascii_isalpha(*p) || p[1] == '/' || (*p == 'c' && g_ascii_isdigit(p[1])))
		return FALSE;
	if (p[first] == ':') /* a tag such as "kernel: " */
		return strncmp(p, "kernel", 6) != 0 && strncmp(p, "KERNEL", 6) != 0;
	/* a host and a tag, such as "host kernel: " or "host app[12]: " */
	return !p[first] || !strchr(":[", second[strcspn(second, " :[")]);
}

/*
 * Skips the most frequent prefixes, "[ 12.345678] " and "[ 12.345678][ T123] ", with the same
 * result as piece_strip(). Returns the start of the text; NULL: the prefix has another form.
 */
static const char *strip_plain(const char *text, struct line *line)
{
	static const char digits[] = "0123456789";
	const char *number, *p;
	gsize whole;
	guint64 units;
	const char *end;

	if (*text != '[')
		return NULL;
	for (number = text + 1; *number == ' '; number++)
		;
	whole = strspn(number, digits);
	p = number + whole;
	if (!whole || whole > 9 || *p != '.' || strspn(p + 1, digits) != 6 || p[7] != ']')
		return NULL;
	for (units = 0, end = number; end < p + 7; end++)
		units = *end == '.' ? units : units * 10 + (guint64)(*end - '0');
	p += 8;
	if (*p == '[') {
		const char *caller = p + 1 + strspn(p + 1, " ");
		gsize len = *caller == 'T' || *caller == 'C' ? 1 + strspn(caller + 1, digits) : 0;

		if (len < 2 || len >= CALLER_LEN || caller[len] != ']')
			return NULL;
		memcpy(line->caller, caller, len);
		line->caller[len] = '\0';
		p = caller + len + 1;
	}
	p += *p == ' ';
	if (!is_text(p)) {
		line->caller[0] = '\0';
		return NULL;
	}
	line->stamp = (double)units / 1e6;
	line->kernel = TRUE;
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
	p = strip_plain(text, line);
	if (p) {
		line->text = p;
		line->len = len - (gsize)(p - text);
		return;
	}
	p = prefix_unquote(text);
	/* marks of `journalctl -o json-seq` and -o json-sse */
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
	p = prefix_dropped(p, line); /* in some kernels this notice has its own time stamp */
	line->text = p;
	line->len = len - (p - text);
}
