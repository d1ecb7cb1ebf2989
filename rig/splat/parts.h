/* SPDX-License-Identifier: GPL-2.0-only */
/* Parsers of a line's prefix and of a lock in a line, which other modules use, too. */
#ifndef RIG_SPLAT_PARTS_H
#define RIG_SPLAT_PARTS_H

#include <glib.h>
#include <string.h>

#include "splat/splat.h"

#define CALLER_LEN 16

/* One console line without its prefix. */
struct line {
	const char *text; /* ends with a NUL; contains no other NUL */
	gsize len;
	guint64 number; /* number of the line, from 1 */
	guint more;	/* number of further lines that were joined to it */
	/* position in the log of the line with its prefix and newline; end_byte is excluded */
	guint64 first_byte, end_byte;
	const char *date_at; /* the date in the prefix, a pointer into the line; or NULL */
	gsize date_len;
	/*
	 * the date in seconds, only for comparison with others; -1 if there is none, or it is not
	 * known yet
	 */
	gint64 date;
	double stamp; /* time stamp in seconds, or -1 */
	/*
	 * the printk caller, "T12" or "C1"; "" if the log does not name callers; set by
	 * caller_set()
	 */
	char caller[CALLER_LEN];
	gboolean kernel;	 /* the prefix shows that printk wrote the line */
	/*
	 * distance in lines to the earlier line from which the prefix was copied; 0 if the prefix
	 * is the line's own
	 */
	guint inherited;
	guint indent;  /* number of blanks before the prefix */
	gboolean user; /* the prefix shows that a program wrote the line */
	guint dropped; /* number of messages that printk lost before this line */
	/*
	 * netconsole: the text is a piece of a message of piece_of bytes, and begins at its byte
	 * piece_at; piece_of is 0 if the text is whole
	 */
	guint piece_at, piece_of;
	gboolean cut;  /* blanks at the end of the text were removed */
	gboolean code; /* Markdown shows the whole line as code */
	gboolean same; /* `text` has the bytes of the log; none was changed */
};

/*
 * Sets CALLER, an array of CALLER_LEN bytes, to the LEN bytes at TEXT; a longer text is cut off.
 * All bytes after it become NUL, so that callers can be copied and compared as a whole.
 */
static inline void caller_set(char *caller, const char *text, gsize len)
{
	memset(caller, 0, CALLER_LEN);
	memcpy(caller, text, MIN(len, CALLER_LEN - 1));
}
static inline gboolean caller_is_same(const char *one, const char *two)
{
	return memcmp(one, two, CALLER_LEN) == 0;
}

/*
 * Splits TEXT, a line, into prefix and text: sets text, len, date_at, date_len, stamp, caller,
 * kernel, user of LINE. The bytes of TEXT may change (prefix.c).
 */
void prefix_strip(char *text, gsize len, struct line *line);

/*
 * Parses a lock, "[INSTANCE ](CLASS){USAGE}[-{OUTER:INNER}][, at: FUNCTION]" (brackets: optional).
 * Free the result with one of the two functions below.
 */
gboolean lock_parse(const char *text, struct splat_lock *ret);
void splat_lock_clear(struct splat_lock *lock);
void splat_lock_free(gpointer lock);

/*
 * Returns TRUE if NAME is a generic function: one that occurs in reports of any subsystem (locks,
 * allocators, strings…). MORE has further parts of names that count as generic, separated by '|';
 * or is NULL.
 */
gboolean frame_is_generic(const char *name, const char *more);

#endif
