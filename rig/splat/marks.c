// SPDX-License-Identifier: GPL-2.0-only
/*
 * Determines the properties of each line of a report once, because the rules for names, keys and
 * ends of reports use them many times.
 */
#include <string.h>

#include "splat/internal.h"
#include "splat/word-set.h"

/* The words that set each mark. Lines with a frame are not searched for them. */
static const struct {
	const char *words;
	guint mark;
} marks[] = {
	{"<TASK>", MARK_OPEN},
	{"<IRQ>", MARK_OPEN << 1},
	{"<NMI>", MARK_OPEN << 2},
	{"</TASK>", MARK_CLOSE},
	{"</IRQ>", MARK_CLOSE << 1},
	{"</NMI>", MARK_CLOSE << 2},
	/* until 4.9 these end the stack of an interrupt ("<IRQ>") and of an exception */
	{"<EOI>", MARK_CLOSE << 1},
	{"<EOE>", MARK_CLOSE << 2},
	{"---[ end ", MARK_END},
	{"Kernel panic - not", MARK_PANIC},
	{": Vector: ", MARK_ENDLESS},
	/* lines of architectures whose reports have no end mark: m68k, csky, openrisc, … */
	{"Frame format=", MARK_ENDLESS},
	{"CURRENT PROCESS:", MARK_ENDLESS},
	{"Oops#: ", MARK_ENDLESS},
	{"ra is at ", MARK_ENDLESS},
	{"IAOQ: ", MARK_ENDLESS},
	{"YZrvWESTHLNXBCVM", MARK_ENDLESS},
	{"PSW: ", MARK_ENDLESS},
	{"TSTATE: ", MARK_ENDLESS}, /* sparc */
	{"ut of memory", MARK_VICTIM},
	{"PID: ", MARK_WHO},
	{" by task ", MARK_LIMIT},
	{"Allocated", MARK_LIMIT},
	{"Freed", MARK_LIMIT},
	{"Uninit was ", MARK_LIMIT},
	{"page last free", MARK_LIMIT},
	{"Call Trace:", MARK_TRACE | MARK_LIMIT},
	{"Call trace:", MARK_TRACE | MARK_LIMIT},
	{"acktrace:", MARK_TRACE | MARK_LIMIT},
	{"backtrace (crc", MARK_TRACE | MARK_LIMIT},
	{"turning off the locking correctness validator", MARK_OFF},
	{"lockdep is turned off", MARK_OFF},
	{"Disabling lock debugging due to kernel taint", MARK_OFF},
};

static struct word_set words; /* the words of marks[], in order */

static gpointer prepare(gpointer unused)
{
	(void)unused;
	for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
		word_set_add(&words, marks[i].words);
	return NULL;
}

static guint words_of(const char *text)
{
	static GOnce once = G_ONCE_INIT;
	struct word_bits bits;
	guint found = text_begins(text, "Pid: ") ? MARK_WHO : 0;

	g_once(&once, prepare, NULL);
	word_set_find(&words, text, &bits);
	for (guint i = word_bits_next(&bits, 0); i < WORD_SET_MAX; i = word_bits_next(&bits, i + 1))
		found |= marks[i].mark;
	return found;
}

gboolean frame_starts_trace(const char *text)
{
	return (words_of(text) & MARK_TRACE) != 0;
}

gboolean line_ends_lockdep(const char *text)
{
	if (!strstr(text, "lock")) /* all words that set MARK_OFF contain "lock" */
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
		if (marks[i].mark == MARK_OFF && strstr(text, marks[i].words))
			return TRUE;
	return FALSE;
}

void seen_frame(struct seen *seen, guint mark, const struct frame *frame, struct texts *texts)
{
	seen->marks = mark;
	seen->known = TRUE;
	seen->guess = frame->guess;
	seen->inlined = frame->inlined;
	seen->offset = frame->offset;
	seen->name = texts_add(texts, frame->name, strlen(frame->name));
}

guint seen_examine(struct seen *seen, struct texts *texts)
{
	const char *text = seen->text;
	struct frame frame;

	if (seen->known)
		return seen->marks;
	if (!seen->no_frame && frame_parse_fault(text, &frame)) {
		seen_frame(seen, MARK_FAULT, &frame, texts);
	} else if (!seen->no_frame && frame_parse(text, &frame)) {
		seen_frame(seen, MARK_FRAME, &frame, texts);
	} else {
		seen->marks = words_of(text);
		seen->known = TRUE;
	}
	return seen->marks;
}
