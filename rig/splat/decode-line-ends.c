// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decodes text whose lines do not end in a newline, but in CR, or in the two characters "\n". Lines
 * end in "\n" if a log is a string of JSON or of a program. The strings of an array are also lines.
 * In other text, single long lines can be such strings.
 */
#include <string.h>

#include "splat/decode-parts.h"

#define ROOM 4096
/* Lines with fewer bytes are not searched for the characters "\n": a report is longer. */
#define LONG_LINE 1024
#define HELD_MAX 4096 /* these first bytes of a long line decide whether its text is escaped */
#define BETWEEN "[], \t" /* characters between the strings of an array */
#define TAG_MAX 96    /* maximum length of syslog's prefix */

/* The kind of a line in text of LINE_ENDS_PLAIN. */
enum line_kind {
	LINE_UNKNOWN, /* too few bytes of it were read to decide */
	LINE_PLAIN,
	LINE_ESCAPED, /* it is a string: its lines end in the two characters "\n" */
};

struct line_ends {
	enum line_ends_form form;
	decode_sink sink;
	void *data;
	gboolean after_return; /* LINE_ENDS_RETURN: the last byte was CR (carriage return) */
	/*
	 * LINE_ENDS_ESCAPED: an incomplete escape sequence at the end of the text so far:
	 * backslashes, or the start of "\u001b"
	 */
	char escape[8];
	gsize escape_len;
	/*
	 * LINE_ENDS_ESCAPED: characters that may be the end of a string and the start of the next
	 * one, such as "\", \""
	 */
	char between[16];
	gsize between_len;
	guint8 out[ROOM];
	gsize out_len;
	/* the members from here on are used with LINE_ENDS_PLAIN */
	enum line_kind kind;	 /* kind of the current line */
	char held[HELD_MAX + 1]; /* the current line so far, while `kind` is LINE_UNKNOWN */
	gsize held_len;
};

/*
 * Returns the number of characters from the end of a string at P to the start of the next one in
 * the same or the next array, or 0 if there is none: "\", \"", "\"],[\"".
 */
static gsize string_end(const char *p)
{
	gsize len = *p == '"' || *p == '\'' ? strspn(p + 1, BETWEEN) : 0;

	return len && p[len + 1] == *p && memchr(p + 1, ',', len) ? len + 2 : 0;
}

/* Returns TRUE if P begins with a time stamp of the kernel: "[   12.345678]". */
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

/* Returns TRUE if a line of the kernel begins at P, with a time stamp or syslog's tag. */
static gboolean is_kernel_line(const char *p)
{
	static const char words[] = " kernel: ";
	const char *tag = g_strstr_len(p, TAG_MAX + strlen(words) - 1, words);

	return is_stamp(p) ||
	       (tag && g_ascii_isalnum(*p) && strcspn(p, "\\\n") > (gsize)(tag - p));
}

/*
 * Counts the escaped line ends (the two characters "\n") and the newlines in TEXT. If STRINGS is
 * TRUE, the end of a string in an array also counts as an escaped line end. Returns TRUE if a line
 * of the kernel follows an escaped line end.
 */
static gboolean count_line_ends(const char *text, gboolean strings, guint *ret_escaped,
				guint *ret_real)
{
	gboolean any = FALSE;

	*ret_escaped = *ret_real = 0;
	for (const char *p = text; *p; p++) {
		/* an escaped line end is any number of backslashes and an n */
		gsize slashes = strspn(p, "\\");
		gsize len = slashes ? slashes + (p[slashes] == 'n') : strings ? string_end(p) : 0;
		gboolean is_end = len > slashes;

		*ret_real += *p == '\n';
		*ret_escaped += slashes && is_end;
		p += MAX(len, 1) - 1;
		any |= is_end && is_kernel_line(p + 1);
	}
	return any;
}

/*
 * Returns TRUE if TEXT is escaped; but FALSE for entries of `journalctl -o json`, which
 * journal-json.c reads.
 */
gboolean line_ends_are_escaped(const char *text)
{
	guint escaped, real;

	return count_line_ends(text, TRUE, &escaped, &real) && !strstr(text, "\"MESSAGE\"");
}

/*
 * Returns TRUE if TEXT has more escaped line ends ("\n") than newlines, or has one before a line of
 * the kernel.
 */
static gboolean is_escaped(const char *text)
{
	guint escaped, real;

	gboolean is_json = strchr("[{", text[strspn(text, " \t\r\n")]) != NULL;

	if (strstr(text, "\"MESSAGE\""))
		return FALSE;
	return count_line_ends(text, is_json, &escaped, &real) || (escaped >= 3 && escaped > real);
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
 * Adds C to an escape sequence that has begun: backslashes, then a letter, and after 'u' four hex
 * digits. When the sequence is complete, writes the character that it stands for; an unknown
 * sequence is written unchanged.
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

/* Writes the characters in `between`: they are not the end of a string. */
static void put_between(struct line_ends *ends)
{
	put(ends, ends->between, ends->between_len);
	ends->between_len = 0;
}

/*
 * Handles C if it can belong to the end of a string and the start of the next one (`","`), which
 * are a line end: stores it, or writes a newline if it is the last character. Returns FALSE if C
 * does not belong to it.
 */
static gboolean take_between(struct line_ends *ends, char c)
{
	char *between = ends->between;
	gsize len = ends->between_len;

	if (!len && c != '"' && c != '\'')
		return FALSE;
	if (len > 1 && c == *between && memchr(between, ',', len)) {
		put(ends, "\n", 1);
		ends->between_len = 0;
		return TRUE;
	}
	if (len && (len == sizeof(ends->between) || !c || !strchr(BETWEEN, c))) {
		put_between(ends);
		return FALSE;
	}
	between[ends->between_len++] = c;
	return TRUE;
}

static void take_escaped(struct line_ends *ends, char c)
{
	if (!ends->escape_len && take_between(ends, c))
		return;
	if (ends->escape_len) {
		take_escape(ends, c);
	} else if (c == '\\') {
		ends->escape[0] = c;
		ends->escape_len = 1;
	} else {
		put(ends, &c, 1);
	}
}

/* Plain text, in which long lines can be escaped --------------------------------------- */

/* Ends an escaped line: writes what is held, and a newline. */
static void end_escaped(struct line_ends *ends)
{
	put_between(ends);
	put(ends, ends->escape, ends->escape_len);
	ends->escape_len = 0;
	put(ends, "\n", 1);
	flush(ends);
}

/* Passes BYTES, a part of a line of KIND, to the sink; decodes them if the line is escaped. */
static void give_part(struct line_ends *ends, enum line_kind kind, const char *bytes, gsize len)
{
	if (kind != LINE_ESCAPED) {
		ends->sink((const guint8 *)bytes, len, ends->data);
		return;
	}
	for (gsize i = 0; i < len; i++)
		take_escaped(ends, bytes[i]);
	flush(ends);
}

/*
 * Appends the bytes from P on to `held`, the current line, until the line or the bytes end at END,
 * or `held` is full. A complete or long line is passed on. Returns the end of the appended bytes.
 */
static const guint8 *hold(struct line_ends *ends, const guint8 *p, const guint8 *end)
{
	gsize len = MIN((gsize)(end - p), HELD_MAX - ends->held_len);
	const guint8 *newline = memchr(p, '\n', len);
	enum line_kind kind;

	len = newline ? (gsize)(newline - p) : len;
	memcpy(ends->held + ends->held_len, p, len);
	ends->held_len += len;
	if (!newline && ends->held_len < HELD_MAX)
		return p + len;
	ends->held[ends->held_len] = '\0';
	kind = ends->held_len >= LONG_LINE && line_ends_are_escaped(ends->held) ? LINE_ESCAPED
									    : LINE_PLAIN;
	give_part(ends, kind, ends->held, ends->held_len);
	ends->held_len = 0;
	ends->kind = kind;
	return p + len;
}

/* Returns the start of the first line from P on that is long, or does not end before END. */
static const guint8 *skip_short(const guint8 *p, const guint8 *end)
{
	const guint8 *newline;

	while (end - p >= LONG_LINE) {
		newline = memrchr(p, '\n', LONG_LINE);
		if (!newline)
			return p;
		p = newline + 1;
	}
	newline = memrchr(p, '\n', (gsize)(end - p));
	return newline ? newline + 1 : p;
}

static void take_plain(struct line_ends *ends, const guint8 *p, const guint8 *end)
{
	while (p < end) {
		const guint8 *stop;

		if (ends->kind == LINE_UNKNOWN) {
			stop = ends->held_len ? p : skip_short(p, end);
			if (stop > p)
				ends->sink(p, (gsize)(stop - p), ends->data);
			p = stop < end ? hold(ends, stop, end) : end;
			continue;
		}
		stop = memchr(p, '\n', (gsize)(end - p));
		give_part(ends, ends->kind, (const char *)p, (gsize)((stop ? stop : end) - p));
		p = stop ? stop + 1 : end;
		if (!stop)
			continue;
		if (ends->kind == LINE_ESCAPED)
			end_escaped(ends);
		else
			ends->sink(stop, 1, ends->data);
		ends->kind = LINE_UNKNOWN;
	}
}

void line_ends_feed(struct line_ends *ends, const guint8 *bytes, gsize len)
{
	if (ends->form == LINE_ENDS_PLAIN) {
		take_plain(ends, bytes, bytes + len);
		return;
	}
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
	enum line_kind kind = LINE_PLAIN;

	if (ends->held_len) {
		ends->held[ends->held_len] = '\0';
		if (ends->held_len >= LONG_LINE && line_ends_are_escaped(ends->held))
			kind = LINE_ESCAPED;
		give_part(ends, kind, ends->held, ends->held_len);
	}
	put_between(ends);
	put(ends, ends->escape, ends->escape_len);
	flush(ends);
	g_free(ends);
}
