// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prepares a console line for parsing its prefix: replaces bytes that are not text, colours and
 * Unicode blanks, removes quote marks, and reads records of /dev/kmsg.
 */
#include <string.h>

#include "splat/internal.h"
#include "util/lanes.h"

#define ESCAPE_MAX 24 /* maximum length of a colour sequence */

/*
 * Returns the length of the colour sequence at TEXT, or 0 if there is none. It consists of an
 * introducer of SKIP bytes, parameters, and a letter.
 */
static gsize colour_at(const char *text, gsize skip)
{
	gsize len = skip + strspn(text + skip, "0123456789;?");

	return len < ESCAPE_MAX && g_ascii_isalpha(text[len]) ? len + 1 : 0;
}

/*
 * Characters that are replaced by the ASCII character C, or removed if C is NUL. Each row has those
 * whose UTF-8 form is START and one more byte from FIRST to LAST.
 */
static const struct unicode {
	const char *start;
	guint8 first, last;
	char c;
} unicodes[] = {
	{"\xc2", 0xa0, 0xa0, ' '},     /* U+00A0, a blank at which no line is broken */
	{"\xe2\x80", 0x80, 0x8a, ' '}, /* U+2000 and following, blanks of other widths */
	{"\xe2\x80", 0xa8, 0xa9, ' '}, /* U+2028, U+2029, ends of lines */
	{"\xe2\x80", 0xaf, 0xaf, ' '}, /* U+202F */
	{"\xe3\x80", 0x80, 0x80, ' '}, /* U+3000 */
	/* characters of no width: U+00AD, U+200B, marks of direction, U+2060, byte order mark */
	{"\xc2", 0xad, 0xad, '\0'},
	{"\xe2\x80", 0x8b, 0x8f, '\0'},
	{"\xe2\x80", 0xaa, 0xae, '\0'},
	{"\xe2\x81", 0xa0, 0xa4, '\0'},
	{"\xe2\x81", 0xa6, 0xa9, '\0'},
	{"\xef\xbb", 0xbf, 0xbf, '\0'},
	/* typographic apostrophes and quote marks, which editors insert */
	{"\xe2\x80", 0x90, 0x95, '-'}, /* U+2010 to U+2015, dashes */
	{"\xe2\x80", 0x98, 0x99, '\''},
	{"\xe2\x80", 0x9c, 0x9d, '"'},
};

/*
 * Returns the length of the character at P if the table has it, otherwise 0. *RET is the character
 * that replaces it, or NUL.
 */
static gsize unicode_at(const char *p, char *ret)
{
	for (gsize i = 0; i < G_N_ELEMENTS(unicodes); i++) {
		gsize len = strlen(unicodes[i].start);
		guint8 last;

		if (strncmp(p, unicodes[i].start, len) != 0)
			continue;
		last = (guint8)p[len];
		if (last < unicodes[i].first || last > unicodes[i].last)
			continue;
		*ret = unicodes[i].c;
		return len + 1;
	}
	return 0;
}

/*
 * Returns the length of the HTML entity at P ("&gt;", "&#62;", or "&amp;gt;", which was escaped
 * twice), or 0 if there is none. *RET is the character that it stands for.
 */
static gsize entity_at(const char *p, char *ret)
{
	static const struct {
		const char *name;
		char c;
	} entities[] = {
		{"&gt;", '>'},	   {"&lt;", '<'},     {"&amp;gt;", '>'},   {"&amp;lt;", '<'},
		{"&amp;amp;", '&'}, {"&amp;", '&'},    {"&nbsp;", ' '},	   {"&quot;", '"'},
		{"&apos;", '\''},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(entities); i++) {
		if (!g_str_has_prefix(p, entities[i].name))
			continue;
		*ret = entities[i].c;
		return strlen(entities[i].name);
	}
	if (p[1] == '#') {
		gboolean hex = p[2] == 'x';
		const char *digits = p + 2 + hex;
		gsize len = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
		guint64 code = g_ascii_strtoull(digits, NULL, hex ? 16 : 10);

		*ret = code == 0xa0 ? ' ' : (char)code;
		gboolean is_ascii = code == 0xa0 || (code >= ' ' && code < 127);

		if (len && len < 5 && digits[len] == ';' && is_ascii)
			return 3 + hex + len;
	}
	return 0;
}

/*
 * Returns the character that replaces the first *RET_LEN bytes of P, or NUL if they are removed: a
 * special character, or a control character as rsyslog writes it ("#012"). A byte that stays is
 * returned with *RET_LEN 1.
 */
static char replacement(const char *p, gsize *ret_len)
{
	gsize len = 0;
	char c;

	*ret_len = 1;
	switch (*p) {
	case '\0':
	case '\r':
		return ' ';
	case '\033':
		len = p[1] == '[' ? colour_at(p, 2) : p[1] == '(' && p[2] ? 3 : 0;
		break;
	/* U+00A0 in ISO 8859-1: in UTF-8 this byte only follows another byte from 0x80 on */
	case '\xa0':
		return (guint8)p[-1] < 0x80 ? ' ' : *p;
	case '&':
		len = entity_at(p, &c);
		if (len) {
			*ret_len = len;
			return c;
		}
		break;
	case '^':
		len = strncmp(p, "^[[", 3) == 0 ? colour_at(p, 3) : 0;
		break;
	case '#':
		if (strncmp(p, "#012", 4) == 0 || strncmp(p, "#011", 4) == 0) {
			*ret_len = 4;
			return p[3] == '2' ? '\n' : '\t';
		}
		len = strncmp(p, "#033[", 5) == 0 ? colour_at(p, 5) : 0;
		break;
	default:
		len = unicode_at(p, &c);
		if (len) {
			*ret_len = len;
			return c;
		}
	}
	*ret_len = MAX(len, 1);
	return len ? '\0' : *p;
}

/*
 * Returns which BYTES prefix_clean() may have to replace. As signed numbers, bytes from 0x80 on are
 * less than ' ', like control characters.
 */
static inline lanes maybe_special(lanes bytes)
{
	typedef gint8 signed_lanes __attribute__((vector_size(16)));

	return (lanes)((signed_lanes)bytes < ' ') | (lanes)(bytes == '^') |
	       (lanes)(bytes == '#') | (lanes)(bytes == '&');
}

/* The ways in which programs write the escape character. Some programs drop it. */
static const char *const escapes[] = {
	"\033",	   "^[",   "#033",	 "\\x1b",	    "\\x1B", "\\033", "\\u001b",
	"\\u001B", "\\e",  "\xe2\x90\x9b", "\xef\xbf\xbd", "ESC",   "?",
};

/*
 * Returns the length of one of escapes[] at the end of TEXT, which has LEN bytes, or 0 if there is
 * none.
 */
static gsize escape_before(const char *text, gsize len)
{
	for (gsize i = 0; i < G_N_ELEMENTS(escapes); i++) {
		gsize n = strlen(escapes[i]);

		if (len >= n && memcmp(text + len - n, escapes[i], n) == 0)
			return n;
	}
	return 0;
}

/* Moves LEN bytes from FROM to TO; returns the end of the result. */
static char *shift(char *to, const char *from, gsize len)
{
	if (to != from)
		memmove(to, from, len);
	return to + len;
}

gsize prefix_colours(char *text, gsize len)
{
	const char *from = text;
	char *to = text, *bracket;

	while ((bracket = strchr(from, '['))) {
		gsize digits = 0, part = bracket - from, escape;

		while (g_ascii_isdigit(bracket[1 + digits]) || bracket[1 + digits] == ';')
			digits++;
		escape = bracket[1 + digits] == 'm' ? escape_before(from, part) : 0;
		/* without digits and an escape character, "[m" can be the start of a word */
		if (bracket[1 + digits] == 'm' && (digits || escape)) {
			to = shift(to, from, part - escape);
			from = bracket + digits + 2;
		} else {
			to = shift(to, from, part + 1);
			from = bracket + 1;
		}
	}
	len -= from - to;
	shift(to, from, len - (gsize)(to - text) + 1);
	return len;
}

/*
 * Returns the length of markup at the end of TEXT that a tool has added to the line: a line break
 * or end tag of HTML, CR as `cat -v` prints it, the end of a colour, or the right frame of a
 * window. Returns 0 if there is none.
 */
static gsize markup_end(const char *text, gsize len)
{
	static const char *const ends[] = {"<br>", "<br/>", "<br />", "^M", "[0m", "[m",
					   "\xe2\x94\x82"};
	const char *tag;
	char last = len ? text[len - 1] : '\0';

	if (last != '>' && last != 'M' && last != 'm' && last != '\x82')
		return 0;
	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		gsize n = strlen(ends[i]);

		if (len >= n && memcmp(text + len - n, ends[i], n) == 0)
			return n + (ends[i][0] == '[' ? escape_before(text, len - n) : 0);
	}
	tag = last == '>' ? memrchr(text, '<', len) : NULL;
	return tag && tag[1] == '/' && g_ascii_islower(tag[2]) ? len - (gsize)(tag - text) : 0;
}

gsize prefix_clean(char *text, gsize len, gboolean *ret_same)
{
	static const guint8 special[256] = {
		[0] = 1,    ['\r'] = 1, ['\033'] = 1, ['^'] = 1,  ['#'] = 1,  ['&'] = 1,
		[0xa0] = 1, [0xc2] = 1, [0xe2] = 1,   [0xe3] = 1, [0xef] = 1,
	};
	gsize from, end;
	char *to;

	*ret_same = text[0] != '\xa0';
	do {
		while (len && (text[len - 1] == '\r' || text[len - 1] == '\n'))
			len--;
		end = markup_end(text, len);
		len -= end;
	} while (end);
	text[len] = '\0';
	if (text[0] == '\xa0')
		text[0] = ' ';
	for (from = 0, to = text; from < len;) {
		gsize plain = lanes_before(text + from, len - from, maybe_special), took = 1;
		char c;

		to = shift(to, text + from, plain);
		from += plain;
		if (from == len)
			break;
		c = special[(guint8)text[from]] ? replacement(text + from, &took) : text[from];
		*ret_same &= c == text[from];
		from += MIN(took, len - from);
		if (c)
			*to++ = c;
	}
	*to = '\0';
	return (gsize)(to - text);
}

/*
 * Returns TRUE if TEXT begins with a time stamp of the kernel, "[   12.345678]". "#", the mark of a
 * comment, is only skipped before such a line, because tests print "# text".
 */
static gboolean has_stamp(const char *text)
{
	gsize len;

	if (*text != '[')
		return FALSE;
	text += 1 + strspn(text + 1, " ");
	len = strspn(text, "0123456789");
	if (!len || text[len] != '.')
		return FALSE;
	text += len + 1;
	len = strspn(text, "0123456789");
	return len >= 3 || (len && text[len] == ']' && text[len + 1] == '[');
}

/*
 * Returns the end of a start tag of HTML at P, or P if there is none. Only the tags that logs on
 * web pages have count, because the kernel also prints words in angle brackets.
 */
static const char *start_tag(const char *p)
{
	static const char *const tags[] = {"<span", "<div", "<li", "<p", "<code", "<pre",
					   "<td",   "<tr",  "<tt", "<a", "<samp", "<font"};

	for (gsize i = 0; i < G_N_ELEMENTS(tags); i++) {
		gsize len = strlen(tags[i]);
		const char *end;

		if (strncmp(p, tags[i], len) != 0 || (p[len] != '>' && p[len] != ' '))
			continue;
		end = strchr(p, '>');
		return end ? end + 1 : p;
	}
	return p;
}

/*
 * Skips a mark before a quoted line at P: a mail's ">", "|" or "JD>" (initials), a comment's "#",
 * a "+" of diff, or a start tag of HTML. Returns its end, or P if there is none.
 */
static const char *quote_mark(const char *p)
{
	const char *mark = p + strspn(p, " \t");
	gsize initials = 0;

	if (*mark == '|')
		return mark[1] == ' ' || !mark[1] ? mark + 1 : p;
	/* skip the left frame of a window, U+2502 */
	if (*mark == '\xe2' && strncmp(mark, "\xe2\x94\x82", 3) == 0)
		return mark + 3;
	if (*mark == '<' && g_ascii_islower(mark[1]))
		return start_tag(mark) > mark ? start_tag(mark) : p;
	/* a line that the comparison of two logs has added; code is mostly indented by a tab */
	if (*mark == '+')
		return mark == p && mark[1] && !strchr("+\t#/*", mark[1]) ? mark + 1 : p;
	if (*mark == '#')
		return mark[1] == ' ' && has_stamp(mark + 2) ? mark + 1 : p;
	while (initials < 3 && g_ascii_isupper(mark[initials]))
		initials++;
	if (initials)
		return mark[initials] == '>' && mark[initials + 1] == ' ' ? mark + initials + 1 : p;
	/* KASAN marks a line of its memory dump by ">" before the address: ">ffff8880…: " */
	if (*mark == '>' && strspn(mark + 1, "0123456789abcdef") < 8)
		return mark + 1;
	return p;
}

const char *prefix_unquote(const char *p)
{
	const char *start = p, *end;

	while ((end = quote_mark(p)) != p)
		p = end;
	return p > start && *p == ' ' ? p + 1 : p;
}

/*
 * Parses the head of a record of /dev/kmsg, "6,339,5140900,-[,caller=T1];text"
 * (Documentation/ABI/testing/dev-kmsg). netconsole can add the kernel's release before it
 * ("6.1.0,6,339,…"). If a message is longer than a packet, netconsole adds which piece it is
 * (",ncfrag=0/1234", Documentation/networking/netconsole.rst).
 */
const char *prefix_record(const char *p, struct line *line)
{
	const char *text, *caller, *comma, *piece;
	char *end;
	guint64 usec;

	if (!g_ascii_isdigit(*p) || !(text = strchr(p, ';')) || text - p > 200)
		return p;
	comma = strchr(p, ',');
	if (!comma || comma > text)
		return p;
	if (memchr(p, '.', comma - p))
		p = comma + 1;
	if (!g_ascii_isdigit(*p) || (g_ascii_strtoull(p, &end, 10), *end != ','))
		return p;
	if (!g_ascii_isdigit(end[1]) || (g_ascii_strtoull(end + 1, &end, 10), *end != ','))
		return p;
	usec = g_ascii_strtoull(end + 1, &end, 10);
	if (*end != ',')
		return p;
	line->stamp = usec / 1e6;
	line->kernel = TRUE;
	caller = strstr(end, ",caller=");
	if (caller && caller < text) {
		caller_set(line->caller, caller + 8, strcspn(caller + 8, ",;"));
	}
	piece = strstr(end, ",ncfrag=");
	if (piece && piece < text) {
		piece += strlen(",ncfrag=");
		line->piece_at = (guint)MAX(text_int(piece), 0);
		piece += strspn(piece, "0123456789");
		line->piece_of = *piece == '/' ? (guint)MAX(text_int(piece + 1), 0) : 0;
	}
	return text + 1;
}

/*
 * Parses the notice "** 12 printk messages dropped **" at P. The next message may follow it on the
 * same line.
 */
const char *prefix_dropped(const char *p, struct line *line)
{
	static const char words[] = "printk messages dropped";
	const char *end;
	guint64 n;

	if (strncmp(p, "** ", 3) != 0 || !(end = strstr(p, words)))
		return p;
	n = g_ascii_strtoull(p + 3, NULL, 10);
	line->dropped = MIN(n, G_MAXUINT);
	end += strlen(words);
	return end + strspn(end, "* ");
}
