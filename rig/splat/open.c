// SPDX-License-Identifier: GPL-2.0-only
/* Stores the lines of a report that is not complete yet, and makes a struct splat of them. */
#include <string.h>

#include "splat/scanner.h"
#include "splat/word-set.h"

/* maximum number of lines between two headers of one report */
#define HEADER_LINES 2

void open_free(struct open *open)
{
	g_clear_pointer(&open->cut, open_free);
	g_free(open->seen);
	texts_free(open->texts);
	groups_deinit(&open->groups);
	g_free(open);
}

struct open *open_new(struct scanner *scanner)
{
	struct open *open;

	if (scanner->n_spare)
		return scanner->spare[--scanner->n_spare];
	open = g_new0(struct open, 1);
	open->texts = texts_new();
	return open;
}

void open_release(struct scanner *scanner, struct open *open)
{
	struct open empty = {
		.seen = open->seen, .seen_room = open->seen_room, .texts = open->texts};

	if (scanner->n_spare == OPEN_REPORTS) {
		open_free(open);
		return;
	}
	g_clear_pointer(&open->cut, open_free);
	groups_deinit(&open->groups);
	texts_clear(open->texts);
	*open = empty;
	scanner->spare[scanner->n_spare++] = open;
}

gboolean open_has_room(const struct open *open, gsize len)
{
	return open->bytes + len <= REPORT_KEPT && open->n_seen < REPORT_LINES;
}

/*
 * Appends a line. Returns its properties, which the caller may set: they are not known yet. Returns
 * NULL if the report has reached its maximum size.
 */
static struct seen *append(struct open *open, const char *text, gsize len)
{
	struct seen *seen;

	if (!open_has_room(open, len)) {
		open->full = TRUE;
		return NULL;
	}
	if (open->n_seen == open->seen_room) {
		open->seen_room = MAX(2 * open->seen_room, 64);
		open->seen = g_renew(struct seen, open->seen, open->seen_room);
	}
	seen = &open->seen[open->n_seen++];
	*seen = (struct seen){.text = texts_add(open->texts, text, len), .len = (guint)len};
	open->bytes += len + 1;
	return seen;
}

void open_append(struct open *open, const char *text, gsize len)
{
	append(open, text, len);
}

void open_append_numbers(struct open *open, const char *text, gsize len)
{
	struct seen *seen = append(open, text, len);

	if (seen)
		seen->known = TRUE;
}

void open_append_frame(struct open *open, const char *text, gsize len, guint mark,
		       const struct frame *frame)
{
	struct seen *seen = append(open, text, len);

	if (seen && frame->name[0])
		seen_frame(seen, mark, frame, open->texts);
	else if (seen)
		seen->no_frame = TRUE;
}

/* Returns TRUE if TEXT is "Call Trace:", "Backtrace:" or similar. */
static gboolean begins_stack(const char *text, gsize len)
{
	return len >= 5 && memcmp(text + len - 5, "race:", 5) == 0;
}

enum body open_body(struct open *open, const struct line *line, struct frame *ret_frame)
{
	const struct seen *last = open_line(open, open->n_seen - 1);
	enum body body = body_kind(line->text, open->format, ret_frame);

	/* the place where preemption was disabled is not part of a stack */
	if (body == BODY_FRAME && text_begins(last->text, "Preemption disabled at:")) {
		ret_frame->name[0] = '\0';
		return BODY_INSIDE;
	}
	/* before 2.6.27, x86-64 prints "RIP:" at the end of the header, and then the function */
	if (body == BODY_FRAME && open->n_seen == open->header + 1 &&
	    g_str_has_suffix(last->text, " RIP:"))
		return BODY_FAULT;
	if (body == BODY_FOREIGN)
		return open->bare && frame_parse_bare(line->text, ret_frame) ? BODY_FRAME : body;
	/* an empty line ends a stack without offsets: a word after it is probably a sentence */
	if (body == BODY_BLANK)
		open->bare &= begins_stack(last->text, last->len);
	else if (body != BODY_INSIDE || line->text[strspn(line->text, " \t")] != '<')
		open->bare = body == BODY_INSIDE && begins_stack(line->text, line->len);
	return body;
}

void open_replace(struct open *open, guint at, const char *text)
{
	gsize len = strlen(text);

	/* the old text keeps its memory, so each replacement counts as a further line */
	if (!open_has_room(open, len)) {
		open->full = TRUE;
		return;
	}
	*open_line(open, at) = (struct seen){
		.text = texts_add(open->texts, text, len),
		.len = (guint)len,
	};
	open->bytes += len;
	if (at == open->header) {
		groups_deinit(&open->groups);
		groups_init(&open->groups, open->format, text);
	}
}

void open_reach(struct open *open, const struct line *line)
{
	open->solid = open->n_seen;
	open->last_line = line->number + line->more;
	open->end_byte = line->end_byte;
	if (!line->more)
		open->widest = MAX(open->widest, line->end_byte - line->first_byte);
	open->foreign = 0;
	open->last_date = line->date;
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
		    !caller_is_same(past->caller, line->caller)) {
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

static struct report report_of(const struct open *open)
{
	return (struct report){.format = open->format,
			       .seen = open->seen,
			       .texts = open->texts,
			       .n = open->solid,
			       .header = open->header,
			       .groups = open->groups};
}

/*
 * Returns the report of the lines of OPEN, or NULL if they do not prove that it is one. FAULT is
 * the report that cut OPEN off, or NULL.
 */
static struct splat *splat_of(const struct open *open, const struct report *fault)
{
	struct report report = report_of(open);
	struct splat *splat;

	if (!open_is_proven(open))
		return NULL;
	report.fault = fault;
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

struct splat *open_splat(const struct open *open)
{
	return splat_of(open, NULL);
}

struct splat *open_cut_splat(const struct open *open)
{
	struct report fault = report_of(open);

	if (!open->cut)
		return NULL;
	for (guint i = 0; i < fault.n; i++)
		seen_examine(&fault.seen[i], fault.texts);
	return splat_of(open->cut, &fault);
}

guint64 scanner_open_line(const struct scanner *scanner)
{
	guint64 line = G_MAXUINT64;

	for (guint i = 0; i < scanner->n_open; i++) {
		const struct open *open = scanner->open[i];

		line = MIN(line, open->cut ? open->cut->first_line : open->first_line);
	}
	return line;
}

void scanner_peek(const struct scanner *scanner, splat_found found, void *data)
{
	for (guint i = 0; i < scanner->n_open; i++) {
		struct splat *cut = open_cut_splat(scanner->open[i]);
		struct splat *splat = open_splat(scanner->open[i]);

		if (cut)
			found(cut, data);
		if (splat)
			found(splat, data);
	}
}

void open_name(struct open *open, const struct format *format, struct groups *groups)
{
	groups_deinit(&open->groups);
	open->format = format;
	open->groups = *groups;
	*groups = (struct groups){0};
}

void open_rewrite(struct open *open, const struct format *format, const struct line *header,
		  struct groups *groups)
{
	open_replace(open, open->header, header->text);
	open_name(open, format, groups);
	open_reach(open, header);
}

/* Returns TRUE if LINE was printed long after the report's last line, or before it. */
static gboolean is_far(const struct open *open, const struct line *line)
{
	if (line->stamp >= 0 && open->last_stamp >= 0)
		return ABS(line->stamp - open->last_stamp) > GAP_SECONDS;
	return line->date >= 0 && open->last_date >= 0 &&
	       ABS(line->date - open->last_date) > GAP_SECONDS;
}

gboolean open_causes(const struct open *open, const struct line *line)
{
	unsigned family = open->format->family;
	char fill = '\0';

	if (line->stamp >= 0 && line->stamp - open->last_stamp > GAP_SECONDS)
		return FALSE;
	if (family & FAMILY_LOCKDEP)
		return !open->frames && open->inside > 0;
	return (family & FAMILY_SANITIZER) && !(family & FAMILY_SLUB) && !open->ended &&
	       !open->foreign && !open->missed && open->frames > 0 && open->header > 0 &&
	       body_is_banner(open_line(open, 0)->text, &fill) && fill == '=';
}

gboolean open_has_next(const struct open *open)
{
	return open->n_seen == open->header + 1 && open->format->title &&
	       strstr(open->format->title, "{next}");
}

/*
 * Returns TRUE if LINE is the report's last line again, or its header and more: two consoles print
 * to the same log.
 */
static gboolean is_doubled(const struct open *open, const struct line *line)
{
	const struct seen *last = open_line(open, open->n_seen - 1);

	return line->stamp >= 0 && line->stamp == open->last_stamp &&
	       (strcmp(last->text, line->text) == 0 ||
		(open->n_seen == open->header + 1 &&
		 g_str_has_prefix(line->text, last->text)));
}

gboolean open_is_absorbed(const struct open *open, const struct format *format,
			  const struct line *line)
{
	unsigned family = open->format->family;
	gboolean again = format == open->format && (family & FAMILY_OOPS) &&
			 (open->faults || open->inside > HEADER_LINES);
	gboolean more = (format->into & family) ||
			((family & FAMILY_TOLD) && (format->family & FAMILY_WARN));

	if (is_doubled(open, line))
		return TRUE;
	if (!more || open->ended || again || is_far(open, line))
		return FALSE;
	/*
	 * another kind of stall is a report of its own, such as a hard lockup after a stall of RCU;
	 * so is the same kind again, after lines that describe the first one
	 */
	if ((format->family & family & FAMILY_STALL) &&
	    (strcmp(format->kind, open->format->kind) != 0 ||
	     (format == open->format && open->inside > HEADER_LINES)))
		return FALSE;
	/*
	 * A WARN that panics prints its stack after the panic, so the panic is part of it if no
	 * certain frame was read. Frames marked "?" may be those of another task.
	 */
	if ((format->family & FAMILY_PANIC) && !open->faults && !open->sure)
		return TRUE;
	return open->frames == 0 || (format->flags & FORMAT_ANYTIME);
}

gboolean open_is_adopted(const struct open *open, const struct format *format,
			 const struct line *line)
{
	gboolean inlined = strstr(open_line(open, open->header)->text, "[inline]") != NULL;

	if (open->full || !open_has_room(open, line->len))
		return FALSE; /* the line would not be stored */
	if (!open->format->kind)
		return TRUE;
	if (open->format->kind == format->kind && (open->format->family & FAMILY_WARN) &&
	    (format->family & FAMILY_BUG))
		return FALSE; /* this line is the message of a WARN, which follows the header */
	if (format->family == open->format->family && !open->frames && inlined)
		return TRUE;
	return (format->flags & FORMAT_ADOPTS) && !(open->format->family & FAMILY_TOLD) &&
	       open_is_absorbed(open, format, line);
}
