// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a report is called: the row's title, with the function by the row's rule. The rules follow
 * those of public fuzzers' reports, so that a title found here can be searched for.
 */
#include <string.h>

#include "splat/internal.h"

#define TITLE_MAX 120

/* Frames of the stack at or after line FROM, and where it ended. */
static GPtrArray *frames_from(const struct report *report, guint from, gboolean until_gap)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	guint strange = 0;

	for (guint i = from; i < report->n; i++) {
		const char *line = report->lines[i];
		struct frame frame;

		if (frame_parse(line, &frame)) {
			strange = 0;
			if (!frame.guess && !frame.inlined)
				g_ptr_array_add(names, g_strdup(frame.name));
		} else if (names->len && frame_starts_trace(line)) {
			break;
		} else if (names->len && (strstr(line, " by task ") || strstr(line, "Allocated") ||
					  strstr(line, "Freed"))) {
			break;
		} else if (until_gap && names->len && ++strange > 8) {
			break;
		}
	}
	return names;
}

/* The index after the (last) start of a call trace, or the header's. */
static guint trace_start(const struct report *report, gboolean last)
{
	guint start = report->header;

	for (guint i = report->header; i < report->n; i++) {
		if (!frame_starts_trace(report->lines[i]) ||
		    strstr(report->lines[i], "stack backtrace"))
			continue;
		start = i + 1;
		if (!last)
			break;
	}
	return start;
}

static char *first_named(const GPtrArray *names, const char *skip)
{
	for (guint i = 0; i < names->len; i++)
		if (!frame_is_common(names->pdata[i], skip))
			return g_strdup(names->pdata[i]);
	return NULL;
}

/* The stack that counts for the row, with the faulting function first. */
static GPtrArray *counting_stack(const struct report *report)
{
	enum frame_rule rule = report->format->rule;
	gboolean last = rule == FRAME_LAST_TRACE;
	GPtrArray *names = frames_from(report, trace_start(report, last), TRUE);
	struct frame frame;

	if (rule != FRAME_FAULT && rule != FRAME_STALL)
		return names;
	for (guint i = report->header; i < report->n; i++) {
		if (!frame_parse_fault(report->lines[i], &frame))
			continue;
		if (!names->len || strcmp(names->pdata[0], frame.name) != 0)
			g_ptr_array_insert(names, 0, g_strdup(frame.name));
		break;
	}
	return names;
}

/*
 * A hung task is found at any victim of what hangs. Two victims are so frequent that they are named
 * for what they wait for; else the first function that does not just wait.
 */
static char *hung_function(const GPtrArray *names)
{
	static const struct {
		const char *begins, *name;
	} buckets[] = {
		{"rtnl_lock", "rtnl_lock"},
		{"synchronize_rcu", "synchronize_rcu"},
		{"synchronize_srcu", "synchronize_rcu"},
		{"synchronize_net", "synchronize_rcu"},
		{"synchronize_sched", "synchronize_rcu"},
	};
	static const char *const waits[] = {"sched",
					    "_lock",
					    "_slowlock",
					    "down",
					    "completion",
					    "kthread",
					    "wait",
					    "synchronize",
					    "context_switch",
					    "__switch_to",
					    "cancel_delayed_work",
					    "rcu_barrier"};

	for (guint i = 0; i < names->len; i++)
		for (gsize b = 0; b < G_N_ELEMENTS(buckets); b++)
			if (g_str_has_prefix(names->pdata[i], buckets[b].begins))
				return g_strdup(buckets[b].name);
	for (guint i = 0; i < names->len; i++) {
		gboolean skip = FALSE;

		for (gsize w = 0; w < G_N_ELEMENTS(waits) && !skip; w++)
			skip = strstr(names->pdata[i], waits[w]) != NULL;
		if (!skip)
			return g_strdup(names->pdata[i]);
	}
	return NULL;
}

/*
 * A CPU that loops is caught anywhere in the loop. What names the loop is the function that
 * something generic called: a system call, a work item, a timer, a file operation.
 */
static char *stall_function(const GPtrArray *names, const char *skip)
{
	static const char *const callers[] = {
		"process_one_work",
		"do_syscall_",
		"do_fast_syscall_",
		"sysenter_dispatch",
		"tracesys_phase2",
		"netif_receive_skb",
		"do_softirq",
		"call_timer_fn",
		"_run_timers",
		"run_timer_softirq",
		"hrtimer_run",
		"run_ksoftirqd",
		"smpboot_thread_fn",
		"kthread",
		"start_secondary",
		"cpu_startup_entry",
		"ret_from_fork",
		"vfs_write",
		"vfs_read",
		"vfs_iter_read",
		"vfs_iter_write",
		"do_iter_read",
		"do_iter_write",
		"vfs_ioctl",
		"blkdev_ioctl",
		"mmap_region",
		"do_mmap",
		"do_dentry_open",
		"vfs_open",
		"__sys_setsockopt",
		"sock_common_setsockopt",
		"__sys_listen",
		"__sys_accept",
		"sk_common_release",
		"nfnetlink_rcv_msg",
		"__do_fault",
		"handle_mm_fault",
		"do_page_fault",
		"__fput",
		"task_work_run",
		"exit_to_user",
		"system_call_exception",
		"invoke_syscall",
		"el0_svc",
		"do_initcall",
		"do_one_initcall",
		"kernel_init",
		"rest_init",
	};
	const char *before = NULL;

	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];

		for (gsize c = 0; c < G_N_ELEMENTS(callers); c++)
			if (before && strstr(name, callers[c]))
				return g_strdup(before);
		if (!frame_is_common(name, skip))
			before = name;
	}
	return before ? g_strdup(before) : NULL;
}

/* After the interrupt that found the stall, if the stack shows it. */
static GPtrArray *interrupted_stack(const struct report *report)
{
	for (guint i = report->header; i < report->n; i++) {
		struct frame frame;

		if (!strstr(report->lines[i], "apic_timer_interrupt") ||
		    strstr(report->lines[i], "? "))
			continue;
		GPtrArray *names = frames_from(report, i + 1, TRUE);

		for (guint j = i + 1; j < report->n && j < i + 5; j++)
			if (frame_parse_fault(report->lines[j], &frame))
				g_ptr_array_insert(names, 0, g_strdup(frame.name));
		if (names->len)
			return names;
		g_ptr_array_unref(names);
	}
	return counting_stack(report);
}

static int find_line(const struct report *report, guint from, const char *words)
{
	for (guint i = from; i < report->n; i++)
		if (strstr(report->lines[i], words))
			return i;
	return -1;
}

static char *lock_function(const struct splat *splat, const struct report *report)
{
	const char *skip = report->format->skip;
	int link = find_line(report, report->header, "-> #");
	g_autoptr(GPtrArray) names = NULL;

	if (splat->acquiring.function && !frame_is_common(splat->acquiring.function, skip))
		return g_strdup(splat->acquiring.function);
	if (splat->holding.function && !frame_is_common(splat->holding.function, skip))
		return g_strdup(splat->holding.function);
	if (link < 0)
		return NULL;
	names = frames_from(report, link + 1, FALSE);
	return first_named(names, skip);
}

/* The lock lines have the function; a damaged report at least says "at: f" somewhere. */
static char *first_lock_function(const struct splat *splat, const struct report *report)
{
	if (splat->acquiring.function)
		return g_strdup(splat->acquiring.function);
	for (guint i = report->header; i < report->n; i++) {
		const char *at = strstr(report->lines[i], ", at: ");
		struct frame frame;

		if (!at)
			continue;
		at += 6;
		if (*at == '[' && strchr(at, ']'))
			at = strchr(at, ']') + 1;
		if (frame_parse_symbol(at + strspn(at, " "), &frame))
			return g_strdup(frame.name);
	}
	return NULL;
}

static char *after_function(const struct report *report, const char *words)
{
	int line = find_line(report, report->header, words);
	g_autoptr(GPtrArray) names = NULL;

	if (line < 0)
		return NULL;
	names = frames_from(report, line + 1, TRUE);
	return first_named(names, report->format->skip);
}

/* "… is trying to release lock (X) at:" and the instruction on the next line. */
static char *release_function(const struct report *report)
{
	int line = find_line(report, report->header, ") at:");
	struct frame frame;

	if (line < 0 || (guint)line + 1 >= report->n)
		return NULL;
	if (frame_parse(report->lines[line + 1], &frame))
		return g_strdup(frame.name);
	return NULL;
}

static char *pick_function(struct splat *splat, const struct report *report)
{
	const char *skip = report->format->skip;
	g_autoptr(GPtrArray) stack = NULL;
	const char *group = report->groups.at[GROUP_F];
	char *name = NULL;

	switch (report->format->rule) {
	case FRAME_NONE:
		return NULL;
	case FRAME_HUNG:
		return hung_function(splat->frames);
	case FRAME_STALL:
		stack = interrupted_stack(report);
		return stall_function(stack, skip);
	case FRAME_LOCK:
		return lock_function(splat, report);
	case FRAME_FIRST_LOCK:
		return first_lock_function(splat, report);
	case FRAME_BECAME:
		name = after_function(report, "... which became ");
		return name ? name : first_lock_function(splat, report);
	case FRAME_RELEASE:
		name = release_function(report);
		return name ? name : first_named(splat->frames, skip);
	case FRAME_GROUP:
		if (group && *group && !frame_is_common(group, skip))
			return g_strdup(group);
		break;
	default:
		break;
	}
	name = first_named(splat->frames, skip);
	if (!name && group && *group)
		name = g_strdup(group);
	return name;
}

/* "__x64_sys_mount" and "SyS_mount" are one function to people. */
static char *without_syscall_prefix(char *name)
{
	static const char *const prefixes[] = {
		"compat_SYSC_",     "compat_SyS_",      "SYSC_",     "SyS_",      "__x64_",
		"__ia32_",          "__arm64_",         "__riscv_",  "__s390x_",  "__s390_",
		"__se_compat_sys_", "__do_compat_sys_", "__se_sys_", "__do_sys_", "ksys_",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		gsize len = strlen(prefixes[i]);

		if (g_str_has_prefix(name, prefixes[i]) && name[len]) {
			memmove(name, name + len, strlen(name + len) + 1);
			break;
		}
	}
	return name;
}

/* What differs from boot to boot goes: addresses, numbers, lines, offsets. */
static char *clean_title(const char *title)
{
	static const struct {
		const char *pattern, *with;
	} rules[] = {
		{"([a-zA-Z_][a-zA-Z0-9_.]*)\\+0x[0-9a-f]+(?:/0x[0-9a-f]+)?", "\\1"},
		{"(^|[^a-zA-Z0-9_])(?:0x)?[0-9a-f]*[0-9][0-9a-f]{5,}(?![0-9a-zA-Z_])", "\\1ADDR"},
		{"(^|[^a-zA-Z0-9_])0x[0-9a-f]+", "\\1ADDR"},
		{"(^|[^a-zA-Z0-9_])[0-9]{5,}", "\\1NUM"},
		{"(\\.[chSr]s?)(?::[0-9]+)+", "\\1:LINE"},
		{"CPU#[0-9]+", "CPU"},
		{"\\s+", " "},
	};
	static GRegex *regexes[G_N_ELEMENTS(rules)];
	g_autofree char *text = g_utf8_make_valid(title, -1);

	for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
		char *next;

		if (!regexes[i])
			regexes[i] = g_regex_new(rules[i].pattern, G_REGEX_OPTIMIZE, 0, NULL);
		next = g_regex_replace(regexes[i], text, -1, 0, rules[i].with, 0, NULL);
		g_free(text);
		text = next;
	}
	g_strstrip(text);
	if (g_utf8_strlen(text, -1) > TITLE_MAX)
		*g_utf8_offset_to_pointer(text, TITLE_MAX) = '\0';
	return g_steal_pointer(&text);
}

/* "Read" or "Write" of a KASAN report. */
static const char *access_of(const struct report *report)
{
	if (find_line(report, report->header, "Read of size") >= 0)
		return "Read";
	if (find_line(report, report->header, "Write of size") >= 0)
		return "Write";
	return "";
}

/* A workqueue names the function that left something behind; "workfn=" since 6.10. */
static char *last_function(const struct report *report)
{
	static const char *const marks[] = {"last function: ", "workfn="};

	for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
		int line = find_line(report, report->header, marks[i]);

		if (line < 0)
			continue;
		const char *name = strstr(report->lines[line], marks[i]) + strlen(marks[i]);

		return g_strndup(name, strcspn(name, " +."));
	}
	return g_strdup("?");
}

static void expand(GString *out, const struct splat *splat, const struct report *report,
		   const char *word)
{
	if (strcmp(word, "f") == 0) {
		g_string_append(out, splat->function ? splat->function : "");
	} else if (strcmp(word, "access") == 0) {
		g_string_append(out, access_of(report));
	} else if (strcmp(word, "last") == 0) {
		g_autofree char *name = last_function(report);

		g_string_append(out, name);
	} else if (g_ascii_isdigit(*word)) {
		const char *group = report->groups.at[*word - '0'];

		g_string_append(out, group ? group : "");
	}
}

static char *fill(const struct splat *splat, const struct report *report, const char *template)
{
	GString *out = g_string_new(NULL);

	for (const char *p = template; *p;) {
		char word[16];
		gsize len;

		if (!splat->function && g_str_has_prefix(p, " in {f}")) {
			p += strlen(" in {f}");
			continue;
		}
		if (*p != '{') {
			g_string_append_c(out, *p++);
			continue;
		}
		len = strcspn(p, "}");
		g_strlcpy(word, p + 1, MIN(len, sizeof(word)));
		expand(out, splat, report, word);
		p += len + 1;
	}
	return g_string_free(out, FALSE);
}

void title_make(struct splat *splat, const struct report *report)
{
	g_autofree char *title = NULL;

	splat->frames = counting_stack(report);
	splat->function = pick_function(splat, report);
	if (splat->function)
		splat->function = without_syscall_prefix(splat->function);
	else if (strstr(report->format->title, "{f}"))
		splat_corrupt(splat, "no function found that it could be named after");
	title = fill(splat, report, report->format->title);
	splat->title = clean_title(title);
}
