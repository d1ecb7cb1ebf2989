// SPDX-License-Identifier: GPL-2.0-only
/*
 * Headers that a mail or a web page quotes alone, without the other lines of the report. Such a
 * line counts as a report if it has all values that the kernel prints, and is set off from the text
 * around it or followed by a line of the report. A sentence that only mentions a report is not set
 * off, and a title lacks values.
 */
#include <string.h>

#include "splat/body-patterns.h"
#include "splat/scanner.h"

#define NUMBER "(?:0x)?[0-9a-f]{7,16}"
#define LAVA_LABEL "Job error: "

/* Headers with all their values, up to a NULL. */
static const char *const wholes[] = {
	"^INFO: task .+:\\d+ blocked (?:in I/O wait )?for more than \\d+ seconds\\.$",
	("^(?:NMI )?(?:watchdog: )?BUG: soft lockup - CPU#\\d+ stuck for \\d+s!?"
	 "(?: +\\[.+:\\d+\\])?$"),
	"^BUG: workqueue lockup - pool .* stuck for \\d+s!$",
	("^(?:BUG: |CPU \\d+ )?[Uu]nable to handle .* (?:at|address|address:) " NUMBER "(?:,|$)"),
	("^BUG: [Kk]ernel NULL pointer dereference.* (?:at|address:) " NUMBER "$"),
	/* an oops that a page shows as one line */
	"^BUG: [Uu]nable to handle .* Oops: [0-9a-f]{4} \\[#\\d+\\] ",
	/* the error code and the number of the oops */
	"^[A-Z]?[a-z -]+:(?: [A-Za-z -]+:)? [0-9a-f]{1,16} \\[#\\d+\\](?: |$)",
	"^(?:Oops: )?general protection fault, .* address 0x[0-9a-f]+: [0-9a-f]{4} \\[#\\d+\\]",
	"^BUG: using [a-z_]+\\(\\) in preemptible \\[[0-9a-f]+\\] code: .+/\\d+$",
	"^BUG: scheduling while atomic: .+/0x[0-9a-f]{8}(?:/\\d+)?$",
	"^(?:BUG|Debug): sleeping function called from invalid context at \\S+\\.[ch]:\\d+$",
	"^BUG: Bad page (?:state|map) in process .+ (?:pfn|pte):[0-9a-f]+",
	("^WARNING: (?:CPU: \\d+ (?:UID: \\d+ )?PID: \\d+ at|at) \\S+:\\d+ \\S+\\+0x[0-9a-f]+/0x"
	 "[0-9a-f]+"),
	"^WARNING: \\S+:\\d+ at \\S+\\+0x[0-9a-f]+/0x[0-9a-f]+",
	"^\\S+ invoked oom-killer: gfp_mask=0x[0-9a-f]+",
	"^\\S+: page allocation failure[:.] order:\\d+, mode:0x[0-9a-f]+",
	"^(?:rcu: )?INFO: rcu_\\w+ .*detected stalls? on CPU.*\\(.*t=\\d+ jiffies",
	("^(?:rcu: )?INFO: rcu_\\w+ (?:self-detected stall on CPU\\.?$|"
	 "detected(?: expedited)? stalls on CPUs/tasks:)"),
	"^(?:NMI watchdog: )?Watchdog detected hard LOCKUP on cpu \\d+$",
	"^list_(?:add|del) corruption[.,] .*[0-9a-f]{8,16}",
	"^BUG: spinlock [a-z ]+ on CPU#\\d+, .+/\\d+$",
	"^PANIC: double fault, error_code: 0x[0-9a-f]+$",
	"^irq \\d+: nobody cared \\(try booting with the \"irqpoll\" option\\)",
	"^[Kk]ernel [Pp]anic(?: - |-)not syncing ?: ?\\S",
	"^sysfs: cannot create duplicate filename '\\S+'$",
	NULL,
};

static gpointer compile(gpointer unused)
{
	g_autofree char *any = g_strjoinv("|", (char **)wholes);
	g_autoptr(GError) error = NULL;
	GRegex *regex = g_regex_new(any, G_REGEX_RAW | G_REGEX_OPTIMIZE, 0, &error);

	(void)unused;
	if (!regex)
		g_error("the pattern of the headers is invalid: %s", error->message);
	return regex;
}

/*
 * Returns the length of what precedes a header that is quoted alone: the host and "kernel: "
 * without a date, or the label in a mail of LAVA.
 */
static gsize label_len(const char *text)
{
	gsize host = strcspn(text, " ");

	if (g_str_has_prefix(text + host, " kernel: "))
		return host + strlen(" kernel: ");
	return g_str_has_prefix(text, LAVA_LABEL) ? strlen(LAVA_LABEL) : 0;
}

gboolean quote_is_whole(const char *text)
{
	static GOnce once = G_ONCE_INIT;
	const GRegex *regex = g_once(&once, compile, NULL);

	text += strspn(text, " \t");
	return g_regex_match(regex, text + label_len(text), 0, NULL);
}

/* Returns TRUE if TEXT is a line of a stack or of an oops's code. */
static gboolean is_stack(const char *text)
{
	struct frame frame;
	guint64 address;
	gboolean guess;

	return frame_parse(text, &frame) || frame_parse_address(text, &address, &guess) ||
	       g_str_has_prefix(text, "Code: ");
}

/*
 * Returns TRUE if TEXT is one of the lines that the kernel prints before it panics because it has
 * no root file system (init/do_mounts.c; block/genhd.c lists the partitions).
 */
static gboolean is_root_search(const char *text)
{
	return g_str_has_prefix(text, "VFS: Cannot open root device ") ||
	       strstr(text, "append a correct \"root=\" boot option") ||
	       g_str_has_suffix(text, " (driver?)") || g_str_has_prefix(text, "driver: ") ||
	       strstr(text, "find any bdev filesystem to be used for mount");
}

/*
 * Returns TRUE if a quoted line can follow TEXT, because it ends with a colon, begins a block of
 * code, or stands for lines that were left out ("[...]").
 */
static gboolean announces(const char *text)
{
	gsize len = strlen(text);

	return g_str_has_suffix(text, ":") || g_str_has_suffix(text, "\xef\xbc\x9a") ||
	       strspn(text, "`") == len || strspn(text, "[.]") == len ||
	       g_str_has_prefix(text, "```") || g_str_has_prefix(text, "~~~");
}

gboolean quote_is_set_off(const struct scanner *scanner, const struct format *format,
			  const struct line *line)
{
	gboolean indented = line->text[0] == ' ' || line->text[0] == '\t';

	/* a label; or the end of a panic's last line, "---[ end Kernel panic … ]---" */
	if (g_str_has_prefix(line->text, LAVA_LABEL) ||
	    ((format->family & FAMILY_PANIC) && g_str_has_suffix(line->text, "]---")))
		return TRUE;
	for (guint i = 0; i < PAST; i++) {
		const struct past *past = scanner_past(scanner, i);
		const char *text = past->text + strspn(past->text, " \t");

		if (!past->number || past->number + i + 1 != line->number)
			return indented;
		if (!i && body_pattern(text, ~0U) != BODY_FOREIGN && *text)
			return TRUE;
		if ((format->family & FAMILY_PANIC) && (is_stack(text) || is_root_search(text)))
			return TRUE;
		/* the continuation of a field of a mail's header is indented, too */
		if (indented && mail_field_begins(past->text, strlen(past->text)))
			return FALSE;
		/*
		 * skip the message of a WARN, which precedes its header, and
		 * another header of a list
		 */
		if (!indented && ((!i && g_str_has_prefix(text, "refcount_t: ")) ||
				  (past->format && quote_is_whole(text))))
			continue;
		if (indented ? text == past->text : *text != '\0')
			return indented || announces(text);
	}
	return FALSE; /* not set off: for example, a row of a table */
}
