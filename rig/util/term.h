/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Terminal output: colours, and a status line that is rewritten in place; both only if standard
 * output is a terminal.
 */
#ifndef RIG_UTIL_TERM_H
#define RIG_UTIL_TERM_H

#include <glib.h>

enum term_colour { TERM_PLAIN, TERM_BOLD, TERM_DIM, TERM_RED, TERM_GREEN, TERM_YELLOW, TERM_BLUE };

/* Returns TRUE if standard output is a terminal, NO_COLOR is unset, and TERM is not "dumb". */
gboolean term_is_live(void);

/* Returns the escape sequence for a colour; "" if not on a terminal. TERM_PLAIN ends a colour. */
const char *term_colour(enum term_colour colour);

/*
 * Shows a status line. On a terminal it replaces the previous one, cut to the terminal's width;
 * elsewhere it is printed as a normal line, at most every 5 s. NULL removes the status line.
 */
void term_status(const char *text);

#endif
