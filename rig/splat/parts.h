/* SPDX-License-Identifier: GPL-2.0-only */
/* Parsers of console text that other modules use as well: a line's prefix, one lock. */
#ifndef RIG_SPLAT_PARTS_H
#define RIG_SPLAT_PARTS_H

#include <glib.h>

#include "splat/splat.h"

#define CALLER_LEN 16

/* One console line without its prefix. */
struct line {
	const char *text; /* ends in NUL, has none inside */
	gsize len;
	guint64 number;               /* 1-based */
	guint more;                   /* further lines that were joined to it */
	guint64 first_byte, end_byte; /* bytes of the whole line, with its newline */
	double stamp;                 /* seconds, -1 without */
	char caller[CALLER_LEN];      /* "T12", "C1"; "" if the log does not name callers */
	gboolean kernel;              /* the prefix shows that printk wrote it */
	/* number of lines since the line with the prefix, if this one has none of its own */
	guint inherited;
	gboolean user;		      /* the prefix shows that a program wrote it */
	guint dropped;                /* messages that printk lost before it */
};

/* prefix.c: fills text, len, stamp, caller, kernel, user; TEXT is modified. */
void prefix_strip(char *text, gsize len, struct line *line);

/*
 * "[INSTANCE ](CLASS){USAGE}[-{OUTER:INNER}][, at: FUNCTION]", to be freed by one of those below.
 */
gboolean lock_parse(const char *text, struct splat_lock *ret);
void splat_lock_clear(struct splat_lock *lock);
void splat_lock_free(gpointer lock);

/*
 * Is it a function that appears in reports of any subsystem (locks, allocators, strings…)? MORE:
 * further words of such functions, '|' between, or NULL.
 */
gboolean frame_is_generic(const char *name, const char *more);

#endif
