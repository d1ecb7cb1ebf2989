// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reports of which only some lines have a prefix of the kernel, because the author of a mail or a
 * mail program removed or moved it.
 */
#include <string.h>

#include "splat/scanner.h"

/*
 * Returns TRUE if LINE follows the last line of OPEN: directly, or if it begins a stack, after an
 * empty line, because some authors remove the prefix of the header only.
 */
static gboolean follows(const struct open *open, const struct line *line)
{
	return open->last_line + 1 == line->number ||
	       (open->last_line + 2 == line->number && open->n_seen > open->solid &&
		frame_starts_trace(line->text));
}

struct open *beside_find(struct scanner *scanner, const struct line *line, gboolean header)
{
	for (guint i = scanner->n_open; i-- > 0;) {
		struct open *open = scanner->open[i];
		struct frame frame;
		enum body body;

		if (open->kernel == line->kernel || !follows(open, line) || open->ended ||
		    (line->caller[0] && open->callers[0][0]) || !open->format->kind)
			continue;
		body = header ? BODY_INSIDE : body_kind(line->text, open->format, &frame);
		if (body == BODY_FOREIGN || (body == BODY_BLANK && line->kernel))
			continue;
		/*
		 * a line of hex digits only belongs to the report if it directly follows the
		 * header: a mail program has wrapped the header before its address
		 */
		if (!header && !line->kernel && body_is_dump(line->text) &&
		    open->n_seen != open->header + 1)
			continue;
		return open;
	}
	return NULL;
}

void beside_settle(struct open *open, const struct line *line)
{
	if (open->kernel || !line->kernel)
		return;
	open->kernel = open->settled = TRUE;
	memcpy(open->callers[0], line->caller, CALLER_LEN);
}
