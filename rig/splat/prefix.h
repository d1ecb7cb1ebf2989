/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by prefix.c, which parses a line's prefix, prefix-pieces.c, which parses one
 * piece of it, and prefix-elements.c, which matches the pattern of a piece.
 */
#ifndef RIG_SPLAT_PREFIX_H
#define RIG_SPLAT_PREFIX_H

#include "splat/internal.h"

enum piece_flag {
	PIECE_KERNEL = 1 << 0, /* printk wrote the line */
	PIECE_USER = 1 << 1,   /* a program wrote it */
	PIECE_DATE = 1 << 2,   /* a host and a tag can follow */
	PIECE_BSD = 1 << 3,    /* a date in syslog's format, which the kernel never prints itself */
	PIECE_BLANK = 1 << 4,  /* one blank after the piece belongs to it */
	AFTER_DATE = 1 << 5,   /* the piece is only accepted directly after a date or time stamp */
	AFTER_BSD = 1 << 6,
	AT_START = 1 << 7,  /* the piece is only accepted at the start of a prefix */
	AFTER_ANY = 1 << 8, /* the piece is not accepted at the start of a prefix */
	PIECE_LEVEL = 1 << 9,
	/*
	 * logcat: the beginning of the text was made a tag ("WARNING : CPU: 0"), or the tag is
	 * empty (": f+0x1")
	 */
	PIECE_TAG = 1 << 10,
};

/*
 * One row of the table of pieces, the parts of which prefixes consist. `pattern` has the format of
 * piece_follow().
 */
struct piece {
	const char *pattern;
	unsigned flags; /* enum piece_flag */
};

/*
 * Finds the first piece of the table that matches at P and may follow the piece *BEFORE, which is
 * NULL at the start of the line's prefix. Returns the end of the match, sets *BEFORE to the piece's
 * row, and sets stamp, caller, kernel and user of LINE. Returns NULL, with LINE unchanged, if no
 * piece matches.
 */
const char *piece_strip(const char *p, struct line *line, const struct piece **before);

/*
 * Matches PATTERN, which has LEN characters (prefix-pieces.c lists their meaning), at P; sets stamp
 * or caller of LINE. Returns the end of the match, or NULL.
 */
const char *piece_follow(const char *pattern, gsize len, const char *p, struct line *line)
	__attribute__((nonnull));

/*
 * If Markdown shows the whole line as code ("`text`", "**`text`**", "[`text`]") or in bold
 * ("**text**"), replaces the marks before it by blanks and removes those after it. Returns the new
 * length.
 */
gsize prefix_code_marks(char *text, gsize len);
/*
 * Replaces the marks of code that begins in this line and ends in a later one ("`[   12.345678]
 * text", "```text of several words", "[code]text") by blanks. Only a language can follow other such
 * marks.
 */
void prefix_code_start(char *text);

#endif
