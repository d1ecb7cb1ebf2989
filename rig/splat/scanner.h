/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by scanner.c (splits data into lines), extent.c (assigns lines to reports)
 * and open.c.
 */
#ifndef RIG_SPLAT_SCANNER_H
#define RIG_SPLAT_SCANNER_H

#include "splat/internal.h"

/* number of lines kept before the current one: they may belong to a report that it begins */
#define PAST 4
/* maximum number of lines in a row that get the prefix of a line before them */
#define INHERIT_MAX 3
#define BANNER_LEN 128
#define DATE_LEN 40
#define START_KEPT 128
#define CALLERS 4 /* maximum number of printk callers that write one report */

#define GAP_SECONDS 10.0 /* seconds between two lines of a report, at most */

/* A report that is not complete yet: an *open* report. */
struct open {
	const struct format *format;
	/* the printk callers that write the report */
	char callers[CALLERS][CALLER_LEN];
	guint n_callers;
	gboolean kernel;   /* a line of the report has a prefix of the kernel */
	struct seen *seen; /* the lines, with texts in `texts` */
	guint n_seen, seen_room;
	struct texts *texts; /* the texts of the lines, and names of functions */
	gsize bytes;
	guint header; /* index of the header in `seen` */
	struct groups groups; /* what the groups of the header's pattern matched */
	guint solid;  /* number of lines up to the last one that certainly belongs to the report */
	/* lines and bytes of the report in the log, as in struct splat */
	guint64 first_line, last_line, first_byte, end_byte;
	double first_stamp, last_stamp; /* time stamps in seconds, or -1 */
	gint64 last_date; /* date of the last line in seconds, or -1 */
	/* length of the report's longest line in the log, with prefix and newline */
	guint64 widest;
	/*
	 * frames, faults: numbers of lines that are BODY_FRAME and BODY_FAULT; inside: number of
	 * all lines after the header that belong to the report; foreign: number of BODY_FOREIGN
	 * lines since the last of these; missed: number of messages that printk dropped
	 */
	guint frames, faults, inside, foreign, missed;
	guint sure; /* number of frames that are not marked "?" */
	gboolean ended;	   /* the report's end mark was found */
	gboolean complete; /* it is not cut off, although it may have no end mark */
	gboolean bare;	   /* its stack has begun, but no frame with an offset was read yet */
	/*
	 * the header has no prefix of the kernel, but a later line of the report has one
	 * (beside_settle())
	 */
	gboolean settled;
	/* the header is set off from the text around it, or a stack precedes it (quote.c) */
	gboolean quoted;
	/* the same, if the quote ends after the header (quote_may_follow()) */
	gboolean paragraph;
	/*
	 * induced: the report is a consequence of an earlier one; full: lines were dropped, because
	 * the report has its maximum size
	 */
	gboolean induced, full;
	/*
	 * the report of lockdep that was cut off by the fault with which this one begins, or NULL;
	 * both are passed on together, because the stack of this one names both
	 */
	struct open *cut;
};

/* One of the last lines. Members that struct line has, too, are copied from there. */
struct past {
	char text[256];
	char caller[CALLER_LEN];
	guint64 number, first_byte, end_byte;
	gint64 date;
	double stamp;
	gboolean kernel;
	gboolean cut; /* blanks at the end of the line were removed */
	gboolean code;
	guint inherited, indent;
	gboolean has_word; /* the line has one of the filter's words, so it may begin a report */
	const struct format *format; /* the row that the line matched, or NULL */
	/* `format` is set because an open report begins with this line */
	gboolean format_open;
};

/* The pieces read so far of a message that netconsole has divided. */
struct pieces {
	char text[LINE_KEPT + 1];
	gsize len;
	guint of; /* length of the whole message, or 0 if no message is incomplete */
	guint64 number, first_byte;
	double stamp;
};

struct scanner {
	splat_found found;
	void *data;
	/* the current, incomplete line */
	char partial[LINE_KEPT + 1];
	gsize partial_len;
	/*
	 * in_line: the first bytes of a line were read, but not its end; line_start: position of
	 * its first byte
	 */
	gboolean in_line;
	guint64 line_start;
	guint64 position; /* number of bytes read */
	guint64 lines;	  /* number of complete lines */

	struct past past[PAST]; /* the last lines, see scanner_past() */
	guint newest;		/* the index of the newest line in `past` */
	struct open *open[OPEN_REPORTS];
	guint n_open;
	struct open *spare[OPEN_REPORTS]; /* closed reports, whose memory the next ones use */
	guint n_spare;
	double stamp;
	gboolean lockdep_died;
	/* the printk caller that crashed last; its next reports are consequences */
	char crashed[CALLER_LEN];
	double crashed_at; /* time stamp of the last line of that crash */
	gboolean any_crash;
	gboolean any_panic; /* a line with the header of a panic was read */
	gboolean found_any; /* a report of any kind was found */
	guint64 told; /* end of the last report that was passed on: a position in the log */
	/* the version line of the last kernel that booted; "" before the first one */
	char banner[BANNER_LEN];
	/*
	 * a line shows that the next boot is expected: the kernel reboots, or kexec starts another
	 */
	gboolean going_down;
	char start[START_KEPT]; /* the first bytes of the stream */
	guint64 widest; /* length of the longest line that was not skipped, with newline */
	/* wrapped lines that were joined: those after a line of length `widest`, and the others */
	guint wraps_full, wraps_early;
	guint64 kernel_lines; /* number of parsed lines that have a prefix of the kernel */
	char scratch[LINE_KEPT + 1];
	struct pieces pieces;
	/*
	 * the last date in a prefix, and its value in seconds: kept, because most lines have the
	 * same
	 */
	char date_text[DATE_LEN];
	gsize date_len;
	gint64 date;
	/* number of lines with a later time than the line before, and with an earlier one */
	guint64 rises, falls;
};

/* Returns the line I of OPEN. */
static inline struct seen *open_line(const struct open *open, guint i)
{
	return &open->seen[i];
}

/* Returns one of the last lines; AGE 0 is the newest, PAST - 1 the oldest. */
static inline struct past *scanner_past(const struct scanner *scanner, guint age)
{
	return (struct past *)&scanner->past[(scanner->newest + age) % PAST];
}

/*
 * Sets `date` of LINE. If COUNTS is TRUE, the line also counts for `rises`, `falls` and `widest`.
 * COUNTS is FALSE for each line that scanner.c may skip: whether a line is skipped depends on the
 * sizes of the pieces in which the log comes, and the result must not (order.c).
 */
void order_take(struct scanner *scanner, struct line *line, gboolean counts);
/*
 * Adds LINE, a piece of a message of netconsole, to the pieces before it. Returns TRUE if LINE is
 * now the whole message, or a piece whose predecessors are missing, and must be handled. Returns
 * FALSE if more pieces follow. The text of LINE has room for LINE_KEPT + 1 bytes (pieces.c).
 */
gboolean pieces_take(struct scanner *scanner, struct line *line);
/*
 * extent_header() handles a line that FORMAT matches: the first line of a report, or a header
 * inside the open report of the same printk caller. If a report takes over GROUPS, the groups of
 * this line, they are cleared. extent_cut() handles the line "cut here".
 */
void extent_header(struct scanner *scanner, const struct format *format, const struct line *line,
		   struct groups *groups);
void extent_cut(struct scanner *scanner, const struct line *line);
/* Handles a line whose printk caller has the open report OPEN. */
void extent_continue(struct scanner *scanner, struct open *open, const struct line *line);
/* Handles a line that is not a header. It may belong to the open report of its printk caller. */
void extent_line(struct scanner *scanner, const struct line *line);
/* Handles the first line of a dump of a page; the header of the report follows the dump. */
void extent_dump(struct scanner *scanner, const struct line *line);
/*
 * Joins LINE to the line before, if a mail program has divided a header into these two lines, and
 * handles the result. Returns TRUE if LINE was joined and needs no further handling. HAS_WORD is
 * TRUE if LINE has one of the filter's words.
 */
gboolean join_header(struct scanner *scanner, const struct line *line, gboolean has_word);
/*
 * Appends LINE, which has no prefix, to the preceding line, if that one has a prefix and belongs to
 * an open report, and a program has wrapped it there. Returns TRUE if it was appended, and LINE got
 * the prefix of the preceding line.
 */
gboolean join_wrapped(struct scanner *scanner, struct line *line);
/*
 * Appends LINE to the last line of OPEN, if that is a wrapped lock line, or another line whose end
 * is missing. Returns TRUE if it was appended.
 */
gboolean join_lock(const struct scanner *scanner, struct open *open, const struct line *line);
/*
 * Joins LINE to the preceding line, and returns the text if it is a frame or the address of a
 * fault, although neither of the two lines is part of a report alone; otherwise NULL. The caller
 * frees it.
 */
char *join_body(const struct scanner *scanner, const struct open *open, const struct line *line);
/*
 * Returns the open report to which LINE belongs, if exactly one of the two has a prefix of the
 * kernel: some tools add prefixes to a part of the lines only. Returns NULL if there is none. If
 * HEADER is TRUE, LINE is a header, and its form is not checked (beside.c).
 */
struct open *beside_find(struct scanner *scanner, const struct line *line, gboolean header);
/*
 * If LINE is the first line of the report with a prefix of the kernel, stores its caller: only
 * lines with such a prefix and this caller can follow.
 */
void beside_settle(struct open *open, const struct line *line);
struct open *extent_find(struct scanner *scanner, const struct line *line);
/* Returns TRUE if a further line of LEN bytes does not exceed the maximum size of a report. */
gboolean open_has_room(const struct open *open, gsize len);
/* Appends a line of LEN bytes, unless the report has reached its maximum size (open.c). */
void open_append(struct open *open, const char *text, gsize len);
/* Appends a line as open_append(). The line is BODY_NUMBERS, so it has no marks (enum mark). */
void open_append_numbers(struct open *open, const char *text, gsize len);
/*
 * Appends a line as open_append(). FRAME is the frame that was parsed from it, with MARK:
 * MARK_FRAME or MARK_FAULT. If its name is "", the line has no frame.
 */
void open_append_frame(struct open *open, const char *text, gsize len, guint mark,
		       const struct frame *frame);
/*
 * Classifies LINE like body_kind(). In addition, a line with only a name is a frame if all frames
 * of the stack so far have no offset (a paste from which the offsets were removed).
 */
enum body open_body(struct open *open, const struct line *line, struct frame *ret_frame);
/*
 * Returns TRUE if LINE, which FORMAT matches as a header, is only a further line of OPEN, the open
 * report of its printk caller. Returns FALSE if it begins a new report.
 */
gboolean open_is_absorbed(const struct open *open, const struct format *format,
			  const struct line *line);
/*
 * Returns TRUE if LINE, which FORMAT matches, becomes the header of OPEN. This happens after "cut
 * here", and if a symbolising script repeats the header for each function inlined at its place: the
 * last one has the function with a stack frame.
 */
gboolean open_is_adopted(const struct open *open, const struct format *format,
			 const struct line *line);
/* Replaces the line AT by TEXT, unless the report has reached its maximum size. */
void open_replace(struct open *open, guint at, const char *text);
/* Counts all lines that were appended so far as lines of the report; the last of them is LINE. */
void open_reach(struct open *open, const struct line *line);
/* Appends LINE, which certainly belongs to the report. */
void open_take(struct open *open, const struct line *line);
/*
 * Returns TRUE if the report that begins with LINE is a consequence of printing OPEN: OPEN is a
 * lockdep report without a stack so far, or a sanitizer's report without its closing banner.
 */
gboolean open_causes(const struct open *open, const struct line *line);
/*
 * Returns TRUE if the next line belongs to OPEN whatever its text is, because the title quotes it
 * ({next}).
 */
gboolean open_has_next(const struct open *open);
/*
 * Adds a line that precedes LINE, the first line of OPEN, if it belongs to the report: the last
 * line of the same printk caller, if body_is_preface() is TRUE for it. The caller adds LINE.
 */
void open_with_past(struct scanner *scanner, struct open *open, const struct line *line);
/* Sets the row and the groups of the header of OPEN. OPEN takes over GROUPS, which is cleared. */
void open_name(struct open *open, const struct format *format, struct groups *groups);
/*
 * Replaces the header of OPEN by HEADER, a line that was joined from two. OPEN takes over GROUPS,
 * which is cleared.
 */
void open_rewrite(struct open *open, const struct format *format, const struct line *header,
		  struct groups *groups);
/*
 * open_splat() makes a report of the lines of OPEN so far, open_cut_splat() of those of OPEN->cut.
 * They return NULL if there are none, or the lines do not prove that it is a report.
 */
struct splat *open_splat(const struct open *open);
struct splat *open_cut_splat(const struct open *open);
void open_free(struct open *open);
/* Returns an empty report; open_release() must follow (open.c). */
struct open *open_new(struct scanner *scanner);
void open_release(struct scanner *scanner, struct open *open);
/*
 * Adds a report if LINE is the first line of a boot and the kernel before it did not shut down (a
 * reset or a crash). If a decompressor prints a line before the kernel, this line counts as the
 * first.
 */
void boot_take(struct scanner *scanner, const struct line *line);
/*
 * Ends the reports that got no line for very many lines before the one with this NUMBER: their
 * printk caller, for example a task that has exited, writes no more. While a report is open, no
 * line can be skipped, and later reports wait for it (scanner_open_line()).
 */
void extent_expire(struct scanner *scanner, guint64 number);
/* Ends all open reports, and adds a report of an unexpected boot that begins with LINE. */
void extent_reboot(struct scanner *scanner, const struct line *line);
/*
 * Returns TRUE if LINE is set off from the text before it, as mails and web pages quote a line of a
 * log: it is indented, in a block of code, or follows a line that ends with a colon. A panic also
 * counts as set off directly after a stack.
 */
gboolean quote_is_set_off(const struct scanner *scanner, const struct format *format,
			  const struct line *line);
/* Returns TRUE if TEXT is a header with all values that the kernel prints in it (quote.c). */
gboolean quote_is_whole(const char *text);
/*
 * Returns TRUE if LINE is set off from the lines before it, so that it is quoted if the quote ends
 * after it: the text before it, or before other headers and an empty line, ends a sentence or is a
 * line of a log.
 */
gboolean quote_may_follow(const struct scanner *scanner, const struct line *line);
/*
 * Returns the length of "---[ end " if TEXT is the last line of a panic, "---[ end Kernel panic …"
 * (also as people retype it), otherwise 0.
 */
gsize quote_panic_end_len(const char *text);
/* Returns TRUE if LINE continues a field of a mail's header, such as its subject. */
gboolean quote_is_folded_field(const struct scanner *scanner, const struct line *line);
/*
 * Returns TRUE if a quoted line ends before the line TEXT: it is the end of a block of code; or, if
 * PARAGRAPH, an empty line or another header.
 */
gboolean quote_is_end(const char *text, gboolean paragraph);
/* Ends OPEN and passes it to the callback. CUT_SHORT is TRUE if the log ended inside it. */
void extent_close(struct scanner *scanner, struct open *open, gboolean cut_short);
/* Returns TRUE if the header of OPEN is quoted in a sentence, so no line can prove it (proof.c). */
gboolean open_is_sentence(const struct open *open);
/* Returns TRUE if there are enough lines to be certain that OPEN is a report (proof.c). */
gboolean open_is_proven(const struct open *open);

#endif
