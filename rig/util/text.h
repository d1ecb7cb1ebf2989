/* SPDX-License-Identifier: GPL-2.0-only */
/* Untrusted text from a guest, a log or a file, and misspelled words. */
#ifndef RIG_UTIL_TEXT_H
#define RIG_UTIL_TEXT_H

#include <glib.h>

/*
 * TEXT as valid UTF-8 without control characters except tab and newline: "^X" for C0 and DEL, "?"
 * for C1 and for what XML 1.0 does not allow (U+FFFE, U+FFFF). Safe on a terminal and in XML after
 * escaping. The caller's.
 */
char *text_clean(const char *text);

/*
 * The candidate (NULL-terminated) that WORD is most likely a misspelling of: at most a third of its
 * letters are wrong, missing, too many or swapped. NULL: there is none.
 */
const char *text_nearest(const char *word, const char *const *candidates);

#endif
