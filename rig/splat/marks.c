// SPDX-License-Identifier: GPL-2.0-only
/*
 * Computes the properties of each line of a report once, because the rules for names, keys and ends
 * use them many times.
 */
#include <string.h>

#include "splat/internal.h"

/* Words that set a mark; a line with a frame is not searched for them. */
static const struct {
	const char *words;
	guint mark;
} marks[] = {
	{"<TASK>", MARK_OPEN},	     {"<IRQ>", MARK_OPEN << 1},
	{"<NMI>", MARK_OPEN << 2},   {"</TASK>", MARK_CLOSE},
	{"</IRQ>", MARK_CLOSE << 1}, {"</NMI>", MARK_CLOSE << 2},
	{"---[ end ", MARK_END},     {"Kernel panic - not", MARK_PANIC},
	{": Vector: ", MARK_XMON},   {"ut of memory", MARK_VICTIM},
	{"PID: ", MARK_WHO},	     {" by task ", MARK_LIMIT},
	{"Allocated", MARK_LIMIT},   {"Freed", MARK_LIMIT},
	{"Uninit was ", MARK_LIMIT}, {"page last free", MARK_LIMIT},
};

/* For each character, the rows whose words begin with it; -1 ends each list. */
static gint8 beginning_with[256][G_N_ELEMENTS(marks) + 1];

static gpointer prepare(gpointer unused)
{
	(void)unused;
	for (int c = 0; c < 256; c++) {
		gint8 *next = beginning_with[c];

		for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
			if ((guint8)marks[i].words[0] == c)
				*next++ = (gint8)i;
		*next = -1;
	}
	return NULL;
}

static guint words_of(const char *text)
{
	guint found = 0;

	for (const char *p = text; *p; p++)
		for (const gint8 *i = beginning_with[(guint8)*p]; *i >= 0; i++)
			if (p[1] == marks[*i].words[1] && g_str_has_prefix(p, marks[*i].words))
				found |= marks[*i].mark;
	if (g_str_has_prefix(text, "Pid: "))
		found |= MARK_WHO;
	if (frame_starts_trace(text))
		found |= MARK_TRACE | MARK_LIMIT;
	if (line_ends_lockdep(text))
		found |= MARK_OFF;
	return found;
}

struct seen *marks_of(char **lines, guint n)
{
	static GOnce once = G_ONCE_INIT;
	struct seen *seen = g_new(struct seen, n);

	g_once(&once, prepare, NULL);
	for (guint i = 0; i < n; i++) {
		if (frame_parse_fault(lines[i], &seen[i].frame))
			seen[i].marks = MARK_FAULT;
		else if (frame_parse(lines[i], &seen[i].frame))
			seen[i].marks = MARK_FRAME;
		else
			seen[i].marks = words_of(lines[i]);
	}
	return seen;
}

gboolean report_has(const struct report *report, guint wanted)
{
	for (guint i = 0; i < report->n; i++)
		if (report->seen[i].marks & wanted)
			return TRUE;
	return FALSE;
}
