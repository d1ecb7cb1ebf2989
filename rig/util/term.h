/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The terminal: colours and a status line that is rewritten in place, both only if standard output
 * is a terminal.
 */
#ifndef RIG_UTIL_TERM_H
#define RIG_UTIL_TERM_H

#include <glib.h>

enum term_colour { TERM_PLAIN, TERM_BOLD, TERM_DIM, TERM_RED, TERM_GREEN, TERM_YELLOW, TERM_BLUE };

/* Is standard output a terminal (and NO_COLOR unset, TERM not "dumb")? */
gboolean term_is_live(void);

/* The escape sequence for a colour, or "" when not live; TERM_PLAIN ends one. */
const char *term_colour(enum term_colour colour);

/*
 * Shows a status line. On a terminal it replaces the one before, cut to the width; elsewhere it is
 * printed as a plain line at most every 5 s. NULL ends the live line, leaving nothing of it.
 */
void term_status(const char *text);

#endif
