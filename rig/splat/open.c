// SPDX-License-Identifier: GPL-2.0-only
/* Stores the lines of an incomplete report, and makes the report of them. */
#include <string.h>

#include "splat/scanner.h"

void extent_free(struct open *open)
{
	g_ptr_array_unref(open->lines);
	g_array_unref(open->seen);
	g_string_chunk_free(open->strings);
	g_free(open);
}

/* SEEN: properties of the line; `known` is FALSE if they are not known yet. */
static void append(struct open *open, const char *text, gsize len, const struct seen *seen)
{
	if (open->bytes + len > REPORT_KEPT || open->lines->len >= REPORT_LINES) {
		open->full = TRUE;
		return;
	}
	g_array_append_vals(open->seen, seen, 1);
	g_ptr_array_add(open->lines, g_string_chunk_insert_len(open->strings, text, (gssize)len));
	open->bytes += len + 1;
}

void open_append(struct open *open, const char *text, gsize len)
{
	append(open, text, len, &(struct seen){0});
}

void open_append_numbers(struct open *open, const char *text, gsize len)
{
	append(open, text, len, &(struct seen){.known = TRUE});
}

void open_append_frame(struct open *open, const char *text, gsize len, guint mark,
		       const struct frame *frame)
{
	struct seen seen = {0};

	if (frame->name[0])
		seen_frame(&seen, mark, frame, open->strings);
	append(open, text, len, &seen);
}

void open_replace(struct open *open, guint at, const char *text)
{
	open->lines->pdata[at] = g_string_chunk_insert(open->strings, text);
	g_array_index(open->seen, struct seen, at) = (struct seen){0};
	open->bytes += strlen(text);
}

void open_reach(struct open *open, const struct line *line)
{
	open->solid = open->lines->len;
	open->last_line = line->number + line->more;
	open->end_byte = line->end_byte;
	if (!line->more)
		open->widest = MAX(open->widest, line->end_byte - line->first_byte);
	open->foreign = 0;
	if (line->stamp >= 0) {
		if (open->first_stamp < 0)
			open->first_stamp = line->stamp;
		open->last_stamp = line->stamp;
	}
}

void open_take(struct open *open, const struct line *line)
{
	open_append(open, line->text, line->len);
	open_reach(open, line);
}

void open_with_past(struct scanner *scanner, struct open *open, const struct line *line)
{
	for (guint i = 0; i < PAST; i++) {
		const struct past *past = scanner_past(scanner, i);

		if (!past->number || past->kernel != line->kernel ||
		    strcmp(past->caller, line->caller) != 0) {
			if (!line->caller[0])
				return;
			/* skip lines that another printk caller (task or CPU) has printed */
			continue;
		}
		if (past->first_byte < scanner->told || past->number + PAST < line->number ||
		    !body_is_preface(past->text))
			return;
		open->first_line = past->number;
		open->first_byte = past->first_byte;
		open->first_stamp = past->stamp;
		open_append(open, past->text, strlen(past->text));
		return;
	}
}

struct splat *extent_splat(const struct open *open)
{
	struct report report = {.format = open->format,
				.lines = (char **)open->lines->pdata,
				.seen = (struct seen *)(void *)open->seen->data,
				.strings = open->strings,
				.n = open->solid,
				.header = open->header};
	struct splat *splat;

	if (!extent_is_proven(open))
		return NULL;
	splat = report_build(&report, open->induced);
	splat->first_line = open->first_line;
	splat->last_line = open->last_line;
	splat->first_byte = open->first_byte;
	splat->end_byte = open->end_byte;
	splat->when = open->first_stamp;
	splat->truncated = (splat->truncated && !open->complete) || open->full;
	splat->missed = open->missed;
	return splat;
}

void extent_rewrite(struct open *open, const struct format *format, const struct line *header)
{
	open_replace(open, open->header, header->text);
	open->format = format;
	open_reach(open, header);
}
