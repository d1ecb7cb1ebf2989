// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pieces that a console line's prefix can consist of: a table of patterns, and a matcher for
 * them.
 */
#include <string.h>

#include "splat/prefix.h"

/*
 * All characters of a pattern are literal, except:
 *
 *	_ optional blanks	# digits	9 one digit	? any character
 *	S a time stamp, stored	C a caller, stored
 *	N a number with a fraction and an optional sign
 *	A a weekday		M a month	T a time of day with an optional fraction
 *	Z an optional time zone	W a word	K "kernel" or "KERNEL" with an optional pid
 *	D the structured data of RFC 5424, or "-"
 *	L letters		~ any characters except brackets	{…} is optional
 *	& the rest must follow, but is not part of the piece	\\ the next character is literal
 */
static const struct piece pieces[] = {
	/*
	 * printk: the time stamp; variants with dmesg's delta, of the journal, with Amlogic's CPU,
	 * with Huawei's unit
	 */
	{"[S_]", PIECE_KERNEL | PIECE_DATE | PIECE_BLANK},
	{"[S_<_N_>_]", PIECE_KERNEL | PIECE_DATE | PIECE_BLANK},
	{"[S_<_N*_>_]", PIECE_KERNEL | PIECE_DATE | PIECE_BLANK},
	{"[S@#]{d }", PIECE_KERNEL | PIECE_BLANK},
	{"[S,#]", PIECE_KERNEL | PIECE_BLANK}, /* Motorola */
	{"[S_/_99-99 T]", PIECE_KERNEL | PIECE_BLANK}, /* LG, Asus */
	{"[Ss]", PIECE_KERNEL | PIECE_BLANK},
	{"[_+#.#_]", PIECE_KERNEL | PIECE_DATE | PIECE_BLANK},
	{"[<_N_>_]", PIECE_KERNEL | PIECE_BLANK},
	{"[_C_]", PIECE_KERNEL | PIECE_BLANK},
	{"[_C@#_]", PIECE_KERNEL | PIECE_BLANK},
	{"S]&?", PIECE_KERNEL | PIECE_BLANK | AT_START},
	/* dmesg -H, -e and -T */
	{"[M_# #:99]", PIECE_KERNEL | PIECE_BLANK},
	{"[M_# T]", PIECE_KERNEL | PIECE_BLANK},
	{"[A M _# T{ L} 9999{ <_N_>}]", PIECE_KERNEL | PIECE_BLANK},
	/* dmesg --time-format iso; it has a comma, unlike dates of other programs */
	{"9999-99-99\\T99:99:99,999999Z ", PIECE_KERNEL},
	/* dmesg -x */
	{"kern_:L_: ", PIECE_KERNEL},
	{"kern_:L_:&[", PIECE_KERNEL},
	{"user_:L_: ", PIECE_USER | AT_START},
	{"daemon_:L_: ", PIECE_USER | AT_START},
	{"syslog_:L_: ", PIECE_USER | AT_START},
	{"auth_:L_: ", PIECE_USER | AT_START},
	/* a level; in RFC 5424 a version follows it, and a length may precede it */
	{"_#\t&?", AT_START}, /* the number of the line, of `cat -n` */
	{"# &<#>1 9999-", AT_START},
	{"<#>1 &9999-", PIECE_KERNEL},
	{"1 &9999-99-99\\T99", AT_START},
	{"<#>", PIECE_KERNEL | PIECE_LEVEL},
	/* prefixes of terminals and CI systems */
	{"[9999-99-99?TZ]", PIECE_DATE | PIECE_BLANK},
	{"[9999/99/99?TZ]", PIECE_DATE | PIECE_BLANK},
	{"[9999:99:99 T]", PIECE_DATE | PIECE_BLANK},
	{"[T]", PIECE_DATE | PIECE_BLANK},
	{"9999-99-99?TZ ", PIECE_DATE},
	{"9999/99/99?TZ ", PIECE_DATE},
	{"A 9999-99-99 TZ ", PIECE_DATE | PIECE_BSD},
	{"A M _# T{ L} 9999 ", PIECE_DATE | PIECE_BSD},
	{"A M _# T ", PIECE_DATE | PIECE_BSD},
	{"M _# T ", PIECE_DATE | PIECE_BSD},
	{"M _# T: ", PIECE_DATE | PIECE_BSD},
	{"M _# 9999 T ", PIECE_DATE | PIECE_BSD},
	{"M _# W K: ", PIECE_KERNEL | PIECE_DATE | PIECE_BSD}, /* the time was removed */
	{"9999 M _# T ", PIECE_DATE | PIECE_BSD},
	{"99.99.9999 T ", PIECE_DATE | PIECE_BSD},
	{"9999999999.# ", PIECE_DATE | AT_START},
	{"T _&[", PIECE_DATE | AT_START},
	{"T _&<", PIECE_DATE | AT_START},
	{"T _&>", PIECE_DATE | AT_START},
	{"T _&9999-99-99", PIECE_DATE | AT_START},
	{"T _&M _#", PIECE_DATE | AT_START},
	{"T _&kern_:", PIECE_DATE | AT_START},
	/* logcat's formats threadtime (with an optional user), monotonic, time, brief and tag */
	{"99-99 T &?", PIECE_DATE | AT_START},
	{"_#_#_L K_: ", PIECE_KERNEL | AFTER_DATE},
	{"_W_#_#_L K_: ", PIECE_KERNEL | AFTER_DATE},
	{"_#_#_L W_: ", PIECE_USER | AFTER_DATE},
	{"_N_#_#_L K_: ", PIECE_KERNEL | AT_START},
	{"L/K_(_#_): ", PIECE_KERNEL},
	{"L/K_: ", PIECE_KERNEL},
	/* the streams of a container, with F or P for a full or partial line (CRI) */
	{"stdout L ", PIECE_DATE | AFTER_DATE},
	{"stderr L ", PIECE_DATE | AFTER_DATE},
	/* host and tag */
	{"K: ", PIECE_KERNEL | AFTER_DATE},
	{"K: ", PIECE_KERNEL | AT_START},
	{"W K: ", PIECE_KERNEL | AFTER_DATE},
	{"W K:&[", PIECE_KERNEL | AFTER_DATE},
	{"W K:&\n", PIECE_KERNEL | AFTER_DATE},
	{"W W K: ", PIECE_KERNEL | AFTER_DATE},
	{"(none) W K: ", PIECE_KERNEL | AFTER_DATE}, /* busybox without a host name */
	{"W K W W D ", PIECE_KERNEL | AFTER_DATE},
	{"W &#,#,#,", 0 | AFTER_BSD}, /* a record of netconsole */
	{"W W[#]: ", PIECE_USER | AFTER_DATE},
	{"W W: ", PIECE_USER | AFTER_BSD},
	{"W &[_#.", 0 | AFTER_BSD},
	{"W &<#>", 0 | AFTER_BSD},
	/* prefixes that vendors add: MediaTek, Samsung, Huawei, Qualcomm, Spreadtrum */
	{"_{-}{.}(#)[#:~]", PIECE_KERNEL | AFTER_ANY},
	{"_{L}[#:~]", PIECE_KERNEL | PIECE_BLANK | AFTER_ANY},
	{"_[pid:#,~]", PIECE_KERNEL | PIECE_BLANK | AFTER_ANY},
	{"_[cpuid:#~]", PIECE_KERNEL | PIECE_BLANK | AFTER_ANY},
	{"_(\\C\\P\\U:#~)", PIECE_KERNEL | PIECE_BLANK | AFTER_ANY},
	{"c#  _# &?", PIECE_KERNEL | AFTER_ANY},
	{"c# 99999 &?", PIECE_KERNEL | AFTER_ANY},
	{"c# &?", PIECE_KERNEL | AFTER_ANY},
};

/* Elements of patterns; each returns its end, or NULL --------------------------- */

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

/* Converts digits to seconds: those of WHOLE, and the fraction FRACTION up to END. */
static double seconds(const char *whole, const char *fraction, const char *end)
{
	guint64 units = 0, scale = 1;

	for (; g_ascii_isdigit(*whole); whole++)
		units = units * 10 + (guint64)(*whole - '0');
	for (; fraction < end && scale < 1000000; fraction++) {
		units = units * 10 + (guint64)(*fraction - '0');
		scale *= 10;
	}
	return (double)units / (double)scale;
}

/*
 * Matches a time stamp such as "12.345678". It must have at least three decimals, because a version
 * has fewer.
 */
static const char *stamp(const char *p, struct line *line)
{
	const char *number = blanks(p), *dot = digits(number), *end;

	if (!dot || *dot != '.' || dot - number > 11)
		return NULL;
	dot += dot[1] == ' '; /* skip a blank that some mail programs insert after a full stop */
	if (!(end = digits(dot + 1)))
		return NULL;
	/* if a printk caller follows, two decimals are enough */
	if (end - dot > 10 || (end - dot < 4 && !(end - dot >= 2 && g_str_has_prefix(end, "]["))))
		return NULL;
	line->stamp = seconds(number, dot + 1, end);
	return end;
}

/* Matches a number such as "+0.000012" or "12.345678". */
static const char *number(const char *p)
{
	const char *dot = digits(p + (*p == '+' || *p == '-'));

	return dot && *dot == '.' ? digits(dot + 1) : NULL;
}

static const char *caller(const char *p, struct line *line)
{
	const char *end = *p == 'T' || *p == 'C' ? digits(p + 1) : NULL;

	if (!end || end - p >= CALLER_LEN)
		return NULL;
	g_strlcpy(line->caller, p, end - p + 1);
	return end;
}

/* Matches one of the names of three letters in ALL. */
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

/* Matches a time zone: "Z", "+01:00", "-0800", " UTC", " CEST", " +01". */
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

/* Matches a host name, an address or a unit: no brackets, and no colon at the end. */
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

	if (strncmp(p, "kernel", 6) != 0 && strncmp(p, "KERNEL", 6) != 0)
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

/*
 * Matches structured data of RFC 5424: "-", or elements like [origin ip="10.0.0.1"], whose values
 * can contain "\\\\]".
 */
static const char *structured_data(const char *p)
{
	const char *start = p;

	if (*p == '-')
		return p + 1;
	while (*p == '[' && g_ascii_isalpha(p[1])) {
		while (*p && *p != ']')
			p += *p == '\\' && p[1] ? 2 : 1;
		p += *p == ']';
	}
	return p > start ? p : NULL;
}

/* Matches text without brackets. */
static const char *unbracketed(const char *p)
{
	return p + strcspn(p, "[]()");
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
	case 'N':
		return number(p);
	case 'D':
		return structured_data(p);
	case '~':
		return unbracketed(p);
	default:
		return *p == what ? p + 1 : NULL;
	}
}

/* Matches PATTERN (LEN characters) at P. Returns the end of the match, or NULL. */
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

/* ---- The pieces that can begin with a character ---- */

static gint8 candidates[256][G_N_ELEMENTS(pieces) + 1]; /* -1 ends each list */
static guint8 length_of[G_N_ELEMENTS(pieces)];

static gboolean can_begin(const char *pattern, char c)
{
	switch (*pattern) {
	case '_':
		return c == ' ' || c == '\t' || can_begin(pattern + 1, c);
	case '{':
		return can_begin(pattern + 1, c) || can_begin(strchr(pattern, '}') + 1, c);
	case '\\':
		return c == pattern[1];
	case '#':
	case '9':
	case 'T':
		return g_ascii_isdigit(c);
	case 'N':
		return g_ascii_isdigit(c) || c == '+';
	case 'S':
		return g_ascii_isdigit(c) || c == ' ';
	case 'A':
		return strchr("MTWFS", c) != NULL;
	case 'M':
		return strchr("JFMASOND", c) != NULL;
	case 'K':
		return c == 'k' || c == 'K';
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
	for (int c = 0; c < 256; c++) {
		gint8 *next = candidates[c];

		for (gsize i = 0; c && i < G_N_ELEMENTS(pieces); i++)
			if (can_begin(pieces[i].pattern, (char)c))
				*next++ = (gint8)i;
		*next = -1;
	}
	return NULL;
}

static gboolean can_follow(const struct piece *piece, const struct piece *before)
{
	unsigned had = before ? before->flags : 0;

	return !((piece->flags & AT_START) && before) && !((piece->flags & AFTER_ANY) && !before) &&
	       !((piece->flags & AFTER_DATE) && !(had & (PIECE_DATE | PIECE_BSD))) &&
	       !((piece->flags & AFTER_BSD) && !(had & PIECE_BSD));
}

const char *piece_strip(const char *p, struct line *line, const struct piece **before)
{
	static GOnce once = G_ONCE_INIT;
	struct line kept = {.stamp = line->stamp};

	g_once(&once, prepare, NULL);
	memcpy(kept.caller, line->caller, CALLER_LEN);
	for (const gint8 *next = candidates[(guint8)*p]; *next >= 0; next++) {
		const struct piece *piece = &pieces[*next];
		const char *end;

		if (!can_follow(piece, *before))
			continue;
		end = follow(piece->pattern, length_of[*next], p, line);
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
