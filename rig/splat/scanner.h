/* SPDX-License-Identifier: GPL-2.0-only */
/* What scanner.c (bytes to lines), extent.c (lines to reports) and open.c share. */
#ifndef RIG_SPLAT_SCANNER_H
#define RIG_SPLAT_SCANNER_H

#include "splat/internal.h"

#define PAST 4	      /* lines remembered before a header */
#define INHERIT_MAX 3 /* lines of a record that have no prefix of their own */
#define BANNER_LEN 128
#define CALLERS 4 /* callers of printk that can write one report together */

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
	guint frames, faults, inside, foreign, missed;
	gboolean ended; /* an end mark was seen */
	gboolean induced, full;
};

struct past {
	char text[256];
	char caller[CALLER_LEN];
	guint64 number, first_byte, end_byte;
	double stamp;
	gboolean kernel;
	guint inherited;
	gboolean has_word;	     /* the filter found a word: it may begin a report */
	const struct format *format; /* the row that it matched, or NULL */
	gboolean format_open;	     /* … and it began a report */
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
	guint64 lines;	  /* lines finished */

	struct past past[PAST]; /* [0] is the newest */
	struct open *open[OPEN_REPORTS];
	guint n_open;
	double stamp;
	gboolean lockdep_died;
	/* the last caller that crashed; its next reports are consequences */
	char crashed[CALLER_LEN];
	double crashed_at;
	gboolean any_crash;
	gboolean found_any;	 /* a report, whatever it was */
	guint64 told;		 /* the last reported line ends at this byte */
	/* the kernel's version line of the last boot, "" before the first */
	char banner[BANNER_LEN];
	gboolean going_down;
	gboolean is_mail;
	guint64 kernel_lines; /* lines looked at one by one that had a kernel's prefix */
	char scratch[LINE_KEPT + 1];
};

/*
 * Handles a line that begins a report or continues the open one of its caller, and the line "cut
 * here".
 */
void extent_header(struct scanner *scanner, const struct format *format, const struct line *line);
void extent_cut(struct scanner *scanner, const struct line *line);
/* Handles any other line: it may be inside the open report of its caller. */
void extent_line(struct scanner *scanner, const struct line *line);
/* Handles a page's dump, which precedes its report. */
void extent_dump(struct scanner *scanner, const struct line *line);
/*
 * TRUE: LINE is the end of a header that a mail program wrapped; the joined line was handled, and
 * LINE is consumed. HAS_WORD: the filter found a word in LINE.
 */
gboolean join_header(struct scanner *scanner, const struct line *line, gboolean has_word);
/* TRUE: LINE is the end of a wrapped lock line at the end of OPEN, and was appended to it. */
gboolean join_lock(const struct scanner *scanner, struct open *open, const struct line *line);
/*
 * For a frame, or another line that is part of a report only if it is joined with the line before:
 * the joined text, to be freed, or NULL.
 */
char *join_body(const struct scanner *scanner, const struct open *open, const struct line *line);
/* The open report that LINE belongs to although only one of them has a kernel's prefix. */
struct open *extent_beside(struct scanner *scanner, const struct line *line, gboolean header);
struct open *extent_find(struct scanner *scanner, const struct line *line);
/* open.c: appends a line of LEN bytes, up to the limit of a report's size. */
void open_append(struct open *open, const char *text, gsize len);
/* Sets the end of the report to LINE, its last appended line. */
void open_reach(struct open *open, const struct line *line);
/* LINE begins the report: appends the remembered line before it if that is its preface. */
void open_with_past(struct scanner *scanner, struct open *open, const struct line *line);
/* HEADER, joined of two lines, is the header of OPEN. */
void extent_rewrite(struct open *open, const struct format *format, const struct line *header);
/* The report up to its last line so far, or NULL if it is not certain to be a report. */
struct splat *extent_splat(const struct open *open);
void extent_free(struct open *open);
/* boot.c: BYTES are the stream's first. A mail begins with its header (RFC 5322). */
void boot_look_at_start(struct scanner *scanner, const guint8 *bytes, gsize len);
/*
 * If LINE is the first of a boot that was not announced (a reset or crash), begins a report. Where
 * a decompressor prints before the kernel, its line is the first.
 */
void boot_take(struct scanner *scanner, const struct line *line);
/* A second boot, which ends all reports and is one. */
void extent_reboot(struct scanner *scanner, const struct line *line);
/* Ends OPEN and reports it. CUT_SHORT: the log ended inside it. */
void extent_close(struct scanner *scanner, struct open *open, gboolean cut_short);
/* proof.c: TRUE if there are enough lines to be certain that it is a report. */
gboolean extent_is_proven(const struct open *open);

#endif
