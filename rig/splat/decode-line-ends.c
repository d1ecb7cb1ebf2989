// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decodes text whose lines do not end in a newline, but in CR, or in the two characters "\n", as in
 * a log that is a string of JSON or of a program.
 */
#include <string.h>

#include "splat/decode-parts.h"

#define ROOM 4096

struct line_ends {
	enum line_ends_form form;
	decode_sink sink;
	void *data;
	gboolean after_return; /* LINE_ENDS_RETURN: the last byte was CR */
	/* LINE_ENDS_ESCAPED: the text ended in backslashes, or in the start of "\u001b" */
	char escape[8];
	gsize escape_len;
	guint8 out[ROOM];
	gsize out_len;
};

/*
 * Returns the number of characters of "\n" at P, with any number of backslashes, or 0 if it is
 * none.
 */
static gsize escaped_newline(const char *p)
{
	gsize slashes = strspn(p, "\\");

	return slashes && p[slashes] == 'n' ? slashes + 1 : 0;
}

/* Returns TRUE if a line of the kernel with a time stamp begins at P: "[   12.345678]". */
static gboolean is_stamp(const char *p)
{
	gsize digits;

	if (*p == '<')
		p += 1 + strspn(p + 1, "0123456789>");
	if (*p != '[')
		return FALSE;
	p += 1 + strspn(p + 1, " ");
	digits = strspn(p, "0123456789");
	return digits && p[digits] == '.' && strspn(p + digits + 1, "0123456789") >= 3;
}

/*
 * Returns TRUE if TEXT has more line ends of the form "\n" than newlines, or one before a line of
 * the kernel. Entries of `journalctl -o json` are excluded, because journal-json.c reads them.
 */
static gboolean is_escaped(const char *text)
{
	guint escaped = 0, real = 0;
	gboolean stamped = FALSE;

	if (strstr(text, "\"MESSAGE\""))
		return FALSE;
	for (const char *p = text; *p; p++) {
		gsize len = escaped_newline(p);

		real += *p == '\n';
		if (!len)
			continue;
		escaped++;
		p += len - 1;
		stamped |= is_stamp(p + 1);
	}
	return stamped || (escaped >= 3 && escaped > real);
}

enum line_ends_form line_ends_begin(const char *start, gsize len)
{
	g_autofree char *text = g_strndup(start, len);
	const char *cr = strchr(text, '\r');

	if (cr && !strchr(text, '\n') && strchr(cr + 1, '\r'))
		return LINE_ENDS_RETURN;
	return is_escaped(text) ? LINE_ENDS_ESCAPED : LINE_ENDS_PLAIN;
}

struct line_ends *line_ends_new(enum line_ends_form form, decode_sink sink, void *data)
{
	struct line_ends *ends = g_new0(struct line_ends, 1);

	ends->form = form;
	ends->sink = sink;
	ends->data = data;
	return ends;
}

static void flush(struct line_ends *ends)
{
	if (ends->out_len)
		ends->sink(ends->out, ends->out_len, ends->data);
	ends->out_len = 0;
}

static void put(struct line_ends *ends, const char *text, gsize len)
{
	if (len > sizeof(ends->out) - ends->out_len)
		flush(ends);
	memcpy(ends->out + ends->out_len, text, len);
	ends->out_len += len;
}

static void take_return(struct line_ends *ends, char c)
{
	gboolean second = ends->after_return && c == '\n'; /* CR LF is one line end */

	ends->after_return = c == '\r';
	if (!second)
		put(ends, c == '\r' ? "\n" : &c, 1);
}

/* Writes the character that the four hex digits at HEX are the code of, if it is ASCII. */
static void put_code(struct line_ends *ends, const char *hex)
{
	gint64 code = g_ascii_strtoll(hex, NULL, 16);
	char c = code > 0 && code < 128 ? (char)code : ' ';

	put(ends, &c, 1);
}

/*
 * Adds a character to the escape that the text before it has begun: backslashes, then a letter; the
 * letter 'u' is followed by four hex digits. Other characters after backslashes are kept.
 */
static void take_escape(struct line_ends *ends, char c)
{
	static const char letters[] = "nrt\"/", meant[] = "\n\r\t\"/";
	gsize len = ends->escape_len;
	const char *letter = memchr(letters, c, sizeof(letters) - 1);
	gboolean in_code = len > 1 && ends->escape[1] == 'u';

	if (c == '\\' && !in_code)
		return; /* one of several backslashes */
	ends->escape[ends->escape_len++] = c;
	if ((!in_code && c == 'u') || (in_code && g_ascii_isxdigit(c) && len < 5))
		return;
	if (in_code && g_ascii_isxdigit(c))
		put_code(ends, ends->escape + 2);
	else if (!in_code && letter)
		put(ends, &meant[letter - letters], 1);
	else
		put(ends, ends->escape, ends->escape_len);
	ends->escape_len = 0;
}

static void take_escaped(struct line_ends *ends, char c)
{
	if (ends->escape_len) {
		take_escape(ends, c);
	} else if (c == '\\') {
		ends->escape[0] = c;
		ends->escape_len = 1;
	} else {
		put(ends, &c, 1);
	}
}

void line_ends_feed(struct line_ends *ends, const guint8 *bytes, gsize len)
{
	for (gsize i = 0; i < len; i++) {
		if (ends->form == LINE_ENDS_RETURN)
			take_return(ends, (char)bytes[i]);
		else
			take_escaped(ends, (char)bytes[i]);
	}
	flush(ends);
}

void line_ends_end(struct line_ends *ends)
{
	put(ends, ends->escape, ends->escape_len);
	flush(ends);
	g_free(ends);
}
