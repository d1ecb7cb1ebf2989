// SPDX-License-Identifier: GPL-2.0-only
/*
 * Detects a log in reverse order, its newest line first, as `journalctl -r` prints it. The lines of
 * a report are in reverse order there, too.
 */
#include <string.h>

#include "splat/scanner.h"

#define MONTH_S (31 * 86400)
/*
 * The log counts as reversed if the lines with an earlier time than the line before outnumber those
 * with a later time by at least this number. Used if the time of the first line is not known.
 */
#define FALLS_LEAST 3

/*
 * Compares the times of two lines: negative if NOW is older than BEFORE, positive if it is newer,
 * otherwise 0.
 */
static int step(const struct past *before, const struct line *now)
{
	if (before->date >= 0 && now->date >= 0 && before->date != now->date)
		return now->date > before->date ? 1 : -1;
	if (before->stamp >= 0 && now->stamp >= 0 && before->stamp != now->stamp)
		return now->stamp > before->stamp ? 1 : -1;
	return 0;
}

static void set_date(struct scanner *scanner, struct line *line)
{
	if (!line->date_len || line->date_len > DATE_LEN)
		return;
	if (line->date_len != scanner->date_len ||
	    memcmp(line->date_at, scanner->date_text, line->date_len) != 0) {
		memcpy(scanner->date_text, line->date_at, line->date_len);
		scanner->date_len = line->date_len;
		scanner->date = prefix_date(line->date_at, line->date_at + line->date_len);
	}
	line->date = scanner->date;
}

void order_take(struct scanner *scanner, struct line *line, gboolean counts)
{
	const struct past *before = scanner_past(scanner, 0);
	int now;

	set_date(scanner, line);
	if (!counts)
		return;
	scanner->widest = MAX(scanner->widest, line->end_byte - line->first_byte);
	if (!before->number || before->number + 1 != line->number)
		return;
	now = step(before, line);
	scanner->rises += now > 0;
	scanner->falls += now < 0;
}

gboolean scanner_is_reversed(const struct scanner *scanner)
{
	const char *newline = memchr(scanner->start, '\n', START_KEPT);
	const struct past *last = scanner_past(scanner, 0);
	char text[START_KEPT + 1];
	struct line first;
	gsize len = MIN(scanner->position, START_KEPT);

	len = newline ? (gsize)(newline - scanner->start) : len;
	memcpy(text, scanner->start, len);
	prefix_strip(text, len, &first);
	if (first.date_len)
		first.date = prefix_date(first.date_at, first.date_at + first.date_len);
	for (guint i = 1; i < PAST && last->date < 0 && last->stamp < 0; i++)
		last = scanner_past(scanner, i);
	if (!last->number)
		return FALSE;
	/*
	 * syslog's dates have no year, so the change from December to January is a large step back
	 */
	if (first.date >= 0 && last->date >= 0)
		return first.date > last->date &&
		       (scanner->falls > scanner->rises ||
			(scanner->falls == scanner->rises && first.date - last->date < MONTH_S));
	if (first.stamp >= 0 && last->stamp >= 0)
		return first.stamp > last->stamp && scanner->falls > scanner->rises;
	return scanner->falls >= scanner->rises + FALLS_LEAST;
}
