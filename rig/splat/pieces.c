// SPDX-License-Identifier: GPL-2.0-only
/*
 * Joins the pieces of a message that netconsole sent in several packets. Before each piece is
 * "…,ncfrag=OFFSET/LENGTH;" (Documentation/networking/netconsole.rst). If a packet was lost, the
 * pieces before it are dropped.
 */
#include <string.h>

#include "splat/scanner.h"

/* Returns TRUE if LINE is the next piece of the message whose first pieces are in PIECES. */
static gboolean is_next(const struct pieces *pieces, const struct line *line)
{
	return pieces->of == line->piece_of && pieces->len == line->piece_at &&
	       pieces->stamp == line->stamp && line->len <= LINE_KEPT - pieces->len;
}

gboolean pieces_take(struct scanner *scanner, struct line *line)
{
	struct pieces *pieces = &scanner->pieces;

	if (!line->piece_at) {
		pieces->len = 0;
		pieces->of = line->piece_of;
		pieces->stamp = line->stamp;
		pieces->number = line->number;
		pieces->first_byte = line->first_byte;
	}
	if (!is_next(pieces, line)) {
		pieces->of = 0;
		return TRUE;
	}
	memcpy(pieces->text + pieces->len, line->text, line->len);
	pieces->len += line->len;
	if (pieces->len < pieces->of)
		return FALSE;
	pieces->text[pieces->len] = '\0';
	pieces->of = 0;
	memcpy(scanner->scratch, pieces->text, pieces->len + 1);
	line->text = scanner->scratch;
	line->len = pieces->len;
	line->more = (guint)(line->number - pieces->number);
	line->number = pieces->number;
	line->first_byte = pieces->first_byte;
	line->same = FALSE;
	return TRUE;
}
