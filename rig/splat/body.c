// SPDX-License-Identifier: GPL-2.0-only
/*
 * Determines whether a line can be inside a report. Most reports have no end mark, so a report ends
 * with its last line that has one of the forms in reports: frames, registers, dumps, lock lines and
 * fixed sentences (body-patterns.c, and the table below).
 */
#include <string.h>

#include "splat/body-patterns.h"
#include "splat/word-set.h"

/* Words that can be anywhere in a line inside a report. */
static const struct body_pattern parts[] = {
	{"is trying to acquire", FAMILY_LOCKDEP, BODY_INSIDE},
	{"is trying to lock:", FAMILY_LOCKDEP, BODY_INSIDE},
	{"is trying to release lock", FAMILY_LOCKDEP, BODY_INSIDE},
	{"is trying to contend lock", FAMILY_LOCKDEP, BODY_INSIDE},
	{"just changed the state of lock", FAMILY_LOCKDEP, BODY_INSIDE},
	{"is freeing memory", FAMILY_LOCKDEP, BODY_INSIDE},
	{"is leaving the kernel with locks", FAMILY_LOCKDEP, BODY_INSIDE},
	{"state was registered at", FAMILY_LOCKDEP, BODY_INSIDE},
	{"] takes:", FAMILY_LOCKDEP, BODY_INSIDE},
	{" -> (", FAMILY_LOCKDEP, BODY_INSIDE},
	{" --> ", FAMILY_LOCKDEP, BODY_INSIDE},
	{"... key ", FAMILY_LOCKDEP, BODY_INSIDE},
	{"... acquired at:", FAMILY_LOCKDEP, BODY_INSIDE},
	{"key at:", FAMILY_LOCKDEP, BODY_INSIDE},
	{"){", ANY, BODY_INSIDE},
	{"lock(", FAMILY_LOCKDEP, BODY_INSIDE},
	{"local_irq_disable();", FAMILY_LOCKDEP, BODY_INSIDE},
	{" lock held by ", ANY, BODY_INSIDE},
	{" locks held by ", ANY, BODY_INSIDE},
	{"ainted ", FAMILY_LOCKDEP | FAMILY_STALL, BODY_INSIDE},
	{"kthread starved for", FAMILY_STALL, BODY_INSIDE},
	{"stack dump", FAMILY_STALL, BODY_INSIDE},
	{"(t=", FAMILY_STALL, BODY_INSIDE},
	{" idle=", FAMILY_STALL, BODY_INSIDE},
	{" pages RAM", FAMILY_MEMORY, BODY_INSIDE},
	{" pages reserved", FAMILY_MEMORY, BODY_INSIDE},
	{" pages cma reserved", FAMILY_MEMORY, BODY_INSIDE},
	{" pages HighMem", FAMILY_MEMORY, BODY_INSIDE},
	{" pages hwpoisoned", FAMILY_MEMORY, BODY_INSIDE},
	{" total pagecache pages", FAMILY_MEMORY, BODY_INSIDE},
	{" pages in swap cache", FAMILY_MEMORY, BODY_INSIDE},
	{"bytes inside of", FAMILY_SANITIZER, BODY_INSIDE},
	{"-byte region [", FAMILY_SANITIZER, BODY_INSIDE},
	{" by task ", FAMILY_SANITIZER, BODY_INSIDE},
	{" of 8 byte", FAMILY_SANITIZER, BODY_INSIDE},
	{" bytes by ", FAMILY_SANITIZER, BODY_INSIDE},
	{"ESR_EL1", ANY, BODY_INSIDE},
	{"] *pgd=", ANY, BODY_INSIDE},
	{"kobject_add_internal failed for", FAMILY_WARN, BODY_INSIDE},
	{"Frame format=", FAMILY_OOPS, BODY_INSIDE},
	{"CURRENT PROCESS:", FAMILY_OOPS, BODY_INSIDE},
	{"ra is at ", FAMILY_OOPS, BODY_INSIDE},
	/* sparc */
	{"RPC: <", FAMILY_OOPS, BODY_INSIDE},
	{"I7: <", FAMILY_OOPS, BODY_INSIDE},
	{"Caller[", FAMILY_OOPS, BODY_INSIDE},
	{"Call Trace:", ANY, BODY_INSIDE},
};

/*
 * Returns TRUE if WORD can be in a memory dump: 2, 4, 8 or 16 hex digits, or a form such as "<0f>",
 * "(48000008)", "XXXXXXXX" or "-".
 */
static gboolean is_dump_word(const char *word, gsize len)
{
	gsize digits = 0;

	if (len == 1 && (*word == '.' || *word == '^'))
		return TRUE;
	while (len && strchr("<([{>", *word))
		word++, len--;
	while (len && strchr(">)]}:,", word[len - 1]))
		len--;
	while (digits < len && (g_ascii_isxdigit(word[digits]) || word[digits] == 'X'))
		digits++;
	return digits == len && (len == 2 || len == 4 || len == 8 || len == 16);
}

/*
 * Returns TRUE if TEXT is a line of a dump of memory or code: every word is hexadecimal, except for
 * the bytes as text at its end (" ....abc.").
 */
gboolean body_is_dump(const char *text)
{
	guint words = 0;

	while (*(text = skip_blanks(text))) {
		gsize len = strcspn(text, " \t");

		if (!is_dump_word(text, len))
			return words >= 4;
		words++;
		text += len;
	}
	return words >= 1;
}

/* Returns the number of hex digits in lower case at TEXT. */
static gsize hex_digits(const char *text)
{
	gsize len = 0;

	while (g_ascii_isdigit(text[len]) || (text[len] >= 'a' && text[len] <= 'f'))
		len++;
	return len;
}

/*
 * Returns TRUE if TEXT has registers: "RAX: 0000… RBX: 0000…", "r7 : 00000000 r6 : …", "x29:
 * ffff…", "R10: …".
 */
static gboolean is_registers(const char *text)
{
	const char *name = skip_blanks(text);
	const char *value = name;
	gsize len, digits;

	while (g_ascii_isalnum(*value) || *value == '_')
		value++;
	len = (gsize)(value - name);
	if (!len || len > 8)
		return FALSE;
	value = skip_blanks(value);
	if (*value != ':')
		return FALSE;
	value = skip_blanks(value + 1);
	/* skip a selector, "0010:" in "CS: 0010:ffff…" */
	if (hex_digits(value) == 4 && value[4] == ':')
		value += 5;
	digits = hex_digits(value);
	return (digits == 8 || digits == 16 || digits == 4) && strchr(" \t)(", value[digits]);
}

/*
 * Returns TRUE if TEXT is a line of one repeated character, "=====" or "-----", at least five of
 * them.
 */
gboolean body_is_banner(const char *text, char *ret_fill)
{
	const char *start = skip_blanks(text);
	gsize len = *start == '=' || *start == '-' ? strspn(start, (char[2]){*start, '\0'}) : 0;

	if (len < 5 || *skip_blanks(start + len))
		return FALSE;
	if (ret_fill)
		*ret_fill = *start;
	return TRUE;
}

/*
 * Returns TRUE if TEXT is a line that can precede the header of a report and belongs to it: a
 * banner such as "====", or one of the hints below at the kind of report.
 */
gboolean body_is_preface(const char *text)
{
	static const char *const hints[] = {
		"Kernel attempted to ",
		"kernel tried to ",
		"8<--- cut here ---",
		"Bad kernel stack pointer ",
		"[ cut here ]",
		/* the first half of a hung task's header, if the task's name has a newline */
		"INFO: task ",
	};

	if (body_is_banner(text, NULL))
		return TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS(hints); i++)
		if (strstr(text, hints[i]))
			return TRUE;
	return FALSE;
}

gboolean body_is_cut(const char *text)
{
	return strstr(text, "[ cut here ]") != NULL;
}

/*
 * Returns TRUE if TEXT is like "./include/linux/rcupdate.h:302 Illegal context switch in RCU
 * read-side critical section!".
 */
static gboolean is_source_place(const char *text)
{
	const char *colon = strchr(text, ':');

	return colon && colon - text > 2 && colon[-2] == '.' && strchr("chS", colon[-1]) &&
	       g_ascii_isdigit(colon[1]) && !memchr(text, ' ', colon - text);
}

/*
 * An index of body_starts[] by the first two characters. Second characters are divided into SECONDS
 * groups; for each first character and each group, there is a chain of the rows that begin so, in
 * the table's order. A row of one character is in all chains of this character.
 */
#define SECONDS 8

static struct start_entry {
	const struct body_pattern *row;
	struct start_entry *next;
} *start_chains[256][SECONDS];

static struct start_entry **start_chain(char first, guint second)
{
	return &start_chains[(guint8)first][second % SECONDS];
}

static void add_start(struct start_entry **chain, const struct body_pattern *row)
{
	struct start_entry *entry = g_new(struct start_entry, 1);

	*entry = (struct start_entry){row, *chain};
	*chain = entry;
}

static gpointer index_starts(gpointer unused)
{
	(void)unused;
	for (gsize i = n_body_starts; i-- > 0;) {
		const struct body_pattern *row = &body_starts[i];

		if (row->words[1])
			add_start(start_chain(row->words[0], (guint8)row->words[1]), row);
		for (guint second = 0; !row->words[1] && second < SECONDS; second++)
			add_start(start_chain(row->words[0], second), row);
	}
	return NULL;
}

enum body body_pattern(const char *start, unsigned family)
{
	static GOnce once = G_ONCE_INIT;
	const struct start_entry *e;

	if (!*start)
		return BODY_FOREIGN;
	g_once(&once, index_starts, NULL);
	for (e = *start_chain(start[0], (guint8)start[1]); e; e = e->next)
		if ((e->row->families & family) && text_begins(start, e->row->words))
			return e->row->body;
	return BODY_FOREIGN;
}

static struct word_set part_words; /* the words of parts[] */
static guint part_word[G_N_ELEMENTS(parts)];

static gpointer index_parts(gpointer unused)
{
	(void)unused;
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
		part_word[i] = word_set_add(&part_words, parts[i].words);
	return NULL;
}

static enum body part_kind(const char *text, unsigned family)
{
	static GOnce once = G_ONCE_INIT;
	struct word_bits found;

	g_once(&once, index_parts, NULL);
	word_set_find(&part_words, text, &found);
	for (gsize i = 0; found.any && i < G_N_ELEMENTS(parts); i++)
		if ((parts[i].families & family) && word_bits_has(&found, part_word[i]))
			return parts[i].body;
	return BODY_FOREIGN;
}

enum body body_kind(const char *text, const struct format *format, struct frame *ret_frame)
{
	const char *start = skip_blanks(text);
	guint64 address;
	gboolean guess;
	enum body body;

	if (!*start)
		return BODY_BLANK;
	if (frame_parse_fault(text, ret_frame))
		return BODY_FAULT;
	if (frame_parse(text, ret_frame))
		return BODY_FRAME;
	ret_frame->name[0] = '\0';
	if (frame_parse_address(text, &address, &guess))
		return BODY_FRAME;
	if ((body = body_pattern(start, format->family)) != BODY_FOREIGN)
		return body;
	if (is_registers(text))
		return BODY_NUMBERS;
	if ((body = part_kind(start, format->family)) != BODY_FOREIGN)
		return body;
	if ((format->family & FAMILY_LOCKDEP) && is_source_place(start))
		return BODY_INSIDE;
	return body_is_dump(text) ? BODY_INSIDE : BODY_FOREIGN;
}
