// SPDX-License-Identifier: GPL-2.0-only
/* Finds the stacks of a report, and the one after which the report is named. */
#include <string.h>

#include "splat/internal.h"

#define NAMES_USUAL 32 /* a stack seldom has more functions */

/*
 * Returns TRUE if the frame in TEXT is inside its function. A frame marked "?" can also be a
 * pointer to a function: to this one ("f+0x0/0x34") or to the next one ("f+0x34/0x34").
 */
static gboolean is_inside(const char *text)
{
	const char *plus = strstr(text, "+0x");
	char *end;
	guint64 offset = plus ? g_ascii_strtoull(plus + 1, &end, 16) : 0;

	return offset && (*end != '/' || offset < g_ascii_strtoull(end + 1, NULL, 16));
}

/*
 * Returns the functions on the stack in the lines from FROM on. TAKE_FAULTS adds the function that
 * faulted, if its line is among them. With TAKE_FAR, frames may follow many lines without frames.
 * TAKE_GUESSES adds the functions of frames marked "?".
 */
GPtrArray *stack_from(const struct report *report, guint from, enum take take)
{
	GPtrArray *names = g_ptr_array_sized_new(NAMES_USUAL);
	const char *last = NULL;
	guint strange = 0, frames = 0;
	struct frame frame;

	for (guint i = from; i < report->n; i++) {
		const struct seen *seen = &report->seen[i];
		const char *line = report->seen[i].text;

		if ((take & TAKE_FAULTS) && (seen->marks & MARK_FAULT)) {
			g_ptr_array_add(names, (char *)seen->name);
		} else if (seen->marks & MARK_FRAME) {
			strange = 0;
			frames++;
			last = line;
			if (seen->inlined ||
			    (seen->guess && !((take & TAKE_GUESSES) && is_inside(line))))
				continue;
			/*
			 * arm64 prints the function of "pc" again as the first frame: add it once
			 */
			if (frames > 1 || !names->len ||
			    strcmp(names->pdata[0], seen->name) != 0)
				g_ptr_array_add(names, (char *)seen->name);
		} else if ((frames && ((seen->marks & MARK_LIMIT) ||
				       (!(take & TAKE_FAR) && ++strange > 8))) ||
			   ((seen->marks & MARK_END) && strstr(line, "---[ end trace"))) {
			break;
		}
	}
	if (last && frame_parse_caller(last, &frame))
		g_ptr_array_add(names, texts_add(report->texts, frame.name, strlen(frame.name)));
	return names;
}

/* Returns TRUE if the stack in the lines from FROM on has a function of lockdep. */
static gboolean is_lockdeps(const struct report *report, guint from)
{
	static const char lockdep[] = "^lockdep_|^print_usage_bug|^mark_lock|^__lock_acquire";

	for (guint i = from; i < report->n && !(report->seen[i].marks & MARK_TRACE); i++)
		if ((report->seen[i].marks & MARK_FRAME) && !report->seen[i].guess &&
		    name_has(report->seen[i].name, lockdep))
			return TRUE;
	return FALSE;
}

/*
 * Returns the index of the line after "Call Trace:" or the like: after the first one, or with LAST
 * after the last one. If stacks of other tasks are among the lines of a lockdep report, LAST is the
 * last stack with a function of lockdep. If there is no such line, returns the index of the header.
 */
static guint trace_start(const struct report *report, gboolean last)
{
	guint start = report->header;
	gboolean sure = FALSE;

	for (guint i = report->header; i < report->n; i++) {
		if (!(report->seen[i].marks & MARK_TRACE) ||
		    strstr(report->seen[i].text, "stack backtrace"))
			continue;
		if (!last)
			return i + 1;
		if (sure && !is_lockdeps(report, i + 1))
			continue;
		start = i + 1;
		sure = sure || is_lockdeps(report, start);
	}
	return start;
}

/* Returns TRUE if TEXT contains NAME as a whole word after a blank. */
static gboolean has_word(const char *text, const char *name)
{
	gsize len = strlen(name);

	for (const char *p = text; (p = strstr(p, name)); p += len)
		if (p > text && p[-1] == ' ' && !g_ascii_isalnum(p[len]) && p[len] != '_')
			return TRUE;
	return FALSE;
}

/*
 * Returns the index of the line with the instruction ("RIP: …") of the function that a WARN's
 * header names. In a log that does not name the callers of printk, frames of another task can
 * precede this line. If there is no such line, returns the index of the line after the header.
 */
static guint warned_line(const struct report *report)
{
	const char *header = report->seen[report->header].text;

	if (report->format->family & FAMILY_WARN)
		for (guint i = report->header + 1; i < report->n; i++)
			if ((report->seen[i].marks & MARK_FAULT) &&
			    has_word(header, report->seen[i].name))
				return i;
	return report->header + 1;
}

GPtrArray *stack_counting(const struct report *report)
{
	switch (report->format->rule) {
	/* the stack of the access follows the header, with or without a line "Call Trace" */
	case FRAME_GROUP:
		return stack_from(report, report->header + 1, TAKE_FRAMES);
	/* the faulting instruction is printed before the trace, or inside it if a warning panics */
	case FRAME_FAULT:
		return stack_from(report, warned_line(report), TAKE_FAULTS);
	case FRAME_STALL:
	case FRAME_OVERFLOW:
	case FRAME_INTERRUPTED:
		return stack_from(report, report->header + 1, TAKE_FAULTS);
	case FRAME_LAST_TRACE:
		return stack_from(report, trace_start(report, TRUE), TAKE_FRAMES);
	default:
		return stack_from(report, trace_start(report, FALSE), TAKE_FRAMES);
	}
}

int report_find(const struct report *report, guint from, const char *words)
{
	const char *found = from < report->n ? strstr(report->text + report->seen[from].at, words)
					     : NULL;
	gsize at;

	if (!found)
		return -1;
	at = (gsize)(found - report->text);
	while (from + 1 < report->n && report->seen[from + 1].at <= at)
		from++;
	return (int)from;
}

/*
 * Returns the stack of the first CPU that prints its registers; if none does, the first stack. If
 * RCU's thread has not run, the stack of the CPU on which it ran last comes first
 * (kernel/rcu/tree_stall.h rcu_check_gp_kthread_starvation()). This CPU is not the one in the loop,
 * so by RULES_V2 it is skipped.
 */
static GPtrArray *first_cpu_stack(const struct report *report, enum rules rules)
{
	int last = rules == RULES_V1 ? -1 : report_find(report, report->header, "kthread last ran");
	guint cpus = 0; /* number of CPUs whose stack begins after line LAST */

	for (guint i = report->header; i < report->n; i++) {
		cpus += last >= 0 && i > (guint)last && (report->seen[i].marks & MARK_WHO);
		if ((report->seen[i].marks & MARK_FAULT) && cpus != 1)
			return stack_from(report, i, TAKE_FAULTS | TAKE_FAR);
	}
	return rules == RULES_V1 || last < 0 ? stack_counting(report)
					     : first_cpu_stack(report, RULES_V1);
}

/*
 * Returns the part of the stack below the interrupt that detected the stall; if the report has no
 * such part, the stack of the first CPU.
 */
GPtrArray *stack_interrupted(const struct report *report, enum rules rules)
{
	static const char *const entries[] = {"apic_timer_interrupt+", "el1h_64_irq+", "el1_irq+",
					      "Exception stack("};

	for (gsize e = 0; e < G_N_ELEMENTS(entries); e++) {
		int entry = report_find(report, report->header, entries[e]);

		while (entry >= 0 && strstr(report->seen[entry].text, "? "))
			entry = report_find(report, entry + 1, entries[e]);
		if (entry < 0)
			continue;
		GPtrArray *names = stack_from(report, entry + 1, TAKE_FAULTS);

		if (names->len)
			return names;
		g_ptr_array_unref(names);
	}
	return first_cpu_stack(report, rules);
}
