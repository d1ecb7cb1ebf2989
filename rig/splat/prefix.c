// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands before a console line's own text. Tools put one prefix before another ("> [date] host
 * kernel: [stamp][caller] "), so the table below has the pieces, and a prefix is any sequence of
 * them: quoting of mail, the date and host of syslog and the journal, dmesg's facility, the level,
 * the time stamp, the caller, what vendors add.
 */
#include <stdlib.h>
#include <string.h>

#include "splat/internal.h"

#define PIECES_MAX 8 /* of one line's prefix */

int text_int(const char *text)
{
	return CLAMP(g_ascii_strtoll(text, NULL, 10), -1, G_MAXINT);
}

enum piece_flag {
	PIECE_KERNEL = 1 << 0, /* printk wrote the line */
	PIECE_USER = 1 << 1,   /* a program wrote it */
	PIECE_DATE = 1 << 2,   /* a host and a tag can follow */
	PIECE_BSD = 1 << 3,    /* a date of syslog: the kernel never prints one itself */
	PIECE_BLANK = 1 << 4,  /* one blank after it belongs to it */
	AFTER_DATE = 1 << 5,   /* only directly behind a date or a stamp */
	AFTER_BSD = 1 << 6,
	AT_START = 1 << 7,  /* only as the first piece */
	AFTER_ANY = 1 << 8, /* not as the first piece */
	PIECE_LEVEL = 1 << 9,
};

/*
 * A pattern is literal but for these:
 *
 *	_ blanks or none	# digits	9 one digit	? any character
 *	S a time stamp, kept	C a caller, kept
 *	A a weekday		M a month	T a time of day with a fraction or none
 *	Z a time zone or none	W a word	K "kernel", with a pid or none
 *	L letters		~ anything but a bracket	{…} can be absent
 *	& what follows must be there but is not part of the piece	\ literal
 */
static const struct piece {
	const char *pattern;
	unsigned flags;
} pieces[] = {
	/* printk: the stamp with dmesg's delta, the journal's, Amlogic's CPU, Huawei's unit */
	{"[S_]", PIECE_KERNEL | PIECE_DATE | PIECE_BLANK},
	{"[S_<_S_>_]", PIECE_KERNEL | PIECE_DATE | PIECE_BLANK},
	{"[S_<_+S_>_]", PIECE_KERNEL | PIECE_DATE | PIECE_BLANK},
	{"[S@#]", PIECE_KERNEL | PIECE_BLANK},
	{"[Ss]", PIECE_KERNEL | PIECE_BLANK},
	{"[_+#.#_]", PIECE_KERNEL | PIECE_DATE | PIECE_BLANK},
	{"[_C_]", PIECE_KERNEL | PIECE_BLANK},
	{"[_C@#_]", PIECE_KERNEL | PIECE_BLANK},
	{"S]&?", PIECE_KERNEL | PIECE_BLANK | AT_START},
	/* dmesg -H, -e and -T */
	{"[M_# #:99]", PIECE_KERNEL | PIECE_BLANK},
	{"[M_# T]", PIECE_KERNEL | PIECE_BLANK},
	{"[A M _# T{ L} 9999]", PIECE_KERNEL | PIECE_BLANK},
	{"[A M _# T 9999{ <_+S_>}]", PIECE_KERNEL | PIECE_BLANK},
	/* dmesg -x */
	{"kern_:L_: ", PIECE_KERNEL},
	{"kern_:L_:&[", PIECE_KERNEL},
	{"user_:L_: ", PIECE_USER | AT_START},
	{"daemon_:L_: ", PIECE_USER | AT_START},
	{"syslog_:L_: ", PIECE_USER | AT_START},
	{"auth_:L_: ", PIECE_USER | AT_START},
	/* a level; RFC 5424 has a version behind it */
	{"<#>1 &9999-", PIECE_KERNEL},
	{"<#>", PIECE_KERNEL | PIECE_LEVEL},
	/* what terminals and CI systems write before a line */
	{"[9999-99-99?TZ]", PIECE_DATE | PIECE_BLANK},
	{"[9999/99/99?TZ]", PIECE_DATE | PIECE_BLANK},
	{"[T]", PIECE_DATE | PIECE_BLANK},
	{"9999-99-99?TZ ", PIECE_DATE},
	{"9999/99/99?TZ ", PIECE_DATE},
	{"A 9999-99-99 TZ ", PIECE_DATE | PIECE_BSD},
	{"A M _# T{ L} 9999 ", PIECE_DATE | PIECE_BSD},
	{"A M _# T ", PIECE_DATE | PIECE_BSD},
	{"M _# T ", PIECE_DATE | PIECE_BSD},
	{"M _# T: ", PIECE_DATE | PIECE_BSD},
	{"M _# 9999 T ", PIECE_DATE | PIECE_BSD},
	{"9999999999.# ", PIECE_DATE | AT_START},
	{"T &[", PIECE_DATE | AT_START},
	{"T &<", PIECE_DATE | AT_START},
	/* logcat */
	{"99-99 T_#_#_L \\K\\E\\R\\N\\E\\L_: ", PIECE_KERNEL | AT_START},
	{"99-99 T_#_#_L kernel_: ", PIECE_KERNEL | AT_START},
	{"99-99 T_#_#_L W_: ", PIECE_USER | AT_START},
	{"L/kernel_(_#_): ", PIECE_KERNEL | AT_START},
	{"L/\\K\\E\\R\\N\\E\\L_(_#_): ", PIECE_KERNEL | AT_START},
	/* host and tag */
	{"K: ", PIECE_KERNEL | AFTER_DATE},
	{"K: ", PIECE_KERNEL | AT_START},
	{"W K: ", PIECE_KERNEL | AFTER_DATE},
	{"W K:&[", PIECE_KERNEL | AFTER_DATE},
	{"W K:&\n", PIECE_KERNEL | AFTER_DATE},
	{"W W K: ", PIECE_KERNEL | AFTER_DATE},
	{"W K - - - ", PIECE_KERNEL | AFTER_DATE},
	{"W K - W - ", PIECE_KERNEL | AFTER_DATE},
	{"W K # - - ", PIECE_KERNEL | AFTER_DATE},
	{"W W[#]: ", PIECE_USER | AFTER_DATE},
	{"W W: ", PIECE_USER | AFTER_BSD},
	{"W &[_#.", 0 | AFTER_BSD},
	{"W &<#>", 0 | AFTER_BSD},
	/* what vendors add: MediaTek, Samsung, Huawei, Spreadtrum */
	{"_(#)[#:~]", PIECE_KERNEL | AFTER_ANY},
	{"_-(#)[#:~]", PIECE_KERNEL | AFTER_ANY},
	{"_.(#)[#:~]", PIECE_KERNEL | AFTER_ANY},
	{"_[#:_~:_#]", PIECE_KERNEL | PIECE_BLANK | AFTER_ANY},
	{"_[pid:#,~]", PIECE_KERNEL | PIECE_BLANK | AFTER_ANY},
	{"_[cpuid:#~]", PIECE_KERNEL | PIECE_BLANK | AFTER_ANY},
	{"c# _# &?", PIECE_KERNEL | AFTER_ANY},
};

/* Elements of patterns; each gives where it ends, or NULL --------------------------- */

static const char *digits(const char *p)
{
	const char *start = p;

	while (g_ascii_isdigit(*p))
		p++;
	return p > start ? p : NULL;
}

static const char *blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* "12.345678" with at least three decimals: a version has fewer. */
static const char *stamp(const char *p, struct line *line)
{
	const char *number = blanks(p), *dot = digits(number), *end;

	if (!dot || *dot != '.' || dot - number > 11 || !(end = digits(dot + 1)))
		return NULL;
	/* with a caller behind it fewer decimals do */
	if (end - dot > 10 || (end - dot < 4 && !(end - dot >= 2 && g_str_has_prefix(end, "]["))))
		return NULL;
	line->stamp = g_ascii_strtod(number, NULL);
	return end;
}

static const char *caller(const char *p, struct line *line)
{
	const char *end = *p == 'T' || *p == 'C' ? digits(p + 1) : NULL;

	if (!end || end - p >= CALLER_LEN)
		return NULL;
	g_strlcpy(line->caller, p, end - p + 1);
	return end;
}

/* One of the names of three letters in ALL. */
static const char *name_of(const char *all, const char *p)
{
	for (; *all; all += 3)
		if (strncmp(p, all, 3) == 0)
			return p + 3;
	return NULL;
}

static const char *time_of_day(const char *p)
{
	const char *hour = digits(p);

	if (!hour || hour - p > 2 || *hour != ':' || !g_ascii_isdigit(hour[1]) ||
	    !g_ascii_isdigit(hour[2]) || hour[3] != ':' || !g_ascii_isdigit(hour[4]) ||
	    !g_ascii_isdigit(hour[5]))
		return NULL;
	p = hour + 6;
	if ((*p == '.' || *p == ',') && digits(p + 1))
		p = digits(p + 1);
	return p;
}

/* "Z", "+01:00", "-0800", " UTC", " CEST", " +01". */
static const char *zone(const char *p)
{
	const char *start = p, *end;

	if (*p == 'Z')
		return p + 1;
	p += *p == ' ';
	if ((*p == '+' || *p == '-') && (end = digits(p + 1))) {
		if (*end == ':' && digits(end + 1))
			end = digits(end + 1);
		return end;
	}
	for (end = p; g_ascii_isupper(*end); end++)
		;
	return p > start && end - p >= 2 && end - p <= 5 && *end == ' ' ? end : start;
}

/* A host's name, an address, a unit: no brackets, and a colon only inside. */
static const char *word(const char *p)
{
	const char *start = p;

	while (*p && !strchr(" \t[]<>(){}\"", *p) && !(*p == ':' && (p[1] == ' ' || p[1] == '[')))
		p++;
	return p > start && p - start < 100 ? p : NULL;
}

static const char *kernel(const char *p)
{
	const char *end;

	if (strncmp(p, "kernel", 6) != 0)
		return NULL;
	p += 6;
	if (*p == '[' && (end = digits(p + 1)) && *end == ']')
		p = end + 1;
	return p;
}

static const char *letters(const char *p)
{
	const char *start = p;

	while (g_ascii_isalpha(*p))
		p++;
	return p > start ? p : NULL;
}

static const char *element(char what, const char *p, struct line *line)
{
	switch (what) {
	case '_':
		return blanks(p);
	case '#':
		return digits(p);
	case '9':
		return g_ascii_isdigit(*p) ? p + 1 : NULL;
	case '?':
		return *p ? p + 1 : NULL;
	case 'S':
		return stamp(p, line);
	case 'C':
		return caller(p, line);
	case 'A':
		return name_of("MonTueWedThuFriSatSun", p);
	case 'M':
		return name_of("JanFebMarAprMayJunJulAugSepOctNovDec", p);
	case 'T':
		return time_of_day(p);
	case 'Z':
		return zone(p);
	case 'W':
		return word(p);
	case 'K':
		return kernel(p);
	case 'L':
		return letters(p);
	case '~':
		while (*p && *p != '[' && *p != ']' && *p != ':')
			p++;
		return p;
	default:
		return *p == what ? p + 1 : NULL;
	}
}

/* Where the part of the line at P that PATTERN (LEN characters) describes ends, or NULL. */
static const char *follow(const char *pattern, gsize len, const char *p, struct line *line)
{
	const char *end = pattern + len, *ahead = NULL;

	for (; pattern < end; pattern++) {
		const char *next;

		if (*pattern == '&') {
			ahead = p;
			continue;
		}
		if (*pattern == '{') {
			const char *close = memchr(pattern, '}', end - pattern);

			next = follow(pattern + 1, close - pattern - 1, p, line);
			p = next ? next : p;
			pattern = close;
			continue;
		}
		if (*pattern == '\\') {
			next = *p == pattern[1] ? p + 1 : NULL;
			pattern++;
		} else {
			next = element(*pattern, p, line);
		}
		if (!next)
			return NULL;
		p = next;
	}
	return ahead ? ahead : p;
}

/* Which pieces can begin with a character --------------------------------------------- */

G_STATIC_ASSERT(G_N_ELEMENTS(pieces) <= 64);

static guint64 beginning_with[256];
static guint8 length_of[G_N_ELEMENTS(pieces)];

static gboolean can_begin(const char *pattern, char c)
{
	switch (*pattern) {
	case '_':
		return c == ' ' || c == '\t' || can_begin(pattern + 1, c);
	case '#':
	case '9':
	case 'T':
		return g_ascii_isdigit(c);
	case 'S':
		return g_ascii_isdigit(c) || c == ' ';
	case 'A':
		return strchr("MTWFS", c) != NULL;
	case 'M':
		return strchr("JFMASOND", c) != NULL;
	case 'K':
		return c == 'k';
	case 'L':
		return g_ascii_isalpha(c);
	case 'W':
		return !strchr(" \t[]<>(){}\"", c);
	default:
		return c == *pattern;
	}
}

static gpointer prepare(gpointer unused)
{
	(void)unused;
	for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++)
		length_of[i] = (guint8)strlen(pieces[i].pattern);
	for (int c = 1; c < 256; c++)
		for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++)
			if (can_begin(pieces[i].pattern, (char)c))
				beginning_with[c] |= (guint64)1 << i;
	return NULL;
}

/* The line's pieces ------------------------------------------------------------------- */

static gboolean can_follow(const struct piece *piece, const struct piece *before)
{
	unsigned had = before ? before->flags : 0;

	return !((piece->flags & AT_START) && before) && !((piece->flags & AFTER_ANY) && !before) &&
	       !((piece->flags & AFTER_DATE) && !(had & (PIECE_DATE | PIECE_BSD))) &&
	       !((piece->flags & AFTER_BSD) && !(had & PIECE_BSD));
}

static const char *strip_piece(const char *p, struct line *line, const struct piece **before)
{
	struct line kept = *line;

	for (guint64 left = beginning_with[(guint8)*p]; left; left &= left - 1) {
		const struct piece *piece = &pieces[g_bit_nth_lsf(left, -1)];
		const char *end;

		if (!can_follow(piece, *before))
			continue;
		end = follow(piece->pattern, length_of[piece - pieces], p, line);
		if (!end) {
			line->stamp = kept.stamp;
			memcpy(line->caller, kept.caller, CALLER_LEN);
			continue;
		}
		line->kernel |= (piece->flags & PIECE_KERNEL) != 0;
		line->user |= (piece->flags & PIECE_USER) != 0;
		*before = piece;
		return end + ((piece->flags & PIECE_BLANK) && *end == ' ');
	}
	return NULL;
}

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
		const char *end = strip_piece(n ? p : blanks(p), line, &before);

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
		const char *end = *dot == '.' ? digits(dot + 1) : NULL;

		if (end == dot + 7)
			end = strip_pieces(at, line);
		else
			continue;
		if (end != at)
			return end;
	}
	return p;
}

void prefix_strip(char *text, gsize len, struct line *line)
{
	static GOnce once = G_ONCE_INIT;
	const char *p;

	g_once(&once, prepare, NULL);
	line->dropped = 0;
	line->stamp = -1;
	line->caller[0] = '\0';
	line->kernel = line->user = FALSE;
	len = prefix_clean(text, len);
	p = prefix_unquote(text);
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
