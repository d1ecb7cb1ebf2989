// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sorts the records of pstore. When the kernel crashes, it divides the end of its log into records,
 * from the end on, so part 1 has the newest lines. Each record begins with a line "Oops#1 Part2"
 * (fs/pstore/platform.c, pstore_dump()). The names of their files have ascending numbers, so `cat`
 * of the files gives the newest part first.
 */
#include <string.h>

#include "splat/decode-parts.h"

#define DUMP_MAX (8U << 20) /* maximum size of the parts of a dump that are sorted */
#define FIRST_LINE_MAX 64   /* a longer line is not the first line of a record */

struct pstore {
	decode_sink sink;
	void *data;
	/* of GString: the parts of the current dump so far, with ascending numbers */
	GPtrArray *parts;
	gsize size;	  /* number of bytes of these parts */
	char dump[FIRST_LINE_MAX + 1]; /* name of the current dump: "Oops#1" */
	guint64 part;
	/* the current line so far, while it can be the first line of a record */
	char line[FIRST_LINE_MAX + 1];
	gsize line_len;
	gboolean in_line; /* the current line is certainly not the first line of a record */
};

/*
 * Parses TEXT as the first line of a record: "Oops#1 Part2". Returns the number of the part (2),
 * and sets *RET_LEN to the length of the dump's name ("Oops#1"). Returns 0 if TEXT is another line.
 */
static guint64 part_of(const char *text, gsize *ret_len)
{
	gsize name = 0, number;
	char *end;
	guint64 part;

	while (g_ascii_isalpha(text[name]))
		name++;
	if (!name || text[name] != '#')
		return 0;
	number = strspn(text + name + 1, "0123456789");
	*ret_len = name + 1 + number;
	if (!number || !g_str_has_prefix(text + *ret_len, " Part") ||
	    !g_ascii_isdigit(text[*ret_len + 5]))
		return 0;
	part = g_ascii_strtoull(text + *ret_len + 5, &end, 10);
	return end[strspn(end, "\r\n")] ? 0 : part;
}

gboolean pstore_begins(const char *start)
{
	gsize unused;

	for (const char *line = start; line; line = strchr(line, '\n')) {
		g_autofree char *text = NULL;

		line += *line == '\n';
		text = g_strndup(line, strcspn(line, "\n"));
		if (part_of(text, &unused))
			return TRUE;
	}
	return FALSE;
}

struct pstore *pstore_new(decode_sink sink, void *data)
{
	struct pstore *p = g_new0(struct pstore, 1);

	p->sink = sink;
	p->data = data;
	p->parts = g_ptr_array_new();
	return p;
}

/*
 * Passes the parts of the dump to the sink; the one with the highest number, which is the oldest,
 * first.
 */
static void end_dump(struct pstore *p)
{
	for (guint i = p->parts->len; i-- > 0;) {
		GString *part = p->parts->pdata[i];

		if (part->len)
			p->sink((const guint8 *)part->str, part->len, p->data);
		g_string_free(part, TRUE);
	}
	g_ptr_array_set_size(p->parts, 0);
	p->size = 0;
}

/* Adds TEXT to the current part; text before the first part is passed to the sink. */
static void add(struct pstore *p, const char *text, gsize len)
{
	if (!len)
		return;
	if (!p->parts->len || p->size + len > DUMP_MAX) {
		end_dump(p);
		p->sink((const guint8 *)text, len, p->data);
		return;
	}
	g_string_append_len(p->parts->pdata[p->parts->len - 1], text, (gssize)len);
	p->size += len;
}

/* Handles the line in `line`, which is complete or too long to be the first one of a record. */
static void take_line(struct pstore *p)
{
	gsize name = 0;
	guint64 part;

	p->line[p->line_len] = '\0';
	part = part_of(p->line, &name);
	if (part) {
		gboolean same = strncmp(p->dump, p->line, name) == 0 && !p->dump[name];

		if (!same || part <= p->part)
			end_dump(p);
		memcpy(p->dump, p->line, name);
		p->dump[name] = '\0';
		p->part = part;
		g_ptr_array_add(p->parts, g_string_new(NULL));
	}
	add(p, p->line, p->line_len);
	p->line_len = 0;
}

void pstore_feed(struct pstore *p, const guint8 *bytes, gsize len)
{
	while (len) {
		const guint8 *newline = memchr(bytes, '\n', len);
		gsize part = newline ? (gsize)(newline + 1 - bytes) : len;

		if (p->in_line) {
			add(p, (const char *)bytes, part);
		} else {
			part = MIN(part, FIRST_LINE_MAX - p->line_len);
			memcpy(p->line + p->line_len, bytes, part);
			p->line_len += part;
			if (p->line_len == FIRST_LINE_MAX || bytes[part - 1] == '\n')
				take_line(p);
		}
		/* a short line that is not complete yet can be the first of a record */
		p->in_line = !p->line_len && bytes[part - 1] != '\n';
		bytes += part;
		len -= part;
	}
}

void pstore_end(struct pstore *p)
{
	take_line(p);
	end_dump(p);
	g_ptr_array_unref(p->parts);
	g_free(p);
}
