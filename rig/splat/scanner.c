// SPDX-License-Identifier: GPL-2.0-only
/* The scanner: bytes to lines, and what a line is to the reports around it. */
#include <string.h>

#include "splat/scanner.h"

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
		extent_free(scanner->open[i]);
	g_free(scanner);
}

const char *scanner_open_kind(const struct scanner *scanner)
{
	for (guint i = 0; i < scanner->n_open; i++)
		if (scanner->open[i]->format->kind)
			return scanner->open[i]->format->kind;
	return NULL;
}

guint64 scanner_open_line(const struct scanner *scanner)
{
	guint64 line = G_MAXUINT64;

	for (guint i = 0; i < scanner->n_open; i++)
		line = MIN(line, scanner->open[i]->first_line);
	return line;
}

gboolean scanner_lockdep_died(const struct scanner *scanner)
{
	return scanner->lockdep_died;
}

double scanner_guest_seconds(const struct scanner *scanner)
{
	return scanner->stamp;
}

/* Lines ---------------------------------------------------------------------- */

static void remember(struct scanner *scanner, const struct line *line)
{
	struct past *past = &scanner->past[0];

	memmove(past + 1, past, (PAST - 1) * sizeof(*past));
	g_strlcpy(past->text, line->text, sizeof(past->text));
	g_strlcpy(past->caller, line->caller, CALLER_LEN);
	past->number = line->number;
	past->first_byte = line->first_byte;
	past->end_byte = line->end_byte;
	past->stamp = line->stamp;
	past->kernel = line->kernel;
}

/* dmesg and journalctl show the later lines of one record without a stamp, only indented. */
static void inherit_prefix(const struct scanner *scanner, struct line *line)
{
	const struct past *past = &scanner->past[0];

	if (line->kernel || line->user || !past->kernel || past->number + 1 != line->number)
		return;
	if (strncmp(line->text, "     ", 5) != 0 && strncmp(line->text, "-> #", 4) != 0)
		return;
	line->kernel = TRUE;
	g_strlcpy(line->caller, past->caller, CALLER_LEN);
}

/* The kernel says that it goes down, or journalctl that another boot begins. */
static gboolean goes_down(const struct line *line)
{
	if (line->kernel)
		return strstr(line->text, "reboot: ") || strstr(line->text, "Starting new kernel");
	return g_str_has_prefix(line->text, "-- Boot ");
}

/* A second boot in one log that nothing announced. The decompressor speaks first, where there is one. */
static void take_boot(struct scanner *scanner, const struct line *line)
{
	gboolean unpacks = !line->kernel && strstr(line->text, "Parsing ELF... ");
	gboolean starts =
		line->kernel && line->stamp <= 1 && g_str_has_prefix(line->text, "Linux version ");

	scanner->going_down |= goes_down(line);
	if (!unpacks && !starts)
		return;
	if (scanner->stamp > 1 && !scanner->going_down)
		extent_reboot(scanner, line);
	scanner->stamp = -1;
	scanner->going_down = FALSE;
}

/* What the scanner wants to know of a line besides reports. */
static void take_news(struct scanner *scanner, const struct line *line)
{
	take_boot(scanner, line);
	if (line_ends_lockdep(line->text))
		scanner->lockdep_died = TRUE;
}

static void take_line(struct scanner *scanner, const guint8 *bytes, gsize len, guint64 first, guint64 end)
{
	struct line line = {.number = scanner->lines + 1, .first_byte = first, .end_byte = end};
	const struct format *format = NULL;
	gsize at;

	len = MIN(len, LINE_KEPT);
	memcpy(scanner->scratch, bytes, len);
	prefix_strip(scanner->scratch, len, &line);
	inherit_prefix(scanner, &line);
	for (guint i = 0; line.dropped && i < scanner->n_open; i++)
		scanner->open[i]->missed += line.dropped;
	if (!line.user && filter_hit((const guint8 *)line.text, line.len, &at)) {
		take_news(scanner, &line);
		format = format_match(line.text);
		if (!format && body_is_cut(line.text)) {
			extent_cut(scanner, &line);
			goto done;
		}
	}
	if (format) {
		extent_header(scanner, format, &line);
	} else if (!line.user) {
		extent_line(scanner, &line);
	}
done:
	if (line.stamp >= 0)
		scanner->stamp = line.stamp;
	remember(scanner, &line);
}

/* The finished line at BYTES, whose end (of END bytes) is at the stream's POSITION. */
static void finish_partial(struct scanner *scanner)
{
	take_line(scanner, (const guint8 *)scanner->partial, scanner->partial_len,
		  scanner->line_start, scanner->position);
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

/* One whole line, LEN bytes with its end. */
static void whole_line(struct scanner *scanner, const guint8 *bytes, gsize len)
{
	scanner->position += len;
	take_line(scanner, bytes, len - 1, scanner->position - len, scanner->position);
	scanner->lines++;
}

typedef guint8 sixteen __attribute__((vector_size(16)));

/* How many lines end in BYTES. A search for each end alone would cost more than all the rest. */
static guint64 count_lines(const guint8 *bytes, gsize len)
{
	guint64 n = 0;
	gsize at = 0;

	while (len - at >= sizeof(sixteen)) {
		gsize most = MIN(len, at + 255 * sizeof(sixteen)); /* lanes count to 255 */
		sixteen lanes = {0};

		for (; most - at >= sizeof(sixteen); at += sizeof(sixteen)) {
			sixteen piece;

			memcpy(&piece, bytes + at, sizeof(piece));
			lanes -= (sixteen)(piece == '\n'); /* true is -1 */
		}
		for (gsize i = 0; i < sizeof(sixteen); i++)
			n += lanes[i];
	}
	for (; at < len; at++)
		n += bytes[at] == '\n';
	return n;
}

/* The newest time stamp in lines that are skipped: a firmware can write many without one. */
static void skip_to_stamp(struct scanner *scanner, const guint8 *bytes, gsize len)
{
	while (len) {
		const guint8 *before = memrchr(bytes, '\n', len - 1);
		const guint8 *start = before ? before + 1 : bytes;
		gsize line_len = MIN((gsize)(bytes + len - start) - 1, LINE_KEPT);
		struct line line;

		len = start - bytes;
		/* "[   12.345678] text" or "6,339,5140900,-;text" */
		if (!memchr(start, '[', line_len) && !memchr(start, ';', line_len))
			continue;
		memcpy(scanner->scratch, start, line_len);
		prefix_strip(scanner->scratch, line_len, &line);
		if (line.stamp >= 0) {
			scanner->stamp = line.stamp;
			return;
		}
	}
}

/* Lines in which no word is: counted, the last ones remembered. */
static void skip_quiet(struct scanner *scanner, const guint8 *bytes, gsize len)
{
	const guint8 *end = bytes + len;
	const guint8 *tail = end;

	for (int i = 0; i < PAST && tail > bytes; i++) {
		const guint8 *before = memrchr(bytes, '\n', tail - 1 - bytes);

		tail = before ? before + 1 : bytes;
	}
	skip_to_stamp(scanner, bytes, tail - bytes);
	scanner->position += tail - bytes;
	scanner->lines += count_lines(bytes, tail - bytes);
	while (tail < end) {
		gsize line = (const guint8 *)memchr(tail, '\n', end - tail) + 1 - tail;

		whole_line(scanner, tail, line);
		tail += line;
	}
}

/* Whole lines. */
static void take_block(struct scanner *scanner, const guint8 *bytes, gsize len)
{
	while (len) {
		gsize at, line;

		if (!scanner->n_open) {
			if (!filter_hit(bytes, len, &at)) {
				skip_quiet(scanner, bytes, len);
				return;
			}
			const guint8 *before = memrchr(bytes, '\n', at);
			gsize quiet = before ? before + 1 - bytes : 0;

			skip_quiet(scanner, bytes, quiet);
			bytes += quiet;
			len -= quiet;
		}
		line = (const guint8 *)memchr(bytes, '\n', len) + 1 - bytes;
		whole_line(scanner, bytes, line);
		bytes += line;
		len -= line;
	}
}

void scanner_feed(struct scanner *scanner, const guint8 *bytes, gsize len)
{
	const guint8 *newline;

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
		finish_partial(scanner);
	while (scanner->n_open) {
		struct open *open = scanner->open[0];

		extent_close(scanner, open, cut_short && open->last_line == scanner->lines + 1);
	}
}

void scanner_peek(const struct scanner *scanner, splat_found found, void *data)
{
	for (guint i = 0; i < scanner->n_open; i++) {
		struct splat *splat = extent_splat(scanner->open[i]);

		if (splat)
			found(splat, data);
	}
}
