// SPDX-License-Identifier: GPL-2.0-only
/*
 * Matches the pattern of a piece of a prefix (prefix-pieces.c). For each element of a pattern, a
 * function returns the end of the text at P that matches it, or NULL.
 */
#include <string.h>

#include "splat/prefix.h"

#define DATE_NAME_MAX 12 /* maximum number of bytes of the name of a month or weekday */

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

/*
 * Converts a number to seconds: its digits before the point are at WHOLE, those after it from
 * FRACTION to END.
 */
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
 * Matches a time stamp such as "12.345678". It must have at least three decimals, because the
 * numbers of versions have fewer.
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
	caller_set(line->caller, p, (gsize)(end - p));
	return end;
}

/* Matches one of the names in ALL, each of which has three letters. */
static const char *name_of(const char *all, const char *p)
{
	for (; *all; all += 3)
		if (strncmp(p, all, 3) == 0)
			return p + 3;
	return NULL;
}

/* Matches the name of a month or weekday in any language: "Okt", "nov.", "11月". */
static const char *any_name(const char *p)
{
	const char *start = p;
	gboolean letter = FALSE;

	for (; g_ascii_isalnum(*p) || (guint8)*p >= 0x80; p++)
		letter |= !g_ascii_isdigit(*p);
	return letter && p - start <= DATE_NAME_MAX ? p + (*p == '.') : NULL;
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

/*
 * Matches a word without brackets that does not end in a colon: the name or address of a host, or a
 * unit.
 */
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
	case 'O':
		return any_name(p);
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

const char *piece_follow(const char *pattern, gsize len, const char *p, struct line *line)
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

			next = piece_follow(pattern + 1, close - pattern - 1, p, line);
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

/* Returns the number of the month whose English name is at P, from 1 on, or 0 if there is none. */
static int month_at(const char *p)
{
	static const char all[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (all[3 * i] == p[0] && all[3 * i + 1] == p[1] && all[3 * i + 2] == p[2])
			return i + 1;
	return 0;
}

gint64 prefix_date(const char *p, const char *end)
{
	int year = 0, month = 0, day = 0;
	gint64 time = -1;

	while (p < end) {
		const char *number_end = digits(p), *time_end = number_end ? time_of_day(p) : NULL;

		if (!number_end) {
			month = month || !g_ascii_isupper(*p) ? month : month_at(p);
			p++;
			continue;
		}
		if (time_end) {
			time = ((gint64)text_int(p) * 60 + text_int(number_end + 1)) * 60 +
			       text_int(number_end + 4);
		} else if (number_end - p == 4) {
			year = text_int(p);
			if (*number_end == '-' || *number_end == '/') {
				month = text_int(number_end + 1);
				day = text_int(number_end + 4);
				time_end = p + strlen("9999-99-99");
			}
		} else if (!day) { /* after the day, "+01" or the like is a time zone */
			day = text_int(p);
		}
		p = time_end ? time_end : number_end;
	}
	if (!month || !day || time < 0)
		return -1;
	return (((gint64)year * 12 + month) * 31 + day) * 86400 + time;
}
