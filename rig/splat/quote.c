// SPDX-License-Identifier: GPL-2.0-only
/*
 * Headers that a mail or a web page quotes alone, without the other lines of the report. Such a
 * line counts as a report if it has all values that the kernel prints, and is set off from the text
 * around it or followed by a line of the report. A sentence that only mentions a report is not set
 * off, and a title lacks values.
 */
#include <string.h>

#include "splat/body-patterns.h"
#include "splat/formats.h"
#include "splat/scanner.h"

#define NUMBER "(?:0x)?[0-9a-f]{7,16}"
#define LAVA_LABEL "Job error: "

/* Headers with all their values, up to a NULL. */
static const char *const wholes[] = {
	/* lack of progress */
	"^INFO: task \\S.* blocked (?:in I/O wait )?for more than \\d+ seconds\\.*$",
	"^INFO: task .+:\\d+ can't die for more than \\d+ seconds\\.$",
	"^INFO: task .+:\\d+ is blocked on an? [a-z -]+ owned by task \\S+:\\d+",
	("^(?:NMI )?(?:watchdog: )?BUG: soft lockup - CPU#\\d+ "
	 "stuck for \\d+s!?(?: +\\[.+:\\d+\\])?$"),
	"^BUG: soft lockup detected on CPU#\\d+!$",
	"^BUG: workqueue lockup - pool .* stuck for \\d+s!$",
	"^(?:NMI )?(?:watchdog: )?(?:CPU\\d+: )?Watchdog detected hard LOCKUP on cpu \\d+$",
	"^(?:NMI )?watchdog: CPU ?\\d+:? (?:self-)?detected hard LOCKUP (?:@|on other) ",
	"^NMI Watchdog detected LOCKUP on CPU ?\\d+(?:, |$)",
	"^(?:rcu: )?INFO: rcu_\\w+ .*detected stalls? on CPU.*\\(.*t=\\d+ jiffies",
	("^(?:rcu: )?INFO: rcu_\\w+ (?:self-detected stall on CPU\\.?$|"
	 "detected(?: expedited)? stalls on CPUs/tasks:)"),
	"^(?:INFO: )?rcu_tasks\\w* detected stalls(?: on tasks:|\\? \\(Late IPI\\?\\))$",
	/* faults */
	("^(?:BUG: |CPU \\d+ )?[Uu]nable to handle .* (?:at|address|address:) "
	 "(?:" NUMBER "(?:,|$| +printing eip| +PGD )| *\\(null\\)$)"),
	/* a mail program has wrapped it before the address */
	"^(?:BUG: )?[Uu]nable to handle kernel .* (?:at|address:?)$",
	"^BUG: unable to handle page fault for address:$",
	"^Unable to handle kernel pointer dereference in virtual (?:kernel|user) address space$",
	"^BUG: Unable to handle kernel instruction fetch(?: \\(NULL pointer\\?\\))?$",
	("^BUG: [Kk]ernel NULL pointer dereference.* (?:at|address:) " NUMBER "$"),
	/* an oops that a page shows as one line */
	"^BUG: [Uu]nable to handle .* Oops: [0-9a-f]{4} \\[#\\d+\\] ",
	/* the error code and the number of the oops */
	"^[A-Z]?[a-z0-9 ()!-]+:(?: [A-Za-z0-9 /-]+:)? [0-9a-f]{1,16} \\[#?\\d+\\](?: |$)",
	"^Oops(?: - [A-Za-z ]+|: [A-Za-z ]+, sig: \\d+)? ?\\[#\\d+\\]:?(?: |$)",
	"^[A-Z][a-z ]+[a-z]!? ?\\[#\\d+\\]:$",
	"^(?:Oops: )?general protection fault, .* address 0x[0-9a-f]+: [0-9a-f]{4} \\[#\\d+\\]",
	"^(?:Unhandled fault|Unhandled prefetch abort): .*\\(0x[0-9a-f]+\\) at 0x[0-9a-f]+$",
	"^Unrecoverable .* at [0-9a-f]{8,16}(?: \\(msr=[0-9a-f]+\\))?$",
	"^(?:traps: )?PANIC: double fault, error_code: 0x[0-9a-f]+$",
	"^PANIC: early exception (?:0x)?[0-9a-f]+ (?:IP|rip) ",
	"^BUG: (?:[A-Z]+ )?stack guard page was hit at [0-9a-fx]+ \\(stack is ",
	"^Insufficient stack space to handle exception!$",
	"^(?:Kernel stack overflow|Division by zero in kernel|Machine check in kernel mode)\\.$",
	"^SError Interrupt on CPU\\d+, code 0x[0-9a-f]+ -- SError$",
	"^(?:mce: )?\\[Hardware Error\\]: CPU \\d+: Machine Check(?: Exception)?: ",
	"^unchecked MSR access error: \\S+ (?:from|to) 0x[0-9a-f]+ ",
	/* BUG and WARN */
	("^BUG: using [a-z_]+\\(\\) in preemptible (?:\\[[0-9a-f ]+\\] )?code: .+/\\d+$"),
	"^BUG: scheduling while atomic: .+/0x[0-9a-f]{8}(?:/\\d+)?(?:, CPU#\\d+)?$",
	("^(?:BUG|Debug): sleeping function called from invalid context at"
	 "(?: \\S+\\.[ch]:\\d+(?:$| in_atomic)|$)"),
	("^[Kk]ernel BUG at \\S+(?:\\.[chS]:\\d+(?:!?$|! (?:invalid opcode|Oops|Internal error): )|"
	 "\\+0x[0-9a-f]+/0x[0-9a-f]+)"),
	("^WARNING: (?:CPU: \\d+ (?:UID: \\d+ )?PID: -?\\d+ )?at (?:\\S+\\.[chS]:\\d+(?: \\S+|$)|"
	 "\\S+\\+0x[0-9a-f]+/0x[0-9a-f]+)"),
	"^WARNING: (?:\\[.*\\] )?\\S+:\\d+ at \\S+\\+0x[0-9a-f]+/0x[0-9a-f]+",
	("^(?:slab_)?list_(?:add|del)\\w* (?:corruption[.,]|double add:) .*[0-9a-f]{8,16}"),
	"^usercopy: Kernel memory \\w+ attempt detected .*\\(offset \\d+, size \\d+\\)!$",
	"^BUG: (?:spinlock|rwlock) [A-Za-z ]+ on CPU#\\d+, .+/\\d+(?:, (?:0x)?[0-9a-f]+)?$",
	/* memory, files, devices */
	"^BUG: Bad page (?:state|map|cache) in process .+ (?:pfn|pte):[0-9a-f]+",
	"^BUG: Bad rss-counter state mm:[0-9a-fx]+ ",
	"^BUG \\S+ \\((?:Not tainted|Tainted: [A-Z -]+)\\): \\S",
	"^\\S+ invoked oom-killer: gfp_mask=0x[0-9a-f]+",
	"^(?:Out of memory|Memory cgroup out of memory): Kill(?:ed)? process \\d+ \\(",
	"^\\S+: page allocation failure[:.] order:\\d+, mode:0x[0-9a-f]+",
	"^\\S+: vmalloc(?: error: size|: allocation failure:) .*mode:0x[0-9a-f]+",
	"^vmalloc: allocation failure, allocated \\d+ of",
	"^BUG: Dentry .* still in use \\(-?\\d+\\) +\\[unmount of ",
	"^unregister_netdevice: waiting for \\S+ to become free\\. Usage count = -?\\d+",
	"^irq \\d+: nobody cared \\(try booting with the \"irqpoll\" option\\)",
	"^sysfs: cannot create duplicate filename '\\S+'$",
	"^kobject.*: tried to (?:init an |add an un)initialized object, something is seriously",
	"^(?:" PANIC_RETYPED "|" PANIC_CAPITALS ")\\S",
	"^[Kk]ernel panic: (?:VFS|Attempted to kill|Fatal exception|Aiee|No init found)",
	/* validators */
	("^\\[ (?:INFO|BUG|WARNING): [A-Za-z -]+(?:locking dependency|locking|inversion dependency|"
	 "lock order) detected \\]$"),
	("^WARNING: (?:possible [a-z -]+ detected|[A-Z-]+safe -> [A-Z-]+unsafe lock order detected|"
	 "inconsistent lock state|suspicious RCU usage|bad unlock balance detected!|"
	 "held lock freed!|Nested lock was not taken)$"),
	("^\\[ (?:INFO|BUG): (?:inconsistent lock state|"
	 "suspicious (?:RCU|rcu_dereference_check\\(\\)) "
	 "usage\\.|Invalid wait context|bad unlock balance detected!|held lock freed!) \\]$"),
	"^(?:WARNING: |\\[ BUG: ).+/\\d+ still has locks held!(?: \\])?$",
	"^INFO: trying to register non-static key\\.$",
	"^BUG: looking up invalid subclass: \\d+$",
	"^BUG: MAX_[A-Z_]+ too low!$",
	"^BUG: K[A-Z]+: .* in \\S+ \\(?\\S+:\\d+",
	"^BUG: KCSAN: data-race in \\S+ / \\S+$",
	"^unreferenced object 0x[0-9a-f]+ \\(size \\d+\\):$",
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
	/* one blank that is not at the start of the line in the log follows a prefix */
	gboolean indented = line->text[0] == '\t' ||
			    (line->text[0] == ' ' && (line->indent || line->text[1] == ' '));

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

gsize quote_panic_end_len(const char *text)
{
	gsize marks = strspn(text, "-[ \t");

	return g_str_has_prefix(text + marks, "end ") &&
			       g_ascii_strncasecmp(text + marks + 4, "kernel panic", 12) == 0
		       ? marks + 4
		       : 0;
}

/* Returns TRUE if TEXT has the form of a line of a log without prefixes: "NET: …", "mmc0: …". */
static gboolean is_log(const char *text)
{
	gsize name = strcspn(text, " :");

	return name && name < 24 && text[name] == ':' && text[name + 1] == ' ';
}

gboolean quote_may_follow(const struct scanner *scanner, const struct line *line)
{
	for (guint i = 0; i < PAST; i++) {
		const struct past *past = scanner_past(scanner, i);
		gsize len = strlen(past->text);

		if (!past->number || past->number + i + 1 != line->number)
			return FALSE;
		/* skip other headers of a list, and an empty line */
		if (past->format && quote_is_whole(past->text))
			continue;
		if (len)
			return strchr(".,;!?)", past->text[len - 1]) || is_log(past->text);
	}
	return TRUE;
}

gboolean quote_is_folded_field(const struct scanner *scanner, const struct line *line)
{
	const struct past *past = scanner_past(scanner, 0);

	return line->indent && past->number && past->number + 1 == line->number &&
	       mail_field_begins(past->text, strlen(past->text));
}

gboolean quote_is_end(const char *text, gboolean paragraph)
{
	return g_str_has_prefix(text, "```") ||
	       (paragraph && (!text[strspn(text, " \t")] || quote_is_whole(text)));
}
