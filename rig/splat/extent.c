// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines to the extent of reports. Callers (tasks, CPUs) print at the same time; where the log says
 * who wrote a line, each has its own open report.
 */
#include <string.h>

#include "splat/scanner.h"

#define GAP_KNOWN 3    /* foreign lines that end a report, where callers are told apart */
#define GAP_UNKNOWN 12 /* … and where others' lines may be in between */
#define GAP_SECONDS 10.0
#define WAKE_SECONDS 2.0 /* how long a task goes on breaking things after it crashed */
#define CUT_LINES 12	 /* from "cut here" to the header */
#define REBOOT_LINES 5	 /* that a firmware writes before the next kernel */
#define PROOF_LINES 4	 /* inside a report, where nothing else shows that it is one */

void extent_free(struct open *open)
{
	g_ptr_array_unref(open->lines);
	g_free(open);
}

static void open_append(struct open *open, const char *text, gsize len)
{
	if (open->bytes + len > REPORT_KEPT || open->lines->len >= REPORT_LINES) {
		open->full = TRUE;
		return;
	}
	g_ptr_array_add(open->lines, g_strndup(text, len));
	open->bytes += len + 1;
}

static void open_reach(struct open *open, const struct line *line)
{
	open->solid = open->lines->len;
	open->last_line = line->number;
	open->end_byte = line->end_byte;
	open->foreign = 0;
	if (line->stamp >= 0) {
		if (open->first_stamp < 0)
			open->first_stamp = line->stamp;
		open->last_stamp = line->stamp;
	}
}

/* What stands before the header and belongs to the report: the banner, a hint at what comes. */
static gboolean is_before_header(const char *text)
{
	static const char *const hints[] = {
		"Kernel attempted to ", "kernel tried to ", "8<--- cut here ---",
		"INFO: task ", /* whose name has a line end in it */
	};

	for (gsize i = 0; i < G_N_ELEMENTS(hints); i++)
		if (strstr(text, hints[i]))
			return TRUE;
	return body_is_banner(text, NULL);
}

static void open_with_past(struct scanner *scanner, struct open *open, const struct line *line)
{
	for (guint i = 0; i < PAST; i++) {
		const struct past *past = &scanner->past[i];

		if (!past->number || past->kernel != line->kernel ||
		    strcmp(past->caller, line->caller) != 0) {
			if (!line->caller[0])
				return;
			continue; /* others print at the same time */
		}
		if (past->first_byte < scanner->told || past->number + PAST < line->number ||
		    !is_before_header(past->text))
			return;
		open->first_line = past->number;
		open->first_byte = past->first_byte;
		open->first_stamp = past->stamp;
		open_append(open, past->text, strlen(past->text));
		return;
	}
}

/* Without a kernel's prefix a line is the report's only if it begins with it: a text may quote one.
 */
static gboolean stands_alone(const struct open *open)
{
	const char *header = open->lines->pdata[open->header];
	struct groups groups;
	gboolean alone;

	groups_init(&groups, open->format, header);
	alone = groups.at[0] && g_str_has_prefix(header, groups.at[0]);
	groups_deinit(&groups);
	return alone;
}

/* Are there lines enough to believe that this is a report and not a text about one? */
static gboolean is_proven(const struct open *open)
{
	unsigned flags = open->format->flags;
	guint proofs = open->frames + open->faults;

	if (!open->format->kind)
		return FALSE;
	if (flags & FORMAT_BARE)
		return open->kernel || stands_alone(open);
	if (flags & FORMAT_KERNEL)
		return open->kernel || proofs > 0;
	if (flags & FORMAT_PROOF)
		return proofs > 0 || (open->kernel && open->inside >= 2);
	return open->kernel || proofs > 0 || open->inside >= PROOF_LINES;
}

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
	g_strlcpy(scanner->crashed, open->callers[0], CALLER_LEN);
	scanner->crashed_at = open->last_stamp;
	scanner->any_crash = TRUE;
}

static gboolean is_wake(const struct scanner *scanner, const struct line *line)
{
	return scanner->any_crash && strcmp(scanner->crashed, line->caller) == 0 && line->stamp >= 0 &&
	       line->stamp - scanner->crashed_at <= WAKE_SECONDS && line->stamp >= scanner->crashed_at;
}

struct splat *extent_splat(const struct open *open)
{
	struct splat *splat;
	char **lines;

	if (!is_proven(open))
		return NULL;
	lines = g_new0(char *, open->solid + 1);
	for (guint i = 0; i < open->solid; i++)
		lines[i] = g_strdup(open->lines->pdata[i]);
	splat = report_build(open->format, lines, open->header, open->induced);
	splat->first_line = open->first_line;
	splat->last_line = open->last_line;
	splat->first_byte = open->first_byte;
	splat->end_byte = open->end_byte;
	splat->when = open->first_stamp;
	splat->truncated |= open->full;
	splat->missed = open->missed;
	return splat;
}

void extent_close(struct scanner *scanner, struct open *open, gboolean cut_short)
{
	struct splat *splat = extent_splat(open);

	remove_open(scanner, open);
	note_crash(scanner, open);
	if (splat) {
		splat->truncated |= cut_short;
		scanner->found_any = TRUE;
		scanner->told = MAX(scanner->told, open->end_byte);
		scanner->found(splat, scanner->data);
	}
	extent_free(open);
}

static struct open *find_open(struct scanner *scanner, const struct line *line)
{
	for (guint i = 0; i < scanner->n_open; i++) {
		struct open *open = scanner->open[i];

		if (open->kernel != line->kernel)
			continue;
		for (guint c = 0; c < open->n_callers; c++)
			if (strcmp(open->callers[c], line->caller) == 0)
				return open;
	}
	return NULL;
}

/* Another CPU shows its stack because the report's CPU asked it to. */
static struct open *find_asker(struct scanner *scanner, const struct line *line)
{
	if (!strstr(line->text, "NMI backtrace for cpu") && !strstr(line->text, "watchdog: CPU "))
		return NULL;
	for (guint i = scanner->n_open; i-- > 0;) {
		struct open *open = scanner->open[i];

		if (!(open->format->family & (FAMILY_STALL | FAMILY_PANIC)) || open->n_callers == CALLERS)
			continue;
		g_strlcpy(open->callers[open->n_callers++], line->caller, CALLER_LEN);
		return open;
	}
	return NULL;
}

static void begin_report(struct scanner *scanner, const struct format *format,
			 const struct line *line, gboolean induced)
{
	struct open *open;

	if (scanner->n_open == OPEN_REPORTS)
		extent_close(scanner, scanner->open[0], FALSE);
	open = g_new0(struct open, 1);
	open->format = format;
	open->kernel = line->kernel;
	open->lines = g_ptr_array_new_with_free_func(g_free);
	open->first_line = line->number;
	open->first_byte = line->first_byte;
	open->first_stamp = open->last_stamp = -1;
	open->induced = induced;
	g_strlcpy(open->callers[open->n_callers++], line->caller, CALLER_LEN);
	open_with_past(scanner, open, line);
	open->header = open->lines->len;
	open_append(open, line->text, line->len);
	open_reach(open, line);
	scanner->open[scanner->n_open++] = open;
	if (format->family & FAMILY_ONE)
		extent_close(scanner, open, FALSE);
}

/* A line of a caller that is inside a report. */
static void continue_report(struct scanner *scanner, struct open *open, const struct line *line)
{
	guint gap = line->caller[0] ? GAP_KNOWN : GAP_UNKNOWN;
	enum body body = body_kind(line->text, open->format);

	/* SLUB's banner inside an old KASAN report is not its end */
	if (body == BODY_LAST && !open->frames && (open->format->family & FAMILY_SANITIZER))
		body = BODY_INSIDE;

	if (!open->format->kind) { /* after "cut here" anything can come: the WARN's own message */
		open_append(open, line->text, line->len);
		open_reach(open, line);
		if (open->lines->len > CUT_LINES)
			extent_close(scanner, open, FALSE);
		return;
	}
	if (open->foreign && line->stamp >= 0 && line->stamp - open->last_stamp > GAP_SECONDS)
		body = BODY_FOREIGN;
	switch (body) {
	case BODY_FRAME:
	case BODY_FAULT:
		open->frames += body == BODY_FRAME;
		open->faults += body == BODY_FAULT;
		G_GNUC_FALLTHROUGH;
	case BODY_INSIDE:
		open->inside++;
		open_append(open, line->text, line->len);
		open_reach(open, line);
		break;
	case BODY_LAST:
		open->inside++;
		open->ended = TRUE;
		open_append(open, line->text, line->len);
		open_reach(open, line);
		/* x86 repeats the registers after an oops' end mark */
		if (!(open->format->family & (FAMILY_OOPS | FAMILY_BUG)))
			extent_close(scanner, open, FALSE);
		break;
	case BODY_BLANK:
		open_append(open, "", 0);
		if (open->lines->len - open->solid > gap)
			extent_close(scanner, open, FALSE);
		break;
	case BODY_FOREIGN:
		if (open->ended || ++open->foreign >= gap)
			extent_close(scanner, open, FALSE);
		break;
	}
}

void extent_line(struct scanner *scanner, const struct line *line)
{
	struct open *open = find_open(scanner, line);

	if (!open)
		open = find_asker(scanner, line);
	if (open)
		continue_report(scanner, open, line);
}

void extent_reboot(struct scanner *scanner, const struct line *line)
{
	struct line start = *line;

	start.kernel = TRUE; /* also where the decompressor wrote it */
	while (scanner->n_open) {
		struct open *open = scanner->open[0];

		extent_close(scanner, open, open->last_line + REBOOT_LINES >= line->number);
	}
	begin_report(scanner, &format_reboot, &start, scanner->found_any);
}

/* Does the header's line only say more of the report that its caller is in? */
static gboolean is_absorbed(const struct open *open, const struct format *format)
{
	unsigned family = open->format->family;
	gboolean more = (format->into & family) ||
			((family & FAMILY_TOLD) && (format->family & FAMILY_WARN));

	if (!more || open->ended)
		return FALSE;
	return open->frames == 0 || (format->flags & FORMAT_ANYTIME);
}

/*
 * Is it the better header of the report that its caller is in? Symbolisers repeat a header for each
 * function that was inlined where it happened, and the last one is the function that has a frame.
 */
static gboolean is_adopted(const struct open *open, const struct format *format)
{
	const char *header = open->lines->pdata[open->header];

	if (open->format == &format_cut)
		return TRUE;
	if (format->family == open->format->family && !open->frames && strstr(header, "[inline]"))
		return TRUE;
	return (format->flags & FORMAT_ADOPTS) && !(open->format->family & FAMILY_TOLD) &&
	       is_absorbed(open, format);
}

void extent_header(struct scanner *scanner, const struct format *format, const struct line *line)
{
	struct open *open = find_open(scanner, line);
	gboolean induced = FALSE;

	if (open && is_adopted(open, format)) {
		open->format = format;
		open->header = open->lines->len;
		open_append(open, line->text, line->len);
		open_reach(open, line);
		return;
	}
	if (open && is_absorbed(open, format)) {
		open_append(open, line->text, line->len);
		open_reach(open, line);
		open->inside++;
		return;
	}
	if (open) {
		/* in the middle of a report: printing that one caused this one */
		gboolean late = line->stamp >= 0 && line->stamp - open->last_stamp > GAP_SECONDS;

		induced = (open->format->family & FAMILY_LOCKDEP) && !open->frames &&
			  open->inside > 0 && !late;
		extent_close(scanner, open, FALSE);
	}
	induced |= ((format->flags & FORMAT_INDUCED) && scanner->found_any) || is_wake(scanner, line);
	begin_report(scanner, format, line, induced);
}

void extent_cut(struct scanner *scanner, const struct line *line)
{
	struct open *open = find_open(scanner, line);

	if (open && (open->format->family & (FAMILY_BUG | FAMILY_TOLD)) && !open->frames && !open->ended) {
		open_append(open, line->text, line->len);
		open_reach(open, line);
		return;
	}
	if (open)
		extent_close(scanner, open, FALSE);
	begin_report(scanner, &format_cut, line, is_wake(scanner, line));
}
