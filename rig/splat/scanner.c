// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scanner: bytes to lines, and lines to the extent of reports. Callers (tasks, CPUs) print at
 * the same time; where the log says who wrote a line, each has its own open report.
 */
#include <string.h>

#include "splat/internal.h"

#define PAST 4         /* lines remembered before a header */
#define GAP_KNOWN 3    /* foreign lines that end a report, where callers are told apart */
#define GAP_UNKNOWN 12 /* … and where others' lines may be in between */
#define GAP_SECONDS 10.0
#define WAKE_SECONDS 2.0 /* how long a task goes on breaking things after it crashed */
#define CUT_LINES 12     /* from "cut here" to the header */
#define CALLERS 4
#define PROOF_LINES 4 /* inside a report, where nothing else shows that it is one */

/* A report whose end has not been seen. */
struct open {
	const struct format *format;
	char callers[CALLERS][CALLER_LEN];
	guint n_callers;
	gboolean kernel;
	GPtrArray *lines;
	gsize bytes;
	guint header; /* index of the header in `lines` */
	guint solid;  /* lines up to the last one that is surely inside */
	guint64 first_line, last_line, first_byte, end_byte;
	double first_stamp, last_stamp;
	guint frames, inside, foreign, missed;
	gboolean ended; /* an end mark was seen */
	gboolean induced, full;
};

struct past {
	char text[256];
	char caller[CALLER_LEN];
	guint64 number, first_byte, end_byte;
	double stamp;
	gboolean kernel;
};

struct scanner {
	splat_found found;
	void *data;
	/* the line that is being received */
	char partial[LINE_KEPT + 1];
	gsize partial_len;
	gboolean in_line;
	guint64 line_start;
	guint64 position; /* bytes taken */
	guint64 lines;    /* lines finished */

	struct past past[PAST]; /* [0] is the newest */
	struct open *open[OPEN_REPORTS];
	guint n_open;
	double stamp;
	gboolean lockdep_died;
	/* who crashed last: what it reports right after comes of that */
	char crashed[CALLER_LEN];
	double crashed_at;
	gboolean any_crash;
	gboolean found_any; /* a report, whatever it was */
	guint64 told;       /* reports reach up to this byte */
	gboolean booted, going_down;
	char scratch[LINE_KEPT + 1];
};

struct scanner *scanner_new(splat_found found, void *data)
{
	struct scanner *scanner = g_new0(struct scanner, 1);

	scanner->found = found;
	scanner->data = data;
	scanner->stamp = -1;
	return scanner;
}

static void open_free(struct open *open)
{
	g_ptr_array_unref(open->lines);
	g_free(open);
}

void scanner_free(struct scanner *scanner)
{
	if (!scanner)
		return;
	for (guint i = 0; i < scanner->n_open; i++)
		open_free(scanner->open[i]);
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

/* Extent of a report ------------------------------------------------------- */

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

/* What stands before the header and belongs to the report: the banner, powerpc's hint. */
static void open_with_past(struct scanner *scanner, struct open *open, const struct line *line)
{
	const struct past *past = &scanner->past[0];

	if (past->number + 1 != line->number || past->first_byte < scanner->told ||
	    past->kernel != line->kernel || strcmp(past->caller, line->caller) != 0)
		return;
	if (!body_is_banner(past->text, NULL) && !strstr(past->text, "Kernel attempted to ") &&
	    !strstr(past->text, "kernel tried to "))
		return;
	open->first_line = past->number;
	open->first_byte = past->first_byte;
	open->first_stamp = past->stamp;
	open_append(open, past->text, strlen(past->text));
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

	if (!open->format->kind)
		return FALSE;
	if (flags & FORMAT_BARE)
		return open->kernel || stands_alone(open);
	if (flags & FORMAT_PROOF)
		return open->frames > 0 || (open->kernel && open->inside >= 2);
	return open->kernel || open->frames > 0 || open->inside >= PROOF_LINES;
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
	return scanner->any_crash && strcmp(scanner->crashed, line->caller) == 0 &&
	       line->stamp >= 0 && line->stamp - scanner->crashed_at <= WAKE_SECONDS &&
	       line->stamp >= scanner->crashed_at;
}

static void close_report(struct scanner *scanner, struct open *open, gboolean cut_short)
{
	remove_open(scanner, open);
	note_crash(scanner, open);
	if (is_proven(open)) {
		char **lines;
		struct splat *splat;

		g_ptr_array_set_size(open->lines, open->solid);
		g_ptr_array_add(open->lines, NULL);
		lines = (char **)g_ptr_array_steal(open->lines, NULL);
		splat = judge(open->format, lines, open->header, open->induced);
		splat->first_line = open->first_line;
		splat->last_line = open->last_line;
		splat->first_byte = open->first_byte;
		splat->end_byte = open->end_byte;
		splat->when = open->first_stamp;
		splat->truncated |= open->full || cut_short;
		splat->missed = open->missed;
		scanner->found_any = TRUE;
		scanner->told = MAX(scanner->told, open->end_byte);
		scanner->found(splat, scanner->data);
	}
	open_free(open);
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

		if (!(open->format->family & (FAMILY_STALL | FAMILY_PANIC)) ||
		    open->n_callers == CALLERS)
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
		close_report(scanner, scanner->open[0], FALSE);
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
		close_report(scanner, open, FALSE);
}

/* A line of a caller that is inside a report. */
static void continue_report(struct scanner *scanner, struct open *open, const struct line *line)
{
	guint gap = line->caller[0] ? GAP_KNOWN : GAP_UNKNOWN;
	enum body body = body_kind(line->text, open->format);

	if (!open->format->kind) { /* after "cut here" anything can come: the WARN's own message */
		open_append(open, line->text, line->len);
		open_reach(open, line);
		if (open->lines->len > CUT_LINES)
			close_report(scanner, open, FALSE);
		return;
	}
	if (open->foreign && line->stamp >= 0 && line->stamp - open->last_stamp > GAP_SECONDS)
		body = BODY_FOREIGN;
	switch (body) {
	case BODY_FRAME:
		open->frames++;
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
			close_report(scanner, open, FALSE);
		break;
	case BODY_BLANK:
		open_append(open, "", 0);
		if (open->lines->len - open->solid > gap)
			close_report(scanner, open, FALSE);
		break;
	case BODY_FOREIGN:
		if (open->ended || ++open->foreign >= gap)
			close_report(scanner, open, FALSE);
		break;
	}
}

/* Does the header's line only say more of the report that its caller is in? */
static gboolean is_absorbed(const struct open *open, const struct format *format)
{
	if (!(format->into & open->format->family) || open->ended)
		return FALSE;
	return open->frames == 0 || (format->flags & FORMAT_ANYTIME);
}

static void take_header(struct scanner *scanner, const struct format *format,
			const struct line *line)
{
	struct open *open = find_open(scanner, line);
	gboolean induced = FALSE;

	if (open && open->format == &format_cut) {
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
		close_report(scanner, open, FALSE);
	}
	induced |=
		((format->flags & FORMAT_INDUCED) && scanner->found_any) || is_wake(scanner, line);
	begin_report(scanner, format, line, induced);
}

static void take_cut(struct scanner *scanner, const struct line *line)
{
	struct open *open = find_open(scanner, line);

	if (open && (open->format->family & FAMILY_BUG) && !open->frames && !open->ended) {
		open_append(open, line->text, line->len);
		open_reach(open, line);
		return;
	}
	if (open)
		close_report(scanner, open, FALSE);
	begin_report(scanner, &format_cut, line, is_wake(scanner, line));
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

/* A second boot in one log, unless the kernel said that it goes down. */
static void take_boot(struct scanner *scanner, const struct line *line)
{
	if (line->kernel && strstr(line->text, "reboot: "))
		scanner->going_down = TRUE;
	if (!line->kernel || line->stamp > 1 || strncmp(line->text, "Linux version ", 14) != 0)
		return;
	if (scanner->booted && !scanner->going_down) {
		while (scanner->n_open)
			close_report(scanner, scanner->open[0], TRUE);
		begin_report(scanner, &format_reboot, line, scanner->found_any);
	}
	scanner->booted = TRUE;
	scanner->going_down = FALSE;
}

/* What the scanner wants to know of a line besides reports. */
static void take_news(struct scanner *scanner, const struct line *line)
{
	guint dropped = line_dropped(line->text);

	take_boot(scanner, line);
	if (line_ends_lockdep(line->text))
		scanner->lockdep_died = TRUE;
	for (guint i = 0; dropped && i < scanner->n_open; i++)
		scanner->open[i]->missed += dropped;
}

static void take_line(struct scanner *scanner, const guint8 *bytes, gsize len, guint64 first,
		      guint64 end)
{
	struct line line = {.number = scanner->lines + 1, .first_byte = first, .end_byte = end};
	const struct format *format = NULL;
	struct open *open;
	gsize at;

	len = MIN(len, LINE_KEPT);
	memcpy(scanner->scratch, bytes, len);
	prefix_strip(scanner->scratch, len, &line);
	inherit_prefix(scanner, &line);
	if (line.stamp >= 0)
		scanner->stamp = line.stamp;
	if (!line.user && filter_hit((const guint8 *)line.text, line.len, &at)) {
		take_news(scanner, &line);
		format = format_match(line.text);
		if (!format && body_is_cut(line.text)) {
			take_cut(scanner, &line);
			goto done;
		}
	}
	if (format) {
		take_header(scanner, format, &line);
	} else if (!line.user) {
		open = find_open(scanner, &line);
		if (!open)
			open = find_asker(scanner, &line);
		if (open)
			continue_report(scanner, open, &line);
	}
done:
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

/* Lines in which no word is: counted, the last ones remembered. */
static void skip_quiet(struct scanner *scanner, const guint8 *bytes, gsize len)
{
	const guint8 *end = bytes + len;
	const guint8 *tail = end;

	for (int i = 0; i < PAST && tail > bytes; i++) {
		const guint8 *before = memrchr(bytes, '\n', tail - 1 - bytes);

		tail = before ? before + 1 : bytes;
	}
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

		close_report(scanner, open, cut_short && open->last_line == scanner->lines + 1);
	}
}
