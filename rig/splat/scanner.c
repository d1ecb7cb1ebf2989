// SPDX-License-Identifier: GPL-2.0-only
/* The scanner: splits data into lines, and passes each line to the open reports. */
#include <string.h>

#include "splat/scanner.h"
#include "util/lanes.h"

struct scanner *scanner_new(splat_found found, void *data)
{
	struct scanner *scanner = g_new0(struct scanner, 1);

	scanner->found = found;
	scanner->data = data;
	scanner->stamp = -1;
	return scanner;
}

void scanner_free(struct scanner *scanner)
{
	if (!scanner)
		return;
	for (guint i = 0; i < scanner->n_open; i++)
		open_free(scanner->open[i]);
	for (guint i = 0; i < scanner->n_spare; i++)
		open_free(scanner->spare[i]);
	g_free(scanner);
}

const char *scanner_open_kind(const struct scanner *scanner)
{
	for (guint i = 0; i < scanner->n_open; i++)
		if (scanner->open[i]->format->kind)
			return scanner->open[i]->format->kind;
	return NULL;
}

gboolean scanner_lockdep_died(const struct scanner *scanner)
{
	return scanner->lockdep_died;
}

guint64 scanner_lines(const struct scanner *scanner, guint64 *ret_kernel)
{
	*ret_kernel = scanner->kernel_lines;
	return scanner->lines + (scanner->in_line ? 1 : 0);
}

double scanner_guest_seconds(const struct scanner *scanner)
{
	return scanner->stamp;
}

/* Lines ---------------------------------------------------------------------- */

static void remember(struct scanner *scanner, const struct line *line, gboolean has_word,
		     const struct format *format)
{
	struct past *past;

	gsize len = MIN(line->len, sizeof(past->text) - 1);

	scanner->newest = (scanner->newest + PAST - 1) % PAST;
	past = scanner_past(scanner, 0);
	memmove(past->text, line->text, len); /* faster here than memcpy(): see take_line() */
	past->text[len] = '\0';
	memcpy(past->caller, line->caller, CALLER_LEN);
	past->number = line->number;
	past->first_byte = line->first_byte;
	past->end_byte = line->end_byte;
	past->stamp = line->stamp;
	past->date = line->date;
	past->kernel = line->kernel;
	past->cut = line->cut;
	past->code = line->code;
	past->inherited = line->inherited;
	past->indent = line->indent;
	past->has_word = has_word;
	past->format = format;
	past->format_open = format != NULL;
}

/*
 * dmesg and journalctl print the prefix only before the first line of a record, and indent the
 * others: copies the prefix of the preceding line to LINE if LINE is such a line.
 */
static void inherit_prefix(const struct scanner *scanner, struct line *line)
{
	const struct past *past = scanner_past(scanner, 0);

	if (line->kernel || line->user || !past->kernel || past->number + 1 != line->number ||
	    past->inherited == INHERIT_MAX)
		return;
	if (strncmp(line->text, "     ", 5) != 0 && line->text[0] != '\t' &&
	    strncmp(line->text + strspn(line->text, " "), "-> #", 4) != 0)
		return;
	line->kernel = TRUE;
	line->inherited = past->inherited + 1;
	memcpy(line->caller, past->caller, CALLER_LEN);
}

/* Checks a line for news that is not a report: the start of a boot, and that lockdep is off. */
static void take_news(struct scanner *scanner, const struct line *line)
{
	boot_take(scanner, line);
	if (line_ends_lockdep(line->text))
		scanner->lockdep_died = TRUE;
}

/*
 * Returns TRUE if TEXT is the first line of a page's dump: "page: refcount:0 mapcount:0 …",
 * "page:ffffea00… refcount:0" (mm/debug.c, __dump_page()).
 */
static gboolean is_page_dump(const char *text)
{
	return (g_str_has_prefix(text, "page:") || g_str_has_prefix(text, "page dumped")) &&
	       strstr(text, "refcount:");
}

/*
 * Handles a line with one of the filter's words (filter.c). Returns the row of the table of formats
 * that it matches as the first line of a report, or NULL.
 */
static const struct format *take_word(struct scanner *scanner, const struct line *line)
{
	/* a panic of which only the last line is there */
	gsize end = scanner->any_panic ? 0 : quote_panic_end_len(line->text);
	const struct format *format;
	struct groups groups;
	struct line header = *line;

	take_news(scanner, line);
	header.text += end;
	header.len -= end;
	format = format_match(header.text, &groups);
	scanner->any_panic |= format && (format->family & FAMILY_PANIC);
	if (format)
		extent_header(scanner, format, &header, &groups);
	else if (body_is_cut(line->text))
		extent_cut(scanner, line);
	else if (is_page_dump(line->text))
		extent_dump(scanner, line);
	else
		extent_line(scanner, line);
	groups_deinit(&groups);
	return format;
}

/* Handles a line of a record, without its prefix. QUIET: it has none of the filter's words. */
static void take_text(struct scanner *scanner, struct line *line, gboolean quiet)
{
	const struct format *format = NULL;
	gboolean has_word = FALSE;
	gsize at;

	inherit_prefix(scanner, line);
	if (!line->user && !quote_is_folded_field(scanner, line)) {
		has_word = !quiet && (filter_hit((const guint8 *)line->text, line->len, &at) ||
				      strcmp(line->text, "BUG:") == 0);
		/* a line with a time stamp does not continue the line before */
		if (line->stamp < 0 && join_header(scanner, line, has_word))
			return;
		if (line->stamp < 0 && join_wrapped(scanner, line)) {
			remember(scanner, line, FALSE, NULL);
			return;
		}
		if (has_word)
			format = take_word(scanner, line);
		else
			extent_line(scanner, line);
	}
	if (line->stamp >= 0)
		scanner->stamp = line->stamp;
	remember(scanner, line, has_word, format);
}

/*
 * Handles a line without its newline, at FIRST to END in the log. QUIET: it has none of the
 * filter's words.
 */
static void take_line(struct scanner *scanner, const guint8 *bytes, gsize len, guint64 first,
		      guint64 end, gboolean quiet)
{
	struct line line; /* prefix_strip() sets the fields that are not set here */
	char *text, *next;

	line.number = scanner->lines + 1;
	line.first_byte = first;
	line.end_byte = end;
	line.more = line.inherited = line.indent = 0;
	len = MIN(len, LINE_KEPT);
	/* GCC makes `rep movs` of a memcpy() of limited length, which is slow for short lines */
	memmove(scanner->scratch, bytes, len);
	while (line.indent < len && (bytes[line.indent] == ' ' || bytes[line.indent] == '\t'))
		line.indent++;
	prefix_strip(scanner->scratch, len, &line);
	scanner->kernel_lines += line.kernel;
	order_take(scanner, &line,
		   !quiet || scanner->n_open || scanner_past(scanner, 0)->has_word);
	if (line.piece_of && !pieces_take(scanner, &line))
		return;
	quiet &= !line.piece_of; /* a word can be in two pieces */
	extent_expire(scanner, line.number);
	for (guint i = 0; line.dropped && i < scanner->n_open; i++)
		scanner->open[i]->missed += line.dropped;
	/* syslog and the journal store a record of several lines as one: split it */
	for (text = scanner->scratch + (line.text - scanner->scratch); text; text = next) {
		next = line.same ? NULL : strchr(text, '\n');
		if (next)
			*next++ = '\0';
		line.text = text;
		if (!line.same)
			line.len = strlen(text);
		line.cut = line.len && (text[line.len - 1] == ' ' || text[line.len - 1] == '\t');
		while (line.len && (text[line.len - 1] == ' ' || text[line.len - 1] == '\t'))
			text[--line.len] = '\0';
		take_text(scanner, &line, quiet);
	}
}

/* Handles the line that was collected in `partial`. */
static void finish_partial(struct scanner *scanner)
{
	const guint8 *bytes = (const guint8 *)scanner->partial;
	gsize at;

	/* search the raw bytes, as take_block() does: cleaning a line can reveal further words */
	take_line(scanner, bytes, scanner->partial_len, scanner->line_start, scanner->position,
		  !filter_hit_or_blank(bytes, scanner->partial_len, &at));
	scanner->partial_len = 0;
}

static void add_partial(struct scanner *scanner, const guint8 *bytes, gsize len)
{
	gsize room = LINE_KEPT - scanner->partial_len;

	if (!scanner->in_line) {
		scanner->in_line = TRUE;
		scanner->line_start = scanner->position;
	}
	memcpy(scanner->partial + scanner->partial_len, bytes, MIN(len, room));
	scanner->partial_len += MIN(len, room);
	scanner->position += len;
}

/* Handles a line with its newline, of LEN bytes. QUIET: it has none of the filter's words. */
static void whole_line(struct scanner *scanner, const guint8 *bytes, gsize len, gboolean quiet)
{
	scanner->position += len;
	take_line(scanner, bytes, len - 1, scanner->position - len, scanner->position,
		  quiet);
	scanner->lines++;
}

/*
 * Returns the number of newlines in BYTES. Calling memchr() for each of them would take longer than
 * the rest of the scanner.
 */
static guint64 count_lines(const guint8 *bytes, gsize len)
{
	guint64 n = 0;
	gsize at = 0;

	while (len - at >= LANES) {
		/* each byte of the vector `counts` can count up to 255 */
		gsize most = MIN(len, at + 255 * LANES);
		lanes counts = {0};

		for (; most - at >= LANES; at += LANES) /* true is -1, so this adds 1 */
			counts -= (lanes)(lanes_load(bytes + at) == '\n');
		for (gsize i = 0; i < LANES; i++)
			n += counts[i];
	}
	for (; at < len; at++)
		n += bytes[at] == '\n';
	return n;
}

/*
 * Stores the last time stamp in lines that are skipped. Firmware can write many lines without time
 * stamps after it.
 */
static void skip_to_stamp(struct scanner *scanner, const guint8 *bytes, gsize len)
{
	while (len) {
		const guint8 *before = memrchr(bytes, '\n', len - 1);
		const guint8 *start = before ? before + 1 : bytes;
		gsize line_len = MIN((gsize)(bytes + len - start) - 1, LINE_KEPT);
		struct line line;

		len = start - bytes;
		/*
		 * a line with a time stamp is "[   12.345678] text", also without its first
		 * bracket, or "6,339,5140900,-;text"
		 */
		if (!memchr(start, ']', line_len) && !memchr(start, ';', line_len))
			continue;
		memcpy(scanner->scratch, start, line_len);
		prefix_strip(scanner->scratch, line_len, &line);
		if (line.stamp >= 0) {
			scanner->stamp = line.stamp;
			return;
		}
	}
}

/*
 * Skips lines that have none of the filter's words: only counts them, except for the last ones,
 * which may belong to a report that follows.
 */
static void skip_quiet(struct scanner *scanner, const guint8 *bytes, gsize len)
{
	const guint8 *end = bytes + len;
	const guint8 *tail = end;

	for (int i = 0; i < PAST + INHERIT_MAX && tail > bytes; i++) {
		const guint8 *before = memrchr(bytes, '\n', tail - 1 - bytes);

		tail = before ? before + 1 : bytes;
		/*
		 * this line has a prefix of its own, so it does not need one from the lines before
		 * it
		 */
		if (i + 1 >= PAST && *tail == '[')
			break;
	}
	skip_to_stamp(scanner, bytes, tail - bytes);
	scanner->position += tail - bytes;
	scanner->lines += count_lines(bytes, tail - bytes);
	while (tail < end) {
		gsize line = (const guint8 *)memchr(tail, '\n', end - tail) + 1 - tail;

		whole_line(scanner, tail, line, TRUE);
		tail += line;
	}
}

/* Handles a block of complete lines; skips those without words of the filter outside of reports. */
static void take_block(struct scanner *scanner, const guint8 *bytes, gsize len)
{
	/* `next`: the next position at which a word of the filter begins */
	const guint8 *end = bytes + len, *next = bytes;

	while (bytes < end) {
		gsize at, line;

		if (next <= bytes)
			next = filter_hit_or_blank(bytes, (gsize)(end - bytes), &at) ? bytes + at
										     : end;
		/* lines can be skipped, unless they continue a report or a wrapped header */
		if (!scanner->n_open && !scanner_past(scanner, 0)->has_word) {
			const guint8 *before =
				next < end ? memrchr(bytes, '\n', (gsize)(next - bytes)) : end - 1;
			gsize quiet = before ? (gsize)(before + 1 - bytes) : 0;

			skip_quiet(scanner, bytes, quiet);
			bytes += quiet;
			if (bytes == end)
				return;
		}
		line = (gsize)((const guint8 *)memchr(bytes, '\n', end - bytes) + 1 - bytes);
		whole_line(scanner, bytes, line, next >= bytes + line);
		bytes += line;
	}
}

static gboolean is_symbol_start(const char *text)
{
	gsize len = 0;

	while (g_ascii_isalnum(text[len]) || (text[len] && strchr("_.+/?[]<>", text[len])))
		len++;
	return !text[len];
}

/*
 * Handles a last line without a newline. If it can be the beginning of a frame, it counts as a line
 * of the open report, which is then cut off.
 */
static void finish_cut_line(struct scanner *scanner)
{
	const struct past *newest;
	const char *text;

	finish_partial(scanner);
	newest = scanner_past(scanner, 0);
	text = newest->text + strspn(newest->text, " ");
	for (guint i = 0; i < scanner->n_open; i++) {
		struct open *open = scanner->open[i];

		if (open->last_line != scanner->lines || open->ended || !open->frames || !*text ||
		    text == newest->text || !is_symbol_start(text))
			continue;
		open->last_line++;
		open->end_byte = scanner->position;
		open->full = TRUE;
	}
}

void scanner_feed(struct scanner *scanner, const guint8 *bytes, gsize len)
{
	const guint8 *newline;

	if (len && scanner->position < START_KEPT)
		memcpy(scanner->start + scanner->position, bytes,
		       MIN(len, START_KEPT - scanner->position));

	if (scanner->in_line) {
		newline = memchr(bytes, '\n', len);
		gsize part = newline ? (gsize)(newline - bytes) : len;

		add_partial(scanner, bytes, part);
		if (!newline)
			return;
		scanner->position++;
		finish_partial(scanner);
		scanner->lines++;
		scanner->in_line = FALSE;
		bytes += part + 1;
		len -= part + 1;
	}
	newline = len ? memrchr(bytes, '\n', len) : NULL;
	if (newline) {
		gsize block = newline + 1 - bytes;

		take_block(scanner, bytes, block);
		bytes += block;
		len -= block;
	}
	if (len)
		add_partial(scanner, bytes, len);
}

void scanner_flush(struct scanner *scanner)
{
	gboolean cut_short = scanner->in_line && scanner->partial_len;

	if (cut_short)
		finish_cut_line(scanner);
	while (scanner->n_open) {
		struct open *open = scanner->open[0];

		open->quoted |= open->paragraph && open->n_seen == open->header + 1 &&
				open->last_line >= scanner->lines;
		extent_close(scanner, open, cut_short && open->last_line == scanner->lines + 1);
	}
}
