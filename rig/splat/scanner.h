/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by scanner.c (splits data into lines), extent.c (assigns lines to reports)
 * and open.c.
 */
#ifndef RIG_SPLAT_SCANNER_H
#define RIG_SPLAT_SCANNER_H

#include "splat/internal.h"

#define PAST 4 /* number of preceding lines that are stored, because they may belong to a header */
#define INHERIT_MAX 3 /* maximum number of lines of a record that have no prefix of their own */
#define BANNER_LEN 128
#define DATE_LEN 40
#define START_KEPT 128
#define CALLERS 4 /* maximum number of printk callers that can write one report together */

#define GAP_SECONDS 10.0 /* maximum time between lines of a report, if others are between them */

/* A report that is not complete yet. */
struct open {
	const struct format *format;
	char callers[CALLERS][CALLER_LEN];
	guint n_callers;
	gboolean kernel;
	GArray *seen;	       /* of struct seen: the lines, with texts in `strings` */
	GStringChunk *strings; /* the texts of the lines, and names of functions */
	gsize bytes;
	guint header; /* index of the header in `seen` */
	struct groups groups;  /* of the header */
	guint solid;  /* number of lines up to the last one that certainly belongs to the report */
	guint64 first_line, last_line, first_byte, end_byte;
	double first_stamp, last_stamp;
	guint64 widest; /* length of its longest line in the log, with prefix and newline */
	guint frames, faults, inside, foreign, missed;
	guint sure; /* number of frames that are not marked "?" */
	gboolean ended;	   /* the report's end mark was found */
	gboolean complete; /* it ended where it should, even without an end mark */
	gboolean bare;	   /* its stack has begun, and has no frame with an offset so far */
	gboolean induced, full;
};

struct past {
	char text[256];
	char caller[CALLER_LEN];
	guint64 number, first_byte, end_byte;
	gint64 date;
	double stamp;
	gboolean kernel;
	gboolean cut; /* blanks at its end were removed */
	guint inherited, indent;
	gboolean has_word; /* the filter found a word, so the line may be the first of a report */
	const struct format *format; /* the row that the line matched, or NULL */
	gboolean format_open;	     /* a report of this format begins with the line */
};

/* A message of netconsole that comes in pieces. */
struct pieces {
	char text[LINE_KEPT + 1];
	gsize len;
	guint of; /* length of the whole message; 0: none is incomplete */
	guint64 number, first_byte;
	double stamp;
};

struct scanner {
	splat_found found;
	void *data;
	/* the current, incomplete line */
	char partial[LINE_KEPT + 1];
	gsize partial_len;
	gboolean in_line;
	guint64 line_start;
	guint64 position; /* number of bytes read */
	guint64 lines;	  /* number of complete lines */

	struct past past[PAST]; /* preceding lines, see scanner_past() */
	guint newest;		/* the index of the newest of them */
	struct open *open[OPEN_REPORTS];
	guint n_open;
	struct open *spare; /* a closed report, whose memory the next one uses; or NULL */
	double stamp;
	gboolean lockdep_died;
	/* the last caller that crashed; its next reports are consequences */
	char crashed[CALLER_LEN];
	double crashed_at;
	gboolean any_crash;
	gboolean found_any; /* a report of any kind was found */
	guint64 told; /* position in the log of the end of the last report that was passed on */
	/* the version line of the last kernel that booted; "" before the first one */
	char banner[BANNER_LEN];
	gboolean going_down;
	char start[START_KEPT]; /* the first bytes of the stream */
	guint64 widest; /* length of the longest line that cannot be skipped, with newline */
	/* number of lines that were joined to one of that length, and to shorter ones */
	guint wraps_full, wraps_early;
	guint64 kernel_lines; /* number of parsed lines that have a prefix of the kernel */
	char scratch[LINE_KEPT + 1];
	struct pieces pieces;
	/* the date of the last line that has one, and what it means: mostly, it is the same */
	char date_text[DATE_LEN];
	gsize date_len;
	gint64 date;
	/* number of lines that are newer, or older, than the preceding one */
	guint64 rises, falls;
};

/* Returns the line I of OPEN. */
static inline struct seen *open_line(const struct open *open, guint i)
{
	return &g_array_index(open->seen, struct seen, i);
}

/* Returns the preceding line AGE; 0 is the newest, PAST - 1 the oldest. */
static inline struct past *scanner_past(const struct scanner *scanner, guint age)
{
	return (struct past *)&scanner->past[(scanner->newest + age) % PAST];
}

/*
 * Sets the date of LINE. COUNTS: also compares its time with that of the preceding line, and stores
 * its width; FALSE for lines that scanner.c may skip, because which of them it skips depends on the
 * pieces in which the log comes (order.c).
 */
void order_take(struct scanner *scanner, struct line *line, gboolean counts);
/*
 * Stores LINE, a piece of a message. TRUE: LINE is now the whole message, or a piece without the
 * preceding ones; its text has room for LINE_KEPT + 1 bytes (pieces.c).
 */
gboolean pieces_take(struct scanner *scanner, struct line *line);
/*
 * Handles a line that is the first of a report, or a header inside the open report of its caller;
 * also the line "cut here". GROUPS are those of the header; if a report keeps them, they are
 * cleared.
 */
void extent_header(struct scanner *scanner, const struct format *format, const struct line *line,
		   struct groups *groups);
void extent_cut(struct scanner *scanner, const struct line *line);
/* Handles a line of the caller of OPEN. */
void extent_continue(struct scanner *scanner, struct open *open, const struct line *line);
/* Handles any other line, which may belong to the open report of its caller. */
void extent_line(struct scanner *scanner, const struct line *line);
/* Handles a line of a page's dump, which precedes the header of its report. */
void extent_dump(struct scanner *scanner, const struct line *line);
/*
 * Returns TRUE if LINE is the rest of a header that a mail program has wrapped; the joined line was
 * handled, so LINE needs no further handling. HAS_WORD: the filter found a word in LINE.
 */
gboolean join_header(struct scanner *scanner, const struct line *line, gboolean has_word);
/*
 * Returns TRUE if LINE, which has no prefix, is the rest of a line of an open report that has one,
 * and was appended to it. Then LINE gets the prefix of the line.
 */
gboolean join_wrapped(struct scanner *scanner, struct line *line);
/*
 * Returns TRUE if LINE is the rest of a wrapped lock line, or of another line that lacks its end,
 * at the end of OPEN, and was appended to that line.
 */
gboolean join_lock(const struct scanner *scanner, struct open *open, const struct line *line);
/*
 * Returns the text of LINE joined with the preceding line, if only this joined text is part of a
 * report (for example as a frame); otherwise NULL. The caller frees it.
 */
char *join_body(const struct scanner *scanner, const struct open *open, const struct line *line);
/*
 * Returns the open report to which LINE belongs, although only one of the two has a prefix of the
 * kernel; or NULL.
 */
struct open *extent_beside(struct scanner *scanner, const struct line *line, gboolean header);
struct open *extent_find(struct scanner *scanner, const struct line *line);
/* Appends a line of LEN bytes, unless the report has reached its maximum size (open.c). */
void open_append(struct open *open, const char *text, gsize len);
/* Like open_append(), for a line without a mark (BODY_NUMBERS). */
void open_append_numbers(struct open *open, const char *text, gsize len);
/*
 * Like open_append(), for a line whose FRAME was already parsed; if its name is "", the line has
 * none. MARK: MARK_FRAME or MARK_FAULT.
 */
void open_append_frame(struct open *open, const char *text, gsize len, guint mark,
		       const struct frame *frame);
/*
 * Like body_kind(), but LINE can also be a frame without an offset, in a stack that has only such
 * frames.
 */
enum body open_body(struct open *open, const struct line *line, struct frame *ret_frame);
/*
 * Returns TRUE if LINE, a header that FORMAT matches, is part of OPEN, the open report of its
 * printk caller, and does not begin a new one.
 */
gboolean open_is_absorbed(const struct open *open, const struct format *format,
			  const struct line *line);
/*
 * Returns TRUE if the header replaces that of OPEN. Symbolising scripts repeat a header, which a
 * mail program may wrap, for each function that was inlined at its place; the last one has the
 * function with a stack frame.
 */
gboolean open_is_adopted(const struct open *open, const struct format *format,
			 const struct line *line);
/* Replaces the line AT by TEXT. */
void open_replace(struct open *open, guint at, const char *text);
/* Sets the end of the report to its last appended line, which is LINE. */
void open_reach(struct open *open, const struct line *line);
/* Appends LINE, which certainly belongs to the report. */
void open_take(struct open *open, const struct line *line);
/*
 * Returns TRUE if printing OPEN has caused a report that begins with LINE: OPEN is a lockdep report
 * without its stack, or a sanitizer's report without its second banner.
 */
gboolean open_causes(const struct open *open, const struct line *line);
/* Returns TRUE if the next line belongs to OPEN whatever its text is: the title contains it. */
gboolean open_has_next(const struct open *open);
/* Starts a report with LINE. If the stored preceding line is a preface, it is added before LINE. */
void open_with_past(struct scanner *scanner, struct open *open, const struct line *line);
/* Sets the row and the GROUPS of the report's header; GROUPS is cleared. */
void open_name(struct open *open, const struct format *format, struct groups *groups);
/* Replaces the header of OPEN by HEADER, which was joined from two lines; GROUPS is cleared. */
void extent_rewrite(struct open *open, const struct format *format, const struct line *header,
		    struct groups *groups);
/* Returns the report with its lines so far, or NULL if it is not certain to be a report. */
struct splat *extent_splat(const struct open *open);
void extent_free(struct open *open);
/* Returns an empty report; open_release() must follow (open.c). */
struct open *open_new(struct scanner *scanner);
void open_release(struct scanner *scanner, struct open *open);
/*
 * Adds a report if LINE is the first line of a boot without a preceding shutdown (a reset or
 * crash). If a decompressor prints before the kernel, its line counts as the first.
 */
void boot_take(struct scanner *scanner, const struct line *line);
/* Handles a second boot: ends all open reports, and adds a report. */
void extent_reboot(struct scanner *scanner, const struct line *line);
/* Ends OPEN and passes it to the callback. CUT_SHORT: the log ended inside it. */
void extent_close(struct scanner *scanner, struct open *open, gboolean cut_short);
/* Returns TRUE if there are enough lines to be certain that OPEN is a report (proof.c). */
gboolean extent_is_proven(const struct open *open);

#endif
