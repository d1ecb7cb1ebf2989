/* SPDX-License-Identifier: GPL-2.0-only */
/* Parsers of parts of console text that other modules use, too: the prefix of a line, a lock. */
#ifndef RIG_SPLAT_PARTS_H
#define RIG_SPLAT_PARTS_H

#include <glib.h>

#include "splat/splat.h"

#define CALLER_LEN 16

/* One console line without its prefix. */
struct line {
	const char *text; /* ends with a NUL; contains no other NUL */
	gsize len;
	guint64 number; /* number of the line, from 1 */
	guint more;	/* number of further lines that were joined to it */
	/* the position of the whole line, with its newline, in the log */
	guint64 first_byte, end_byte;
	const char *date_at; /* the date in the prefix: a part of the line's bytes; or NULL */
	gsize date_len;
	gint64 date; /* that date in seconds, for comparison; -1: none, or not known yet */
	double stamp;		 /* time stamp in seconds; -1: none */
	char caller[CALLER_LEN]; /* "T12", "C1"; "" if the log does not name callers */
	gboolean kernel;	 /* the prefix shows that printk wrote the line */
	/* if the line has no prefix of its own: number of lines since the line that has one */
	guint inherited;
	guint indent;  /* number of blanks before its prefix */
	gboolean user; /* the prefix shows that a program wrote the line */
	guint dropped; /* number of messages that printk lost before this line */
	/* the text is a piece of a message of PIECE_OF bytes, from PIECE_AT on; 0: it is whole */
	guint piece_at, piece_of;
	gboolean cut;  /* blanks at its end were removed */
	gboolean same; /* `text` is a piece of the bytes of the line, none of which was changed */
};

/*
 * Splits a line into its prefix and text: sets text, len, date_at, date_len, stamp, caller, kernel,
 * user. TEXT is modified (prefix.c).
 */
void prefix_strip(char *text, gsize len, struct line *line);

/*
 * Parses "[INSTANCE ](CLASS){USAGE}[-{OUTER:INNER}][, at: FUNCTION]". Free the result with one of
 * the functions below.
 */
gboolean lock_parse(const char *text, struct splat_lock *ret);
void splat_lock_clear(struct splat_lock *lock);
void splat_lock_free(gpointer lock);

/*
 * Returns TRUE if NAME is a generic function, which occurs in reports of any subsystem (locks,
 * allocators, strings…). MORE: further parts of names of such functions, separated by '|', or NULL.
 */
gboolean frame_is_generic(const char *name, const char *more);

#endif
