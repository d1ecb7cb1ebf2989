// SPDX-License-Identifier: GPL-2.0-only
/* Builds a struct splat from the lines of a report. */
#include <string.h>

#include "splat/internal.h"
#include "util/text.h"

void splat_free(struct splat *splat)
{
	if (!splat)
		return;
	json_decref(splat->known);
	g_free(splat->title);
	g_free(splat->function);
	g_free(splat->bug);
	g_free(splat->former);
	g_free(splat->path);
	g_free(splat->exact);
	g_free(splat->text);
	g_free(splat->comm);
	g_free(splat->task);
	splat_lock_clear(&splat->acquiring);
	splat_lock_clear(&splat->holding);
	g_strfreev(splat->cycle);
	g_strfreev(splat->taken_in);
	g_clear_pointer(&splat->frames, g_ptr_array_unref);
	g_free(splat->names);
	g_clear_pointer(&splat->held, g_ptr_array_unref);
	g_clear_pointer(&splat->detail, json_decref);
	g_free(splat);
}

void splat_corrupt(struct splat *splat, const char *why)
{
	if (splat->corrupted)
		return;
	splat->corrupted = TRUE;
	splat->corrupted_why = why;
}

/*
 * Reads cpu, pid and comm from "CPU: 0 [UID: 0 ]PID: 12 Comm: name [Kdump: loaded ](Not t|T)ainted
 * …" (brackets: optional).
 */
static gboolean parse_who(struct splat *splat, const char *text)
{
	const char *cpu = strstr(text, "CPU: ");
	const char *pid = strstr(text, "PID: ");
	const char *comm = strstr(text, "Comm: ");
	const char *end;

	if (!pid &&
	    /* kernels up to 3.9 print "Pid: 5, comm: name Not tainted" */
	    strncmp(text, "Pid: ", 5) == 0)
		pid = text;
	if (!comm)
		comm = strstr(text, "comm: ");
	if (!pid || !comm)
		return FALSE;
	comm += 6;
	end = strstr(comm, " Kdump:");
	if (!end)
		end = strstr(comm, " Not tainted");
	if (!end)
		end = strstr(comm, " Tainted:");
	if (!end)
		end = comm + strcspn(comm, " ");
	splat->cpu = cpu ? text_int(cpu + 5) : -1;
	splat->pid = text_int(pid + 5);
	g_free(splat->comm);
	splat->comm = g_strndup(comm, end - comm);
	return TRUE;
}

static void find_who(struct splat *splat, const struct report *report)
{
	gboolean hung = report->format->rule == FRAME_HUNG;

	splat->cpu = splat->pid = -1;
	if (hung && report->groups.at[1] && report->groups.at[2]) {
		splat->comm = g_strdup(report->groups.at[1]);
		splat->pid = text_int(report->groups.at[2]);
		return;
	}
	for (guint i = 0; i < report->n; i++)
		if ((report->seen[i].marks & MARK_WHO) && parse_who(splat, report->seen[i].text))
			return;
	/* kernels from 6.19 on print "WARNING: file:line at func+0x…, CPU#1: comm/12" */
	const char *cpu = strstr(report->seen[report->header].text, ", CPU#");
	const char *comm = cpu ? strstr(cpu, ": ") : NULL;
	const char *slash = comm ? strrchr(comm, '/') : NULL;

	if (!slash)
		return;
	splat->cpu = text_int(cpu + 6);
	splat->comm = g_strndup(comm + 2, slash - comm - 2);
	splat->pid = text_int(slash + 1);
}

/*
 * Detects lost lines: marks the report as corrupted if a line like "Call Trace:" is not followed by
 * frames, or if it has no frame at all although its format requires a stack.
 */
static void check_traces(struct splat *splat, const struct report *report)
{
	gboolean any = FALSE;

	for (guint i = report->header; i < report->n; i++) {
		gboolean seen = FALSE;

		any |= (report->seen[i].marks & MARK_FRAME) != 0;
		if (!(report->seen[i].marks & MARK_TRACE))
			continue;
		for (guint j = i + 1; j < report->n && j <= i + 15 && !seen; j++)
			seen = (report->seen[j].marks & MARK_FRAME) ||
			       strstr(report->seen[j].text, "not available");
		/* "stack backtrace:" may be followed by "Call Trace:" instead of a frame */
		if (!seen && !strstr(report->seen[i].text, "stack backtrace"))
			splat_corrupt(splat, "a stack trace without frames");
	}
	if (!any && !(report->format->flags & FORMAT_NO_STACK))
		splat_corrupt(splat, "no stack trace");
}

/*
 * Returns a JSON object with the name of the locking rule and the lock that was not held. The
 * pattern matches only plain words there, so both texts are valid UTF-8.
 */
static json_t *rule_detail(const struct report *report)
{
	return json_pack("{s:s, s:s}", "rule", report->groups.at[1], "lock", report->groups.at[3]);
}

/* Sets `text` of REPORT, and the positions of its lines there. */
static void join_lines(struct report *report)
{
	gsize len = 0;
	char *end;

	for (guint i = 0; i < report->n; i++) {
		report->seen[i].at = len;
		len += report->seen[i].len + 1;
	}
	report->text = end = g_malloc(len);
	for (guint i = 0; i < report->n; i++) {
		end = mempcpy(end, report->seen[i].text, report->seen[i].len);
		*end++ = i + 1 < report->n ? '\n' : '\0';
	}
}

/* Returns the text of REPORT as valid UTF-8, and clears it. */
static char *take_text(struct report *report)
{
	g_autofree char *text = g_steal_pointer(&report->text);
	gsize len = report->seen[report->n - 1].at + report->seen[report->n - 1].len;

	return text_is_utf8(text, len) ? g_steal_pointer(&text)
				       : g_utf8_make_valid(text, (gssize)len);
}

/* Returns TRUE if there is a stack after the first line with WORDS. */
static gboolean has_stack_after(const struct report *report, const char *words)
{
	int line = report_find(report, report->header, words);

	for (guint i = line < 0 ? report->n : (guint)line; i < report->n; i++)
		if (report->seen[i].marks & MARK_FRAME)
			return TRUE;
	return FALSE;
}

/*
 * Returns TRUE if a stack has "<TASK>", "<IRQ>" or "<NMI>", but not the matching "</TASK>",
 * "</IRQ>" or "</NMI>": it is cut off. x86 prints these since 5.16.
 */
static gboolean has_open_bracket(const struct report *report)
{
	for (guint i = 0; i < 3; i++)
		if ((report->marks & (MARK_OPEN << i)) && !(report->marks & (MARK_CLOSE << i)))
			return TRUE;
	return FALSE;
}

/*
 * Returns TRUE if the report lacks the line with which reports of its format end. Then it was cut
 * off, by the end of the log or by the author of a mail. Oopses, WARNs and other reports after "cut
 * here" end with a trace's id (kernel/panic.c print_oops_end_marker()), sanitizers' reports with a
 * banner, lockdep's reports with a stack, and the OOM killer's with its victim. xmon's output has
 * no such line.
 */
static gboolean lacks_end(const struct report *report)
{
	const struct format *format = report->format;
	const char *header = report->seen[report->header].text;
	const char *last = report->seen[report->n - 1].text;
	unsigned family = format->family;
	gboolean endless = (report->marks & MARK_ENDLESS) != 0;
	gboolean is_warn = (family & FAMILY_WARN) && (format->into & FAMILY_CUT) &&
			   strstr(header, "WARNING: ");
	gboolean by_trace = (family & (FAMILY_OOPS | FAMILY_BUG)) || is_warn ||
			    body_is_cut(report->seen[0].text) || strcmp(format->kind, "ubsan") == 0;

	if (has_open_bracket(report))
		return TRUE;
	if (by_trace && !endless)
		return !(report->marks & (MARK_END | MARK_PANIC)) &&
		       !((family & FAMILY_SANITIZER) && g_str_has_prefix(last, "====="));
	if ((family & FAMILY_SANITIZER) && g_str_has_prefix(format->token, "BUG: K"))
		return !g_str_has_prefix(last, "=====") && !(report->marks & MARK_END);
	if (strcmp(format->kind, "oom") == 0 && (family & FAMILY_MEMORY))
		return !(report->marks & MARK_VICTIM);
	if (format->flags & (FORMAT_NO_STACK | FORMAT_NAMELESS))
		return FALSE;
	if (family & FAMILY_LOCKDEP)
		return !has_stack_after(report, "ack backtrace:") &&
		       !has_stack_after(report, "Call Trace:") &&
		       !has_stack_after(report, "Call trace:");
	return !has_stack_after(report, "");
}

static gboolean fails_in_first_page(const struct report *report)
{
	return report_find(report, 0, "Failing address: 0000000000000") >= 0;
}

struct splat *report_build(struct report *report, gboolean induced)
{
	const struct format *format = report->format;
	struct splat *splat = g_new0(struct splat, 1);

	join_lines(report);
	if ((format->flags & FORMAT_ADDRESS) && fails_in_first_page(report))
		report->format = ++format;
	for (guint i = 0; i < report->n; i++)
		report->marks |= seen_examine(&report->seen[i], report->texts);
	splat->kind = format->kind;
	splat->weight = format->weight;
	splat->acquiring.outer = splat->acquiring.inner = -1;
	splat->holding.outer = splat->holding.inner = -1;
	splat->validator_off = (format->flags & FORMAT_OFF) != 0;
	splat->validator_off |= (report->marks & MARK_OFF) != 0;
	splat->induced = induced;
	if ((format->flags & FORMAT_CORRUPTED) && !induced)
		splat_corrupt(splat, "the report that this line belongs to was lost");
	find_who(splat, report);
	check_traces(splat, report);
	if (format->flags & FORMAT_LOCKDEP)
		lockdep_parse(splat, report);
	if (format->flags & FORMAT_RULE)
		splat->detail = rule_detail(report);
	splat->truncated = lacks_end(report);
	title_make(splat, report);
	signature_make(splat, report);
	splat->text = take_text(report);
	return splat;
}
