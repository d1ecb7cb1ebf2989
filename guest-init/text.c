// SPDX-License-Identifier: GPL-2.0-only
/* Writes and splits lines of words (text.h). */
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_init(struct text *text, char *buffer, size_t max)
{
	*text = (struct text){.data = buffer, .max = max};
	buffer[0] = '\0';
}

void text_add(struct text *text, const char *format, ...)
{
	size_t room = text->max - text->len;
	va_list args;
	int need;

	va_start(args, format);
	need = vsnprintf(text->data + text->len, room, format, args);
	va_end(args);
	if (need < 0 || (size_t)need >= room) {
		text->data[text->len] = '\0';
		text->cut = true;
		return;
	}
	text->len += need;
}

bool text_copy(char *to, size_t max, const char *from)
{
	size_t len = strlen(from);

	if (len >= max)
		return false;
	memcpy(to, from, len + 1);
	return true;
}

char *text_line(char **cursor)
{
	char *line;

	do
		line = strsep(cursor, "\n");
	while (line && !*line);
	return line;
}

unsigned text_words(char *line, char **words, unsigned max)
{
	unsigned count = 0;

	while (line && count < max) {
		words[count++] = line;
		line = count < max ? strchr(line, ' ') : NULL;
		if (line)
			*line++ = '\0';
	}
	return count;
}

static int number(const char *word, int base, uint64_t *ret)
{
	char *end;
	uint64_t value;

	/* reject blanks and signs, which strtoull() would accept */
	if (!strchr("0123456789abcdefABCDEF", *word) || !*word)
		return -EINVAL;
	errno = 0;
	value = strtoull(word, &end, base);
	if (errno || *end)
		return -EINVAL;
	*ret = value;
	return 0;
}

int text_number(const char *word, uint64_t *ret)
{
	if (!strncmp(word, "0x", 2))
		return text_hex(word + 2, ret);
	return number(word, 10, ret);
}

int text_hex(const char *word, uint64_t *ret)
{
	/* reject "0x", which strtoull() would accept */
	if (word[0] == '0' && (word[1] | 0x20) == 'x')
		return -EINVAL;
	return number(word, 16, ret);
}

int text_list(const char *list, unsigned max, void (*each)(unsigned number, void *data), void *data)
{
	unsigned count = 0;

	for (;;) {
		uint64_t first, last;
		char *end;

		if (*list < '0' || *list > '9')
			return -EINVAL;
		first = last = strtoul(list, &end, 10);
		if (*end == '-' && end[1] >= '0' && end[1] <= '9')
			last = strtoul(end + 1, &end, 10);
		if (last < first || last > UINT32_MAX || last - first >= max - count)
			return -EINVAL;
		count += last - first + 1;
		for (; first <= last; first++)
			each(first, data);
		if (!*end || *end == '\n')
			return 0;
		if (*end != ',' || count >= max)
			return -EINVAL;
		list = end + 1;
	}
}

const char *errno_name(int error)
{
	static char odd[16];
	const char *name;

	if (!error)
		return "ok";
	name = strerrorname_np(error);
	if (name)
		return name;
	snprintf(odd, sizeof(odd), "E%d", error);
	return odd;
}

int errno_number(const char *name)
{
	for (int error = 1; error < ERRNO_MAX; error++) {
		const char *its = strerrorname_np(error);

		if (its && !strcmp(its, name))
			return error;
	}
	return 0;
}
