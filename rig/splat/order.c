// SPDX-License-Identifier: GPL-2.0-only
/*
 * Detects a log whose newest line is the first one, as `journalctl -r` prints it: in such a log,
 * the lines of a report are in the wrong order, too.
 */
#include <string.h>

#include "splat/scanner.h"

#define MONTH_S (31 * 86400)
/* Least surplus of steps back, if the time of the first line is not known. */
#define FALLS_LEAST 3

/* Returns a number that is negative if NOW is older than BEFORE, 0 if that is not known. */
static int step(const struct order *before, const struct line *now)
{
	if (before->date >= 0 && now->date >= 0 && before->date != now->date)
		return now->date > before->date ? 1 : -1;
	if (before->stamp >= 0 && now->stamp >= 0 && before->stamp != now->stamp)
		return now->stamp > before->stamp ? 1 : -1;
	return 0;
}

void order_take(struct order *order, const struct line *line)
{
	if (line->date < 0 && line->stamp < 0)
		return;
	if (order->number && order->number + 1 == line->number) {
		int now = step(order, line);

		order->rises += now > 0;
		order->falls += now < 0;
	}
	order->number = line->number;
	order->date = line->date;
	order->stamp = line->stamp;
}

gboolean scanner_is_reversed(const struct scanner *scanner)
{
	const struct order *last = &scanner->order;
	const char *newline = memchr(scanner->start, '\n', START_KEPT);
	char text[START_KEPT + 1];
	struct line first;
	gsize len = MIN(scanner->position, START_KEPT);

	len = newline ? (gsize)(newline - scanner->start) : len;
	memcpy(text, scanner->start, len);
	prefix_strip(text, len, &first);
	if (!last->number)
		return FALSE;
	/* a date of syslog has no year, so one of January is newer than one of December */
	if (first.date >= 0 && last->date >= 0)
		return first.date > last->date &&
		       (last->falls > last->rises ||
			(!last->falls && !last->rises && first.date - last->date < MONTH_S));
	if (first.stamp >= 0 && last->stamp >= 0)
		return first.stamp > last->stamp && last->falls > last->rises;
	return last->falls >= last->rises + FALLS_LEAST;
}
