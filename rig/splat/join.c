// SPDX-License-Identifier: GPL-2.0-only
/*
 * Joins lines that a mail program has wrapped: a header whose end is on the next line, or a frame.
 * Two lines are only joined if the result matches more than the first line alone.
 */
#include <string.h>

#include "splat/body-patterns.h"
#include "splat/scanner.h"

/* The least width at which mail programs wrap lines (RFC 3676 recommends 66 or more). */
#define WRAP_LEAST 66
/*
 * The least width of a terminal. A terminal wraps a line after its last column. Mail programs wrap
 * it before a word, at a smaller width.
 */
#define TERMINAL_LEAST 80
/*
 * number of digits of a time since 1970 in nanoseconds; some logs have it on a line of its own. A
 * register in a dump has fewer digits.
 */
#define STAMP_DIGITS 19

/* Returns the width that PAST would have with the first word of LINE at its end. */
static guint64 width_with(const struct past *past, const struct line *line)
{
	const char *word = line->text + strspn(line->text, " \t");

	return past->end_byte - past->first_byte + strcspn(word, " ") + 1;
}

/*
 * Returns TRUE if LINE can be the continuation of PAST: it is the next line and has no time stamp,
 * and is neither the text after a line of code nor the end of a block of code.
 */
static gboolean is_continuation(const struct past *past, const struct line *line)
{
	return line->stamp < 0 && past->number && past->number + 1 == line->number && !line->user &&
	       !line->caller[0] && line->text[strspn(line->text, " \t")] &&
	       !(past->code && !line->code) && strncmp(line->text, "```", 3) != 0;
}

/* Returns TRUE if a terminal can have wrapped PAST: no line of the log is longer. */
static gboolean is_full(const struct scanner *scanner, const struct past *past)
{
	guint64 width = past->end_byte - past->first_byte;

	return width > TERMINAL_LEAST && width == scanner->widest;
}

/* Counts that the preceding line was wrapped: at the width of the terminal, or earlier. */
static void count_wrap(struct scanner *scanner)
{
	if (is_full(scanner, scanner_past(scanner, 0)))
		scanner->wraps_full++;
	else
		scanner->wraps_early++;
}

/*
 * Appends LINE to TEXT, which ends with the preceding line. If the preceding line was wrapped
 * between two words, the blank between them was removed, and is added again.
 */
static char *joined(const struct scanner *scanner, const char *text, const struct line *line)
{
	const struct past *past = scanner_past(scanner, 0);
	gsize blanks = strspn(line->text, " \t");
	g_autofree char *first = g_strchomp(g_strdup(text));
	gboolean in_word = is_full(scanner, past) && !past->cut && !blanks;

	/*
	 * if more lines were wrapped earlier, a mail program did it: this line has the full width
	 * by chance
	 */
	in_word &= scanner->wraps_full >= scanner->wraps_early;
	return g_strconcat(first, in_word ? "" : " ", line->text + blanks, NULL);
}

/*
 * Returns TRUE if TEXT is nothing but a place in the source: "file.c:12" or "file.c:12 [inline]".
 */
static gboolean is_place(const char *text)
{
	const char *colon = strchr(text, ':');
	gsize digits = colon ? strspn(colon + 1, "0123456789") : 0;

	return digits && !memchr(text, ' ', colon - text) && memchr(text, '.', colon - text) &&
	       (!colon[1 + digits] || g_str_equal(colon + 1 + digits, " [inline]"));
}

/*
 * Returns TRUE if joining two lines has improved a header. NOW is the row of the table of formats
 * that the joined line matches, with GROUPS; BEFORE is the row that the first line alone, OLD,
 * matches. Either is NULL if the line matches no row. NOW must be a more specific row than BEFORE,
 * or the same row, and the joined line then has a function that OLD lacks.
 */
static gboolean is_better(const struct format *now, const struct groups *groups,
			  const struct format *before, const char *old)
{
	struct groups old_groups;
	gboolean better;

	if (!now || !before)
		return now != NULL;
	if (now != before)
		return now < before; /* specific formats precede general ones in the table */
	groups_init(&old_groups, now, old);
	better = groups->at[GROUP_F] && *groups->at[GROUP_F] &&
		 !(old_groups.at[GROUP_F] && *old_groups.at[GROUP_F]);
	groups_deinit(&old_groups);
	return better;
}

/*
 * Makes HEADER, a line joined from two, the header of a report: of a new one, or of the one that
 * its first line has begun. Returns FALSE if that report has further lines already. A report that
 * keeps GROUPS clears them.
 */
static gboolean take_header(struct scanner *scanner, const struct format *format,
			    const struct line *header, struct groups *groups)
{
	struct past *past = scanner_past(scanner, 0);
	struct open *open;

	past->format = format;
	if (!past->format_open) {
		past->format_open = TRUE;
		extent_header(scanner, format, header, groups);
		return TRUE;
	}
	open = extent_find(scanner, header);
	if (!open || open->last_line != past->number || open->n_seen != open->header + 1)
		return FALSE;
	open_rewrite(open, format, header, groups);
	return TRUE;
}

gboolean join_header(struct scanner *scanner, const struct line *line, gboolean has_word)
{
	const struct past *past = scanner_past(scanner, 0);
	const char *start;
	struct line header;
	const struct format *format, *own;
	struct groups groups;
	g_autofree char *text = NULL;
	/* is_end is TRUE if a symbolising script has added LINE to a function */
	gboolean taken, is_end;

	if (!past->has_word || !is_continuation(past, line))
		return FALSE;
	start = line->text + strspn(line->text, " \t");
	is_end = is_place(start) || g_str_equal(start, "[inline]");
	/*
	 * a line with the form of a report's inner lines can continue a header only if printk wrote
	 * the header and it is not complete
	 */
	if (!is_end && body_pattern(start, ~0U) != BODY_FOREIGN &&
	    (past->format || !past->kernel || width_with(past, line) <= WRAP_LEAST))
		return FALSE;
	own = has_word ? format_match(line->text, NULL) : NULL;
	if (frame_starts_trace(start) || (own && past->format))
		return FALSE;
	text = joined(scanner, past->text, line);
	format = format_match(text, &groups);
	header = *line;
	header.text = text;
	header.len = strlen(text);
	header.number = past->number;
	header.more = 1;
	header.first_byte = past->first_byte;
	header.stamp = past->stamp;
	header.kernel = past->kernel;
	memcpy(header.caller, past->caller, CALLER_LEN);
	/* a line that is a header itself only continues one of a report that it can be part of */
	taken = (is_better(format, &groups, past->format, past->text) ||
		 (is_end && format && format == past->format)) &&
		(!own || (own != format && (own->into & format->family))) &&
		take_header(scanner, format, &header, &groups);
	groups_deinit(&groups);
	if (taken)
		count_wrap(scanner);
	return taken;
}

/*
 * Returns TRUE if LINE can be the rest of the preceding line, which belongs to OPEN: with the first
 * word of LINE, the preceding line would have been too wide.
 */
static gboolean is_rest(const struct scanner *scanner, const struct open *open,
			const struct line *line)
{
	const struct past *past = scanner_past(scanner, 0);
	gsize blanks = strspn(line->text, " \t");
	gsize digits = strspn(line->text, "0123456789");

	if (digits >= STAMP_DIGITS && !line->text[digits])
		return FALSE;
	if (blanks != past->indent && !is_full(scanner, past))
		return FALSE;
	return width_with(past, line) > MAX(open->widest, WRAP_LEAST) &&
	       past->text[strspn(past->text, " \t")] &&
	       strlen(past->text) < sizeof(past->text) - 1;
}

/*
 * Returns TRUE if LINE can be appended to the last line of OPEN, that is, if the two together are
 * not too long.
 */
static gboolean can_grow(const struct open *open, const struct line *line)
{
	gsize len = open_line(open, open->n_seen - 1)->len + line->len + 1;

	return len <= LINE_KEPT && open_has_room(open, len);
}

/*
 * Returns TRUE if OPEN is a panic of which only the header was read, and LINE does not have the
 * form of the lines that follow it.
 */
static gboolean is_panic_alone(const struct open *open, const struct line *line)
{
	return (open->format->family & FAMILY_PANIC) && open->n_seen == open->header + 1 &&
	       body_pattern(line->text + strspn(line->text, " \t"), ~0U) == BODY_FOREIGN;
}

gboolean join_wrapped(struct scanner *scanner, struct line *line)
{
	const struct past *past = scanner_past(scanner, 0);
	g_autofree char *text = NULL;
	struct open *open;
	struct frame frame;
	struct line whole;
	gboolean is_last;
	enum body body;

	if (line->kernel || !scanner->n_open || !is_continuation(past, line))
		return FALSE;
	whole = *line;
	whole.kernel = past->kernel;
	memcpy(whole.caller, past->caller, CALLER_LEN);
	open = extent_find(scanner, &whole);
	if (!open || open->ended || !open->format->kind || !is_rest(scanner, open, line) ||
	    !(past->kernel || is_panic_alone(open, line)) || body_is_banner(line->text, NULL) ||
	    format_match(line->text, NULL))
		return FALSE;
	/* if the line was wrapped twice, the report's last line is already a joined one */
	is_last = open->last_line == past->number && open->solid == open->n_seen;
	if (is_last && !can_grow(open, line))
		return FALSE;
	text = joined(scanner, is_last ? open_line(open, open->solid - 1)->text : past->text, line);
	whole.text = text;
	whole.len = strlen(text);
	if (is_last) {
		open_replace(open, open->n_seen - 1, text);
		open_reach(open, &whole);
	} else {
		body = body_kind(text, open->format, &frame);
		if (body == BODY_FOREIGN || body == BODY_BLANK)
			return FALSE;
		extent_continue(scanner, open, &whole);
	}
	line->kernel = past->kernel;
	memcpy(line->caller, past->caller, CALLER_LEN);
	count_wrap(scanner);
	return TRUE;
}

char *join_body(const struct scanner *scanner, const struct open *open, const struct line *line)
{
	static const char *const between[] = {"", " "};
	const struct past *past = scanner_past(scanner, 0);

	if (!is_continuation(past, line) || past->kernel != open->kernel ||
	    !caller_is_same(past->caller, open->callers[0]) || open->last_line >= past->number)
		return NULL;
	for (gsize i = 0; i < G_N_ELEMENTS(between); i++) {
		g_autofree char *text = g_strconcat(past->text, between[i],
						    line->text + strspn(line->text, " \t"), NULL);
		struct frame frame;
		enum body body = body_kind(text, open->format, &frame);

		if (body == BODY_FRAME || body == BODY_FAULT)
			return g_steal_pointer(&text);
	}
	return NULL;
}

/*
 * Returns TRUE if TEXT is the beginning of a lock line of lockdep, "#0: ffff… (CLASS){…}, at:
 * f+0x…". "#0: ", the address and ", at:" are optional.
 */
static gboolean is_unfinished_lock(const char *text)
{
	const char *start = text + strspn(text, " \t");
	gsize len = strlen(start);

	if (*start == '#' && g_ascii_isdigit(start[1]))
		start += strcspn(start, " ") + strspn(start + strcspn(start, " "), " ");
	if (strstr(start, ", at: ") || (*start != '(' && strspn(start, "0123456789abcdef") < 8))
		return FALSE;
	return len && (g_str_has_suffix(start, ", at:") || g_str_has_suffix(start, "},") ||
		       !strstr(start, "){") || g_str_has_suffix(start, "}-"));
}

/*
 * Returns TRUE if TEXT is a lock line that ends with the name of the function, so that the place in
 * the source ("file.c:12") can be on the next line.
 */
static gboolean lacks_place(const char *text)
{
	const char *at = strstr(text, ", at: ");
	struct frame frame;

	return at && frame_parse_lock(at, &frame) && !strchr(at + strlen(", at: "), ' ');
}

/* Returns TRUE if TEXT, a line of a report, is not complete, and NEXT can be its end. */
static gboolean is_unfinished(const char *text, const char *next)
{
	const char *start = text + strspn(text, " \t");
	/* the message in "file.c:12 suspicious … usage!" */
	const char *complaint = strstr(text, " suspicious");

	if (g_str_has_prefix(start, "hardirqs last ") || g_str_has_prefix(start, "softirqs last "))
		return g_str_has_suffix(text, "):") || g_str_has_suffix(text, ">]");
	if (is_place(next))
		return lacks_place(text);
	return complaint && complaint > text && g_ascii_isdigit(complaint[-1]) &&
	       !g_str_has_suffix(text, "!");
}

gboolean join_lock(const struct scanner *scanner, struct open *open, const struct line *line)
{
	static const char *const between[] = {" ", ""};
	const char *last = open_line(open, open->n_seen - 1)->text;
	const char *start;

	if (!is_continuation(scanner_past(scanner, 0), line) || open->solid != open->n_seen ||
	    open->last_line + 1 != line->number || !can_grow(open, line))
		return FALSE;
	start = line->text + strspn(line->text, " \t");
	if (is_unfinished(last, start)) {
		g_autofree char *text = g_strconcat(last, " ", start, NULL);

		open_replace(open, open->n_seen - 1, text);
		return TRUE;
	}
	if (!is_unfinished_lock(last))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(between); i++) {
		g_autofree char *text = g_strconcat(last, between[i], start, NULL);
		const char *lock_text = text + strspn(text, " \t");
		struct splat_lock lock = {0};
		gboolean whole;

		if (*lock_text == '#')
			lock_text += strcspn(lock_text, " ");
		whole = lock_parse(lock_text, &lock) && lock.function;
		splat_lock_clear(&lock);
		/*
		 * the joined text is not a whole lock line, but the line may be wrapped twice: keep
		 * the text if it is the beginning of one
		 */
		if (!whole && !(is_unfinished_lock(text) && strstr(text, "){")))
			continue;
		open_replace(open, open->n_seen - 1, text);
		return TRUE;
	}
	return FALSE;
}
