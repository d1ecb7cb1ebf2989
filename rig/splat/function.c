// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which function names a report, by the row's rule. The rules follow those of public fuzzers'
 * reports, so that a title found here can be searched for.
 */
#include <string.h>

#include "splat/internal.h"

/* Stacks ------------------------------------------------------------------------ */

static gboolean ends_stack(const char *line)
{
	return frame_starts_trace(line) || strstr(line, " by task ") || strstr(line, "Allocated") ||
	       strstr(line, "Freed") || strstr(line, "Uninit was ") || strstr(line, "page last free");
}

enum take { TAKE_FRAMES = 0, TAKE_FAULTS = 1 << 0, TAKE_FAR = 1 << 1 };

/*
 * Frames of the stack at or after line FROM. TAKE_FAULTS: with the instruction that faulted, where it
 * stands among them; TAKE_FAR: also behind many lines that are none.
 */
static GPtrArray *frames_from(const struct report *report, guint from, enum take take)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	guint strange = 0, frames = 0;

	for (guint i = from; i < report->n; i++) {
		const char *line = report->lines[i];
		struct frame frame;

		if ((take & TAKE_FAULTS) && frame_parse_fault(line, &frame)) {
			g_ptr_array_add(names, g_strdup(frame.name));
		} else if (frame_parse(line, &frame)) {
			strange = 0;
			frames++;
			if (frame.guess || frame.inlined)
				continue;
			/* arm64's trace begins with the function that "pc" names */
			if (frames > 1 || !names->len || strcmp(names->pdata[0], frame.name) != 0)
				g_ptr_array_add(names, g_strdup(frame.name));
		} else if ((frames && (ends_stack(line) || (!(take & TAKE_FAR) && ++strange > 8))) ||
			   strstr(line, "---[ end trace")) {
			break;
		}
	}
	return names;
}

/* The index after the (last) start of a call trace; the header's without one. */
static guint trace_start(const struct report *report, gboolean last)
{
	guint start = report->header;

	for (guint i = report->header; i < report->n; i++) {
		if (!frame_starts_trace(report->lines[i]) || strstr(report->lines[i], "stack backtrace"))
			continue;
		start = i + 1;
		if (!last)
			break;
	}
	return start;
}

GPtrArray *counting_stack(const struct report *report)
{
	switch (report->format->rule) {
	/* sanitizers: the stack of the access comes first, with or without "Call Trace" */
	case FRAME_GROUP:
		return frames_from(report, report->header + 1, TAKE_FRAMES);
	/* the fault is told before the trace, or inside, where a panic came of a warning */
	case FRAME_FAULT:
	case FRAME_STALL:
	case FRAME_INTERRUPTED:
		return frames_from(report, report->header + 1, TAKE_FAULTS);
	case FRAME_LAST_TRACE:
		return frames_from(report, trace_start(report, TRUE), TAKE_FRAMES);
	default:
		return frames_from(report, trace_start(report, FALSE), TAKE_FRAMES);
	}
}

static int find_line(const struct report *report, guint from, const char *words)
{
	for (guint i = from; i < report->n; i++)
		if (strstr(report->lines[i], words))
			return i;
	return -1;
}

/* The stack of the first CPU that shows its registers, or the first of all. */
static GPtrArray *first_cpu_stack(const struct report *report)
{
	struct frame frame;

	for (guint i = report->header; i < report->n; i++) {
		if (!frame_parse_fault(report->lines[i], &frame))
			continue;
		return frames_from(report, i, TAKE_FAULTS | TAKE_FAR);
	}
	return counting_stack(report);
}

/* After the interrupt that found the stall, if the stack shows it. */
static GPtrArray *interrupted_stack(const struct report *report)
{
	static const char *const entries[] = {"apic_timer_interrupt+", "el1h_64_irq+", "el1_irq+",
					      "Exception stack("};

	for (gsize e = 0; e < G_N_ELEMENTS(entries); e++) {
		int entry = find_line(report, report->header, entries[e]);

		while (entry >= 0 && strstr(report->lines[entry], "? "))
			entry = find_line(report, entry + 1, entries[e]);
		if (entry < 0)
			continue;
		GPtrArray *names = frames_from(report, entry + 1, TAKE_FAULTS);

		if (names->len)
			return names;
		g_ptr_array_unref(names);
	}
	return first_cpu_stack(report);
}

/* Names ------------------------------------------------------------------------- */

const char *plain_name(const char *name)
{
	static const char *const prefixes[] = {
		"SYSC_",    "SyS_",	    "sys_",	   "__sys_",	       "___sys_",
		"____sys_", "ksys_",	    "__se_",	   "__se_sys_",	       "__do_sys_",
		"__x64_",   "__ia32_",	    "__arm64_",	   "__riscv_",	       "__s390_",
		"__s390x_", "compat_SYSC_", "compat_SyS_", "__se_compat_sys_", "__do_compat_sys_",
	};
	gsize most = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		gsize len = strlen(prefixes[i]);

		if (len > most && g_str_has_prefix(name, prefixes[i]) && name[len])
			most = len;
	}
	return name + most;
}

static char *name_or_null(const char *name)
{
	return name && *name ? g_strdup(plain_name(name)) : NULL;
}

static char *first_named(const GPtrArray *names, const char *skip)
{
	for (guint i = 0; i < names->len; i++)
		if (!frame_is_common(names->pdata[i], skip))
			return name_or_null(names->pdata[i]);
	return NULL;
}

/*
 * A hung task is found at any victim of what hangs. Two victims are so frequent that they are named
 * for what they wait for; else the first function that does not just wait.
 */
static char *hung_function(const GPtrArray *names)
{
	static const struct {
		const char *piece, *name;
	} buckets[] = {
		{"rtnl_lock", NULL},
		{"synchronize_rcu", "synchronize_rcu"},
		{"synchronize_srcu", "synchronize_rcu"},
		{"synchronize_net", "synchronize_rcu"},
		{"synchronize_sched", "synchronize_rcu"},
	};
	static const char waits[] = "sched|_lock|_slowlock|down|rwsem|completion|kthread|wait|"
				    "synchronize|context_switch|__switch_to|cancel_delayed_work|"
				    "rcu_barrier";

	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];

		for (gsize b = 0; b < G_N_ELEMENTS(buckets); b++)
			if (strstr(name, buckets[b].piece))
				return g_strdup(buckets[b].name ? buckets[b].name : name);
	}
	return first_named(names, waits);
}

/*
 * A CPU that loops is caught anywhere in the loop. What names the loop is the function that
 * something generic called: a system call, a work item, a timer, a file operation.
 */
static const char callers[] =
	/* system calls, threads, work, timers, of all architectures */
	"do_syscall_|do_fast_syscall_|sysenter_dispatch|tracesys_phase2|el0_svc|invoke_syscall|"
	"ret_fast_syscall|system_call_exception|do_trap_ecall|__do_syscall|"
	"^kthread$|ret_from_fork|smpboot_thread_fn|start_secondary|cpu_startup_entry|"
	"process_one_work|process_scheduled_works|do_softirq|handle_softirqs|run_ksoftirqd|"
	"tasklet_action|tasklet_hi_action|call_timer_fn|_run_timers|run_timer_softirq|hrtimer_run|"
	"netif_receive_skb|smp_call_function|do_one_initcall|kernel_init|rest_init|"
	/* files */
	"vfs_read|vfs_write|vfs_iter_read|vfs_iter_write|do_iter_read|do_iter_write|call_read_iter|"
	"call_write_iter|new_sync_read|new_sync_write|vfs_ioctl|ksys_ioctl|compat_ioctl|"
	"compat_sys_ioctl|blkdev_ioctl|blkdev_driver_ioctl|do_dentry_open|vfs_open|__fput|"
	"task_work_run|exit_to_usermode|exit_to_user_mode|^call_mmap|mmap_region|do_mmap|"
	"__do_fault|do_page_fault|^page_fault$|"
	/* sockets */
	"^sock_sendmsg|^sock_recvmsg|^sock_release|^__sock_release|^sock_mmap|^sock_ioctl|"
	"^sock_do_ioctl|^compat_sock_ioctl|sk_common_release|sock_common_setsockopt|"
	"kernel_setsockopt|kernel_listen|kernel_accept|^setsockopt$|^listen$|^accept$|"
	"^socketpair|^connect|^ioctl|^sys_socketpair|^sys_connect|^sys_ioctl|^nfnetlink_rcv_msg|"
	"^rtnetlink_rcv_msg|^netlink_dump";

static char *stall_function(const GPtrArray *names, const char *skip)
{
	const char *before = NULL;

	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];

		if (frame_is_common(name, skip))
			continue;
		if (strstr(name, "smp_call_function"))
			return g_strdup("smp_call_function");
		name = plain_name(name);
		if (before && name_has(name, callers))
			break;
		before = name;
	}
	return g_strdup(before);
}

static char *lock_function(const struct splat *splat, const struct report *report)
{
	const char *skip = report->format->skip;
	int link = find_line(report, report->header, "-> #");
	g_autoptr(GPtrArray) names = NULL;

	if (splat->acquiring.function && !frame_is_common(splat->acquiring.function, skip))
		return name_or_null(splat->acquiring.function);
	if (splat->holding.function && !frame_is_common(splat->holding.function, skip))
		return name_or_null(splat->holding.function);
	if (link < 0)
		return NULL;
	names = frames_from(report, link + 1, TAKE_FAR);
	return first_named(names, skip);
}

/* The lock lines have the function; a damaged report at least says "at: f" somewhere. */
static char *first_lock_function(const struct splat *splat, const struct report *report)
{
	if (splat->acquiring.function)
		return g_strdup(splat->acquiring.function);
	for (guint i = report->header; i < report->n; i++) {
		struct frame frame;

		if (frame_parse_lock(report->lines[i], &frame))
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
	names = frames_from(report, line + 1, TAKE_FRAMES);
	return first_named(names, report->format->skip);
}

/* "… is trying to release lock (X) at:" and the instruction below. */
static char *release_function(const struct report *report)
{
	int line = find_line(report, report->header, ") at:");
	struct frame frame;

	do {
		line++;
		if (line <= 0 || (guint)line >= report->n || !frame_parse(report->lines[line], &frame))
			return NULL;
	} while (frame.inlined);
	return frame_is_common(frame.name, report->format->skip) ? NULL : name_or_null(frame.name);
}

/* "in-flight: 9:f for 58s, 12:g", "in-flight: 9(RESCUER):f": the first of the work items. */
static char *first_item(const char *line)
{
	const char *items = strstr(line, "in-flight: ");
	const char *name = items ? strchr(items + strlen("in-flight: "), ':') : NULL;
	gsize len = name ? strcspn(name + 1, " ,") : 0;

	return len ? g_strndup(name + 1, len) : NULL;
}

/*
 * What a stuck pool is at: "Workqueue: events f" of the first of its workers whose stack is shown, else the
 * first item in flight below a "pwq 2: cpus=0 …" with the pool's own words. Other pools are listed too.
 */
static char *work_function(const struct report *report)
{
	int shown = find_line(report, report->header, "Workqueue: ");
	const char *worker = shown < 0 ? NULL : strrchr(report->lines[shown], ' ');
	const char *pool = strstr(report->lines[report->header], "cpus=");
	const char *end = pool ? strstr(pool, " stuck for") : NULL;
	g_autofree char *words = end ? g_strndup(pool, end - pool) : g_strdup("pwq ");
	gboolean stuck = FALSE;

	if (worker && worker[1])
		return g_strdup(worker + 1);
	for (guint i = report->header + 1; i < report->n; i++) {
		const char *line = report->lines[i];
		char *name = stuck ? first_item(line) : NULL;

		if (name)
			return name;
		if (strstr(line, "pwq ") || strstr(line, "workqueue "))
			stuck = strstr(line, words) != NULL;
	}
	return NULL;
}

char *naming_function(const struct splat *splat, const struct report *report)
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
		return stall_function(splat->frames, skip);
	case FRAME_INTERRUPTED:
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
	case FRAME_PAGE:
		return after_function(report, "page last allocated");
	case FRAME_WORK:
		return work_function(report);
	case FRAME_GROUP:
		if (group && *group && !frame_is_common(group, skip))
			return name_or_null(group);
		break;
	default:
		break;
	}
	name = first_named(splat->frames, skip);
	return name ? name : name_or_null(group);
}
