/* SPDX-License-Identifier: GPL-2.0-only */
/* Cleans untrusted text from a guest, a log or a file; finds the word that was probably meant. */
#ifndef RIG_UTIL_TEXT_H
#define RIG_UTIL_TEXT_H

#include <glib.h>

/*
 * Returns TEXT as valid UTF-8 without control characters except tab and newline: "^X" replaces C0
 * characters and DEL, "?" replaces C1 and characters that XML 1.0 does not allow (U+FFFE, U+FFFF).
 * The result is safe on a terminal, and in XML after escaping. The caller owns it.
 */
char *text_clean(const char *text);

/* Returns the ending of an English plural: "" if N is 1, otherwise "s". */
const char *text_s(guint64 n);

/* Returns TRUE if the LEN bytes at TEXT are valid UTF-8. This is fast if all of them are ASCII. */
gboolean text_is_utf8(const char *text, gsize len);

/*
 * Returns the one of CANDIDATES (NULL-terminated) that is most similar to WORD. Returns NULL if
 * each of them differs from WORD in more than one letter and in more than a third of WORD's
 * letters. A wrong, missing or added letter counts as one difference, and so do two swapped
 * letters.
 */
const char *text_nearest(const char *word, const char *const *candidates);

#endif
