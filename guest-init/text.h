/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes payloads, lines of words, into buffers of a fixed size, and splits them in place. */
#ifndef GUEST_TEXT_H
#define GUEST_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ERRNO_MAX 134 /* one more than the largest errno: EHWPOISON, 133 */

struct text {
	char *data; /* the text, ended by a NUL */
	size_t len, max;
	bool cut; /* a line was left out because it did not fit */
};

void text_init(struct text *text, char *buffer, size_t max);

/* Adds the whole text, or nothing if it does not fit, so that no line is cut. */
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Copies FROM into TO, which has MAX bytes. Returns false, and leaves TO unchanged, if it does not
 * fit.
 */
bool text_copy(char *to, size_t max, const char *from);

/*
 * Returns the next line of *CURSOR, ended in place by a NUL, and advances *CURSOR; or returns NULL
 * at the end. Skips empty lines.
 */
char *text_line(char **cursor);

/*
 * Splits LINE at single spaces into at most MAX words; the rest is part of the last one. Returns
 * the number of words.
 */
unsigned text_words(char *line, char **words, unsigned max);

/*
 * Parses an unsigned decimal or 0x-hexadecimal number without further characters. Returns 0 or
 * -EINVAL.
 */
int text_number(const char *word, uint64_t *ret);
/* Parses a hexadecimal number without 0x or further characters. Returns 0 or -EINVAL. */
int text_hex(const char *word, uint64_t *ret);

/*
 * Parses a list like "0-3,8,10-11", and calls EACH for every number, in the list's order. Returns
 * 0, or -EINVAL if LIST is invalid or has more than MAX numbers.
 */
int text_list(const char *list, unsigned max, void (*each)(unsigned number, void *data),
	      void *data);

/*
 * Returns the name of an errno: "EBUSY" for 16, "ok" for 0, "E<number>" if it has no name. The
 * string is static, but "E<number>" only until the next call.
 */
const char *errno_name(int error);
/* Returns the errno called NAME, or 0 if there is none. */
int errno_number(const char *name);

#endif
