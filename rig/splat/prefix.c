// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands before a console line's own text: quoting of mail, the date and host of syslog and
 * the journal, dmesg's facility, a /dev/kmsg record's head, the level, the time stamp, the caller.
 * Logs come with any of them, in this order, and with none.
 */
#include <stdlib.h>
#include <string.h>

#include "splat/internal.h"

int text_int(const char *text)
{
	return CLAMP(g_ascii_strtoll(text, NULL, 10), -1, G_MAXINT);
}

static const char *skip_digits(const char *p)
{
	while (g_ascii_isdigit(*p))
		p++;
	return p;
}

/* "> > text"; a KASAN memory dump's ">ffff8880…: " is no quoting. */
static const char *strip_quoting(const char *p)
{
	const char *start = p;

	for (;;) {
		if (p[0] == '>' && (p[1] == ' ' || p[1] == '>' || p[1] == '\0' || p[1] == '['))
			p++;
		else if (p[0] == ' ' && p[1] == '>' && (p[2] == ' ' || p[2] == '>'))
			p++;
		else
			break;
	}
	return p > start && *p == ' ' ? p + 1 : p;
}

/* ESC [ … letter, as init systems colour their lines. */
static const char *strip_colours(const char *p)
{
	while (p[0] == '\033' && p[1] == '[') {
		const char *end = p + 2;

		while (*end && !g_ascii_isalpha(*end))
			end++;
		if (!*end)
			break;
		p = end + 1;
	}
	return p;
}

/* "6,339,5140900,-[,caller=T1];text" of /dev/kmsg (Documentation/ABI/testing/dev-kmsg). */
static const char *strip_record(const char *p, struct line *line)
{
	const char *level = skip_digits(p);
	const char *seq = *level == ',' ? skip_digits(level + 1) : p;
	const char *usec = *seq == ',' ? skip_digits(seq + 1) : p;
	const char *text;

	if (level == p || *level != ',' || *seq != ',' || usec == seq + 1 || *usec != ',')
		return p;
	text = strchr(usec, ';');
	if (!text || text - p > 200)
		return p;
	line->stamp = g_ascii_strtoull(seq + 1, NULL, 10) / 1e6;
	line->kernel = TRUE;
	const char *caller = strstr(usec, ",caller=");

	if (caller && caller < text) {
		gsize len = strcspn(caller + 8, ",;");

		g_strlcpy(line->caller, caller + 8, MIN(len + 1, CALLER_LEN));
	}
	return text + 1;
}

/* "Nov 21 06:00:01" or "2026-11-21T06:00:01.123456+00:00": where the date ends, or NULL. */
static const char *date_end(const char *p)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *end;

	if (g_ascii_isupper(p[0]) && g_ascii_isalpha(p[1]) && g_ascii_isalpha(p[2]) && p[3] == ' ') {
		char month[4] = {p[0], p[1], p[2], '\0'};

		if (!strstr(months, month))
			return NULL;
		end = skip_digits(p + 4 + strspn(p + 4, " "));
		if (*end != ' ')
			return NULL;
		end = end + 1;
		if (skip_digits(end) != end + 2 || end[2] != ':')
			return NULL;
		return end + strspn(end, "0123456789:.");
	}
	end = skip_digits(p);
	if (end == p + 4 && strnlen(p, 12) == 12 && *end == '-' && g_ascii_isdigit(p[5]) &&
	    p[7] == '-' && (p[10] == 'T' || p[10] == ' ') && g_ascii_isdigit(p[11]))
		return p + 11 + strspn(p + 11, "0123456789:.,+-Z");
	return NULL;
}

/* "[   12.345678]", or dmesg -T's "[Sat Nov 21 06:00:01 2026]". Without the blank that follows. */
static const char *stamp_end(const char *p, double *ret)
{
	const char *digits = p + 1 + strspn(p + 1, " ");
	const char *dot = skip_digits(digits);
	const char *end;

	if (*p != '[')
		return NULL;
	if (dot > digits && *dot == '.' && dot - digits < 12) {
		end = skip_digits(dot + 1);
		/* a version has as few digits, but no caller after it */
		gboolean caller = strncmp(end, "][", 2) == 0;

		if (end - dot < (caller ? 2 : 4) || end - dot > 10 || *end != ']')
			return NULL;
		*ret = g_ascii_strtod(digits, NULL);
		return end + 1;
	}
	if (g_ascii_isupper(p[1]) && strcspn(p, " ") == 4) {
		const char *date = date_end(p + 5);

		if (date && *date == ' ' && skip_digits(date + 1) == date + 5 && date[5] == ']')
			return date + 6;
	}
	return NULL;
}

/* A date, then host and tag up to "kernel: "; another tag than the kernel's makes it a user's line.
 */
static const char *strip_syslog(const char *p, struct line *line)
{
	const char *end = date_end(p);
	const char *text;

	if (strncmp(p, "kernel: ", 8) == 0) {
		line->kernel = TRUE;
		return p + 8;
	}
	if (!end || *end != ' ')
		return p;
	text = strstr(end, " kernel: ");
	if (text && text - end < 120 && !memchr(end, '[', text - end)) {
		line->kernel = TRUE;
		return text + 9;
	}
	text = strstr(end, " kernel:[");
	if (text && text - end < 120) {
		line->kernel = TRUE;
		return text + 8;
	}
	/* a CI's date before what the console said */
	double stamp;

	if (end[1] == '<' || stamp_end(end + 1, &stamp))
		return end + 1;
	/* "host tag[pid]: text" */
	text = strstr(end, ": ");
	const char *tag = strchr(end + 1, ' ');

	if (text && text - end < 120 && tag && tag < text && !memchr(tag + 1, ' ', text - tag - 1)) {
		line->user = TRUE;
		return text + 2;
	}
	return end + 1;
}

/* "kern  :warn  : " of dmesg -x. */
static const char *strip_facility(const char *p, struct line *line)
{
	const char *colon = p;

	if (strncmp(p, "kern", 4) == 0)
		colon = p + 4 + strspn(p + 4, " ");
	if (colon == p || *colon != ':')
		return p;
	colon++;
	while (g_ascii_isalpha(*colon))
		colon++;
	colon += strspn(colon, " ");
	if (colon[0] != ':' || colon[1] != ' ')
		return p;
	line->kernel = TRUE;
	return colon + 2;
}

static const char *strip_level(const char *p, struct line *line)
{
	const char *end;

	if (*p != '<')
		return p;
	end = skip_digits(p + 1);
	if (end == p + 1 || end > p + 4 || *end != '>')
		return p;
	line->kernel = TRUE;
	return end + 1;
}

/* "[ T12]" or "[ C1]" of CONFIG_PRINTK_CALLER. */
static const char *strip_caller(const char *p, struct line *line)
{
	const char *id = p + (*p == ' ');
	const char *end;

	if (*id != '[')
		return p;
	id += 1 + strspn(id + 1, " ");
	if (*id != 'T' && *id != 'C')
		return p;
	end = skip_digits(id + 1);
	if (end == id + 1 || *end != ']' || end - id >= CALLER_LEN)
		return p;
	g_strlcpy(line->caller, id, end - id + 1);
	return end + 1;
}

static const char *strip_stamp(const char *p, struct line *line)
{
	const char *end = stamp_end(p, &line->stamp);

	if (!end)
		return p;
	line->kernel = TRUE;
	end = strip_caller(end, line);
	return end + (*end == ' ');
}

/* A user's unfinished line ("login: ") can stand before the kernel's: the stamp inside shows where.
 */
static const char *strip_glued(const char *p, struct line *line)
{
	for (const char *at = strchr(p, '['); at && at - p < 256; at = strchr(at + 1, '[')) {
		const char *dot = at + 1 + strspn(at + 1, " 0123456789");

		if (*dot != '.' || skip_digits(dot + 1) != dot + 7)
			continue;
		const char *end = strip_stamp(at, line);

		if (end != at)
			return end;
	}
	return p;
}

/* "** 12 printk messages dropped **", with the next message on the same line or alone. */
static const char *strip_dropped(const char *p, struct line *line)
{
	const char *end;
	guint64 n;

	if (strncmp(p, "** ", 3) != 0 || !(end = strstr(p, "printk messages dropped")))
		return p;
	n = g_ascii_strtoull(p + 3, NULL, 10);
	line->dropped = MIN(n, G_MAXUINT);
	end += strlen("printk messages dropped");
	return end + strspn(end, "* ");
}

void prefix_strip(char *text, gsize len, struct line *line)
{
	const char *p = text;
	const char *before;

	while (len && (text[len - 1] == '\r' || text[len - 1] == '\n'))
		len--;
	text[len] = '\0';
	for (gsize i = 0; i < len; i++)
		if (text[i] == '\0' || text[i] == '\r')
			text[i] = ' ';
	line->dropped = 0;
	line->stamp = -1;
	line->caller[0] = '\0';
	line->kernel = line->user = FALSE;

	p = strip_dropped(p, line);
	p = strip_syslog(strip_record(strip_colours(strip_quoting(p)), line), line);
	p = strip_facility(p, line);
	for (int i = 0; i < 3; i++) {
		before = p;
		p = strip_stamp(strip_level(p, line), line);
		if (p == before)
			break;
	}
	if (!line->kernel)
		p = strip_glued(p, line);
	if (line->kernel)
		line->user = FALSE;
	p = strip_dropped(p, line); /* it has a stamp of its own in some kernels */
	line->text = p;
	line->len = len - (p - text);
}
