// SPDX-License-Identifier: GPL-2.0-only
/* Distinguishes a report from text that quotes the header of a report. */
#include <string.h>

#include "splat/scanner.h"

/* if nothing else proves that a report is real, it needs this many lines after its header */
#define PROOF_LINES 4

/*
 * Returns TRUE if the text that the format matches is not quoted in a sentence: it is at the start
 * of the line, or (unless STRICT) after words other than a label or a quote mark. Mails quote
 * headers, and bug trackers use them as titles, so a line without the kernel's prefix must pass
 * this check to count as a header.
 */
static gboolean stands_alone(const struct open *open, gboolean strict)
{
	static const char *const labels[] = {
		"Summary:", "Subject:", "Title:", "Description:", "Bug ID:",
		"Bug:",	    "Re:",	"Fwd:",	  "Keywords:",	  "Fixes:"};
	const char *header = open_line(open, open->header)->text;
	const char *start = header + strspn(header, " \t");
	const char *at = open->groups.at[0] ? strstr(start, open->groups.at[0]) : NULL;
	gsize before = at ? (gsize)(at - start) : strlen(start);

	if (strict || !before)
		return !before;
	for (gsize i = 0; i < G_N_ELEMENTS(labels); i++)
		if (g_str_has_prefix(start, labels[i]))
			return FALSE;
	return !memchr(start, '"', before) && !memchr(start, '\'', before) &&
	       !memchr(start, '`', before);
}

/* Returns TRUE if only names of subsystems precede the header: "watchdog: ", "rcu: ", "[ ". */
static gboolean begins_with_header(const struct open *open)
{
	const char *header = open_line(open, open->header)->text;
	const char *word = header + strspn(header, " \t[");
	gsize len = strcspn(word, " ");

	/*
	 * the name of a subsystem ends in a colon; the first word of a sentence ("Without it, the
	 * …") does not
	 */
	return stands_alone(open, TRUE) || strchr("[", *header) || (len && word[len - 1] == ':') ||
	       g_str_has_prefix(word, "NMI ") || g_ascii_isdigit(*word);
}

/*
 * Returns TRUE if TEXT has the form of the line after the header: with the memory access, or with
 * the task.
 */
static gboolean is_second_line(const char *text)
{
	static const char *const words[] = {"is trying to acquire lock", "is trying to lock:",
					    "is trying to release lock", "is freeing memory ",
					    "just changed the state of lock", "] takes:"};

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(text, words[i]))
			return TRUE;
	return strstr(text, " of size ") && strstr(text, " at addr ");
}

/*
 * Returns TRUE if the header has the place of the access in a form that only the kernel writes:
 * with an offset, or for UBSAN with a column. Titles of reports have only the function.
 */
static gboolean has_place(const struct open *open)
{
	const char *header = open_line(open, open->header)->text;
	const char *offset = strstr(header, "+0x");
	const char *column = strrchr(header, ':');
	const char *line = column ? memrchr(header, ':', column - header) : NULL;

	if (offset)
		return strstr(offset, "/0x") != NULL;
	return strcmp(open->format->kind, "ubsan") == 0 && line && g_ascii_isdigit(line[1]) &&
	       g_ascii_isdigit(column[1]) && line + 1 + strspn(line + 1, "0123456789") == column;
}

/* Returns TRUE if OPEN is a stall of RCU of which a mail quotes only the first lines. */
static gboolean is_start_of_stall(const struct open *open)
{
	if (strcmp(open->format->kind, "rcu-stall") != 0 || !begins_with_header(open))
		return FALSE;
	for (guint i = open->header + 1; i < open->solid; i++)
		if (strstr(open_line(open, i)->text, " jiffies, g="))
			return TRUE;
	return FALSE;
}

/*
 * Returns TRUE if OPEN is a report of lockdep or a sanitizer of which a mail quotes only the first
 * lines: the header directly follows a banner, or a line with the access or the task follows the
 * header.
 */
static gboolean is_start_of_validator(const struct open *open)
{
	if (!(open->format->family & (FAMILY_SANITIZER | FAMILY_LOCKDEP)) ||
	    !stands_alone(open, TRUE))
		return FALSE;
	if (open->header && body_is_banner(open_line(open, open->header - 1)->text, NULL))
		return TRUE;
	for (guint i = open->header + 1; i < open->solid; i++)
		if (is_second_line(open_line(open, i)->text))
			return TRUE;
	return FALSE;
}

/* Returns TRUE if the header has the number of the oops, "[#1]". */
static gboolean is_counted(const struct open *open)
{
	const char *number = strstr(open_line(open, open->header)->text, "[#");

	return number && g_ascii_isdigit(number[2]);
}

/*
 * Returns TRUE if the header follows "cut here", which text that only mentions a header does not
 * have. The message of a WARN can be between them.
 */
static gboolean follows_cut(const struct open *open)
{
	guint most = MIN(open->header, 2);

	if (!(open->format->family & (FAMILY_BUG | FAMILY_WARN)) || !stands_alone(open, TRUE))
		return FALSE;
	for (guint i = 1; i <= most; i++)
		if (body_is_cut(open_line(open, open->header - i)->text))
			return TRUE;
	return FALSE;
}

gboolean open_is_sentence(const struct open *open)
{
	return open->format->kind && (!open->kernel || open->settled) &&
	       !stands_alone(open, FALSE);
}

/* Returns TRUE if the lines of OPEN prove it, without regard to the values in its header. */
static gboolean is_proven_by_lines(const struct open *open)
{
	unsigned flags = open->format->flags;
	guint proofs = open->frames + open->faults;

	if (flags & FORMAT_BARE)
		return open->kernel || stands_alone(open, TRUE);
	if (open->format->family & FAMILY_PANIC)
		return open->kernel || proofs > 0 || (open->inside && stands_alone(open, TRUE));
	if (flags & FORMAT_KERNEL)
		return open->kernel || proofs > 0;
	if ((open->format->family & FAMILY_SANITIZER) && has_place(open) &&
	    stands_alone(open, TRUE))
		return TRUE;
	if (is_start_of_validator(open) || is_start_of_stall(open))
		return TRUE;
	if (flags & FORMAT_PROOF)
		return proofs > 0 || (open->kernel && (open->inside >= 2 || is_counted(open)));
	return open->kernel || proofs > 0 || follows_cut(open) ||
	       (open->inside >= PROOF_LINES && begins_with_header(open));
}

/*
 * Returns TRUE if the lines of OPEN prove that it is a report, and not text that quotes the header
 * of one.
 */
gboolean open_is_proven(const struct open *open)
{
	if (!open->format->kind || open_is_sentence(open))
		return FALSE;
	return is_proven_by_lines(open) ||
	       ((open->quoted || open->inside || open->kernel) &&
		quote_is_whole(open_line(open, open->header)->text));
}
