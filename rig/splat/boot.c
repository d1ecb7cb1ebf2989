// SPDX-License-Identifier: GPL-2.0-only
/*
 * Detects a second boot in one log, and whether it is a reboot without a preceding shutdown. A
 * second boot is not such a reboot if another machine's log begins there, or if a mail quotes two
 * logs.
 */
#include <string.h>

#include "splat/scanner.h"

/*
 * Returns TRUE if the line reports that the kernel shuts down, or is journalctl's line between two
 * boots.
 */
static gboolean goes_down(const struct line *line)
{
	if (line->kernel)
		return strstr(line->text, "reboot: ") || strstr(line->text, "Starting new kernel");
	return g_str_has_prefix(line->text, "-- Boot ");
}

/*
 * Returns TRUE if TEXT is prose such as "Then I booted the other kernel and": words, without
 * characters that are typical of logs.
 */
static gboolean is_prose(const char *text)
{
	guint words = 0;

	for (const char *p = text; *p;) {
		gsize len = strcspn(p, " ");
		gsize letters = 0;

		while (letters < len && g_ascii_isalpha(p[letters]))
			letters++;
		words += letters >= 2 &&
			 letters + (letters < len && strchr(",.:;!?", p[letters])) == len;
		p += len + strspn(p + len, " ");
	}
	return words >= 5 && !strpbrk(text, "[]=<>()/");
}

/* Returns TRUE if TEXT is a heading that ends in a colon: "And with the patch:", "bad:". */
static gboolean is_title(const char *text)
{
	gsize len = strlen(text);

	return len >= 4 && text[len - 1] == ':' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ,-'") == len - 1;
}

/* Returns the preceding line of the log; if that is blank, the one before it. */
static const struct past *line_before(const struct scanner *scanner)
{
	const struct past *newest = scanner_past(scanner, 0);

	return newest->text[strspn(newest->text, " ")] ? newest : scanner_past(scanner, 1);
}

/*
 * Returns TRUE if LINE, the first line of a boot, begins the log of another machine: the kernel's
 * version line differs from the one of the boot before, and a line of that boot, or "-----",
 * directly precedes LINE. If the same machine had been reset, there would be lines of its firmware
 * in between.
 */
static gboolean is_other_log(const struct scanner *scanner, const struct line *line)
{
	const struct past *before = line_before(scanner);

	return scanner->banner[0] && strncmp(scanner->banner, line->text, BANNER_LEN - 1) != 0 &&
	       (before->kernel || !strpbrk(before->text, "abcdefghijklmnopqrstuvwxyz"));
}

/*
 * Returns TRUE if there is prose before the line that begins the second boot, as in a mail that
 * quotes two logs.
 */
static gboolean is_in_prose(const struct scanner *scanner)
{
	const struct past *before = line_before(scanner);

	if (!before->kernel && is_title(before->text))
		return TRUE;
	for (guint i = 0; i < PAST; i++) {
		const struct past *past = scanner_past(scanner, i);

		if (past->number && !past->kernel && is_prose(past->text))
			return TRUE;
	}
	return mail_field_begins(scanner->start, MIN(scanner->position, START_KEPT));
}

void boot_take(struct scanner *scanner, const struct line *line)
{
	gboolean unpacks = !line->kernel && strstr(line->text, "Parsing ELF... ");
	gboolean starts =
		line->kernel && line->stamp <= 1 && g_str_has_prefix(line->text, "Linux version ");
	gboolean other = starts && is_other_log(scanner, line);

	scanner->going_down |= goes_down(line);
	if (!unpacks && !starts)
		return;
	if (starts)
		g_strlcpy(scanner->banner, line->text, BANNER_LEN);
	if (scanner->stamp > 1 && !scanner->going_down && !other && !is_in_prose(scanner))
		extent_reboot(scanner, line);
	scanner->stamp = -1;
	scanner->going_down = FALSE;
}
