// SPDX-License-Identifier: GPL-2.0-only
/*
 * Determines which lines belong to a report. Several callers of printk (tasks, CPUs) can print at
 * the same time. If the log names the caller of each line, each caller has an open report of its
 * own.
 */
#include <string.h>

#include "splat/scanner.h"

/*
 * The maximum number of consecutive foreign lines inside a report: GAP_KNOWN if the log names the
 * printk caller of each line, otherwise GAP_UNKNOWN; GAP_INSTANT for lines within INSTANT_SECONDS
 * after a line of the report.
 */
#define GAP_KNOWN 3
#define GAP_UNKNOWN 12
#define GAP_INSTANT 100
#define INSTANT_SECONDS 0.05
#define DUMP_LINES 64 /* maximum number of lines of a page's dump before the header */
/* further reports of a crashed task within this time are consequences of the crash */
#define WAKE_SECONDS 2.0
#define CUT_LINES 12   /* maximum number of lines between "cut here" and the header */
#define STALE_LINES 5000 /* maximum number of lines of other printk callers inside a report */
#define REBOOT_LINES 5 /* maximum number of lines of firmware before the next kernel's first line */

static void remove_open(struct scanner *scanner, struct open *open)
{
	guint i = 0;

	while (i < scanner->n_open && scanner->open[i] != open)
		i++;
	for (; i + 1 < scanner->n_open; i++)
		scanner->open[i] = scanner->open[i + 1];
	scanner->n_open--;
}

static void note_crash(struct scanner *scanner, const struct open *open)
{
	if (!(open->format->family & (FAMILY_OOPS | FAMILY_BUG)) &&
	    g_strcmp0(open->format->kind, "sched-atomic") != 0)
		return;
	memcpy(scanner->crashed, open->callers[0], CALLER_LEN);
	scanner->crashed_at = open->last_stamp;
	scanner->any_crash = TRUE;
}

static gboolean is_wake(const struct scanner *scanner, const struct line *line)
{
	return scanner->any_crash && caller_is_same(scanner->crashed, line->caller) &&
	       line->stamp >= 0 && line->stamp - scanner->crashed_at <= WAKE_SECONDS &&
	       line->stamp >= scanner->crashed_at;
}

void extent_close(struct scanner *scanner, struct open *open, gboolean cut_short)
{
	struct splat *cut = open_cut_splat(open);
	struct splat *splat = open_splat(open);

	remove_open(scanner, open);
	note_crash(scanner, open);
	if (cut)
		scanner->found(cut, scanner->data);
	if (splat) {
		splat->truncated |= cut_short;
		scanner->found_any = TRUE;
		scanner->told = MAX(scanner->told, open->end_byte);
		scanner->found(splat, scanner->data);
	}
	open_release(scanner, open);
}

struct open *extent_find(struct scanner *scanner, const struct line *line)
{
	for (guint i = 0; i < scanner->n_open; i++) {
		struct open *open = scanner->open[i];

		if (open->kernel != line->kernel)
			continue;
		for (guint c = 0; c < open->n_callers; c++)
			if (caller_is_same(open->callers[c], line->caller))
				return open;
	}
	return NULL;
}

void extent_expire(struct scanner *scanner, guint64 number)
{
	for (guint i = scanner->n_open; i-- > 0;)
		if (scanner->open[i]->last_line + STALE_LINES < number)
			extent_close(scanner, scanner->open[i], FALSE);
}

/*
 * Returns the open report to which the stack that begins with LINE belongs: CPUs print their stacks
 * when the CPU that reports a stall or a panic requests it. The caller of LINE becomes one of the
 * report's callers. Returns NULL if there is no such line or report.
 */
static struct open *find_asker(struct scanner *scanner, const struct line *line)
{
	if (!scanner->n_open)
		return NULL;
	if (!strstr(line->text, "NMI backtrace for cpu") && !strstr(line->text, "watchdog: CPU "))
		return NULL;
	for (guint i = scanner->n_open; i-- > 0;) {
		struct open *open = scanner->open[i];

		if (!(open->format->family & (FAMILY_STALL | FAMILY_PANIC)) ||
		    open->n_callers == CALLERS)
			continue;
		memcpy(open->callers[open->n_callers++], line->caller, CALLER_LEN);
		return open;
	}
	return NULL;
}

/*
 * Starts a report with LINE, which FORMAT matches. GROUPS are what its pattern matched, or NULL if
 * FORMAT has no pattern. The report takes over their memory, and clears GROUPS.
 */
static void begin_report(struct scanner *scanner, const struct format *format,
			 const struct line *line, struct groups *groups, gboolean induced)
{
	struct groups none = {0};
	struct open *open;

	if (scanner->n_open == OPEN_REPORTS)
		extent_close(scanner, scanner->open[0], FALSE);
	open = open_new(scanner);
	open_name(open, format, groups ? groups : &none);
	open->kernel = line->kernel;
	open->first_line = line->number;
	open->first_byte = line->first_byte;
	open->first_stamp = open->last_stamp = -1;
	open->induced = induced;
	open->quoted = !line->kernel && quote_is_set_off(scanner, format, line);
	open->paragraph = !line->kernel && quote_may_follow(scanner, line);
	memcpy(open->callers[open->n_callers++], line->caller, CALLER_LEN);
	open_with_past(scanner, open, line);
	open->header = open->n_seen;
	open_take(open, line);
	scanner->open[scanner->n_open++] = open;
	if (format->family & FAMILY_ONE)
		extent_close(scanner, open, FALSE);
}

/*
 * Handles LINE while a dump of a page is being read: adds it if it belongs to the dump; any other
 * line ends the dump, because the header is handled elsewhere.
 */
static void take_dump_line(struct scanner *scanner, struct open *open, const struct line *line)
{
	struct frame frame;
	enum body body = body_kind(line->text, &format_dump, &frame);

	if (body == BODY_FOREIGN || body == BODY_LAST || open->n_seen > DUMP_LINES) {
		extent_close(scanner, open, FALSE);
		return;
	}
	open_take(open, line);
}

/*
 * Adds LINE after "cut here": it can have any text, because it may be the message of a WARN. If
 * there is no header within CUT_LINES lines, drops the report.
 */
static void take_after_cut(struct scanner *scanner, struct open *open, const struct line *line)
{
	open_take(open, line);
	if (open->n_seen - open->header > CUT_LINES)
		extent_close(scanner, open, FALSE);
}

/*
 * Handles a line that does not have a form of lines in reports: the rest of a wrapped line, or a
 * line of another caller. Too many of them in a row end the report; more are allowed if they have
 * nearly the time stamp of the report's last line.
 */
static void take_foreign(struct scanner *scanner, struct open *open, const struct line *line,
			 guint gap)
{
	g_autofree char *text = open->foreign == 1 ? join_body(scanner, open, line) : NULL;
	gboolean instant = line->stamp >= 0 && open->last_stamp >= 0 && !line->caller[0] &&
			   line->stamp - open->last_stamp <= INSTANT_SECONDS;

	if (text) {
		open->frames++;
		open->inside++;
		open_append(open, text, strlen(text));
		open_reach(open, line);
		return;
	}
	if (open->ended || ++open->foreign >= (instant ? GAP_INSTANT : gap))
		extent_close(scanner, open, FALSE);
}

/* Classifies LINE like open_body(), and takes into account where in the report it is. */
static enum body line_kind(struct open *open, const struct line *line, struct frame *ret)
{
	enum body body = open_body(open, line, ret);

	/* in old KASAN reports, SLUB's output with a banner precedes the stack */
	if (body == BODY_LAST && !open->frames && (open->format->family & FAMILY_SANITIZER))
		return BODY_INSIDE;
	return body == BODY_FOREIGN && open_has_next(open) ? BODY_INSIDE : body;
}

/* Sets `quoted` of OPEN if LINE directly follows the header and the quote ends before it. */
static void settle_quote(struct open *open, const struct line *line)
{
	if (open->last_line + 1 == line->number && open->n_seen == open->header + 1)
		open->quoted |= quote_is_end(line->text, open->paragraph);
}

void extent_continue(struct scanner *scanner, struct open *open, const struct line *line)
{
	guint gap = line->caller[0] ? GAP_KNOWN : GAP_UNKNOWN;
	struct frame frame;
	enum body body;

	if (line->stamp < 0 && join_lock(scanner, open, line)) {
		open_reach(open, line);
		return;
	}
	body = line_kind(open, line, &frame);
	settle_quote(open, line);
	if (open->format == &format_dump) {
		take_dump_line(scanner, open, line);
		return;
	}
	if (!open->format->kind) {
		take_after_cut(scanner, open, line);
		return;
	}
	if (open->foreign && line->stamp >= 0 && line->stamp - open->last_stamp > GAP_SECONDS)
		body = BODY_FOREIGN;
	switch (body) {
	case BODY_FRAME:
	case BODY_FAULT:
		open->frames += body == BODY_FRAME;
		open->sure += body == BODY_FRAME && !(frame.name[0] && frame.guess);
		open->faults += body == BODY_FAULT;
		G_GNUC_FALLTHROUGH;
	case BODY_INSIDE:
		open->inside++;
		open_append_frame(open, line->text, line->len,
				  body == BODY_FAULT ? MARK_FAULT : MARK_FRAME, &frame);
		open_reach(open, line);
		break;
	case BODY_NUMBERS:
		open->inside++;
		open_append_numbers(open, line->text, line->len);
		open_reach(open, line);
		break;
	case BODY_LAST:
		open->inside++;
		open->ended = TRUE;
		open_take(open, line);
		/* do not end an oops here: x86 prints the registers again after the end mark */
		if (!(open->format->family & (FAMILY_OOPS | FAMILY_BUG)))
			extent_close(scanner, open, FALSE);
		break;
	case BODY_BLANK:
		open_append_numbers(open, "", 0);
		if (open->n_seen - open->solid > gap)
			extent_close(scanner, open, FALSE);
		break;
	case BODY_FOREIGN:
		take_foreign(scanner, open, line, gap);
		break;
	}
}

void extent_line(struct scanner *scanner, const struct line *line)
{
	struct open *open = extent_find(scanner, line);

	if (!open)
		open = find_asker(scanner, line);
	if (!open)
		open = beside_find(scanner, line, FALSE);
	if (open)
		beside_settle(open, line);
	if (open)
		extent_continue(scanner, open, line);
}

void extent_reboot(struct scanner *scanner, const struct line *line)
{
	struct line start = *line;

	/* the kernel's next lines belong to the new report, even if a decompressor wrote LINE */
	start.kernel = TRUE;
	while (scanner->n_open) {
		struct open *open = scanner->open[0];

		extent_close(scanner, open, open->last_line + REBOOT_LINES >= line->number);
	}
	begin_report(scanner, &format_reboot, &start, NULL, scanner->found_any);
}

/*
 * Ends OPEN, because the report that begins with LINE, which FORMAT matches, interrupts it. Returns
 * OPEN if it is not passed on yet (`cut` of struct open); otherwise NULL. *RET_INDUCED is TRUE if
 * the new report is a consequence of printing OPEN.
 */
static struct open *interrupt(struct scanner *scanner, struct open *open,
			      const struct format *format, const struct line *line,
			      gboolean *ret_induced)
{
	*ret_induced = open_causes(open, line);
	if (*ret_induced && (open->format->family & FAMILY_LOCKDEP) &&
	    (format->family & (FAMILY_OOPS | FAMILY_SANITIZER)) && open_is_proven(open)) {
		remove_open(scanner, open);
		scanner->found_any = TRUE;
		scanner->told = MAX(scanner->told, open->end_byte);
		return open;
	}
	/* an oops before a panic is not cut off: some architectures print no end mark then */
	open->complete = (format->family & FAMILY_PANIC) &&
			 ((format->flags & FORMAT_INDUCED) || open->last_line + 1 == line->number);
	extent_close(scanner, open, FALSE);
	return NULL;
}

void extent_header(struct scanner *scanner, const struct format *format, const struct line *line,
		   struct groups *groups)
{
	struct open *open = extent_find(scanner, line), *cut = NULL;
	gboolean induced = FALSE;

	/* a sanitizer can print its header for each of the functions that were inlined */
	if (open && !line->kernel && !(format->family & FAMILY_SANITIZER))
		settle_quote(open, line);
	if (open && open_is_sentence(open)) {
		extent_close(scanner, open, FALSE);
		open = NULL;
	}
	if (!open) {
		open = beside_find(scanner, line, TRUE);
		if (open && !open_is_adopted(open, format, line) &&
		    !open_is_absorbed(open, format, line))
			open = NULL;
		if (open)
			beside_settle(open, line);
	}
	if (open && open_is_adopted(open, format, line)) {
		open_name(open, format, groups);
		open->header = open->n_seen;
		open->quoted |= !line->kernel && quote_is_set_off(scanner, format, line);
		open_take(open, line);
		return;
	}
	if (open && open_is_absorbed(open, format, line)) {
		open_take(open, line);
		open->inside++;
		return;
	}
	if (open && (format->family & FAMILY_ONE) && open->format->kind && !open->ended) {
		/* LINE is a report of its own, of one line; the open report continues after it */
		begin_report(scanner, format, line, groups,
			     (format->flags & FORMAT_UNWINDER) != 0);
		return;
	}
	if (open)
		cut = interrupt(scanner, open, format, line, &induced);
	induced |=
		((format->flags & FORMAT_INDUCED) && scanner->found_any) || is_wake(scanner, line);
	begin_report(scanner, format, line, groups, induced);
	if (cut)
		scanner->open[scanner->n_open - 1]->cut = cut;
}

/*
 * Returns TRUE if OPEN has the line of a BUG. "cut here" is printed before this line, so another
 * one begins another report.
 */
static gboolean has_trapped(const struct open *open)
{
	return strstr(open_line(open, open->header)->text, "ernel BUG at ") != NULL;
}

void extent_cut(struct scanner *scanner, const struct line *line)
{
	struct open *open = extent_find(scanner, line);
	gboolean induced = FALSE;

	if (open && open->format == &format_dump && open_has_room(open, line->len)) {
		open->format = &format_cut;
		open->header = open->n_seen;
		open_take(open, line);
		return;
	}
	if (open && (open->format->family & (FAMILY_BUG | FAMILY_TOLD)) && !open->frames &&
	    !open->ended && !has_trapped(open)) {
		open_take(open, line);
		return;
	}
	if (open && (open->format->family & FAMILY_SLUB) && !open->ended) {
		/* "cut here" belongs to SLUB's report if a WARN of SLUB follows */
		open_append(open, line->text, line->len);
		return;
	}
	if (open) {
		induced = open_causes(open, line);
		extent_close(scanner, open, FALSE);
	}
	begin_report(scanner, &format_cut, line, NULL, induced || is_wake(scanner, line));
}

void extent_dump(struct scanner *scanner, const struct line *line)
{
	struct open *open = extent_find(scanner, line);

	if (open)
		extent_continue(scanner, open, line);
	else
		begin_report(scanner, &format_dump, line, NULL, FALSE);
}
