// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chooses the function after which a report is named, by the rule of its format (enum frame_rule).
 * The rules follow those of public fuzzers, so that a title can be searched for in their reports.
 */
#include <string.h>

#include "splat/function.h"
#include "splat/word-set.h"

#define RECURSES 3 /* a function that is on a stack at least this many times recurses */

const char *plain_name(const char *name)
{
	static const char *const prefixes[] = {
		"SYSC_",    "SyS_",	    "sys_",	   "__sys_",	       "___sys_",
		"____sys_", "ksys_",	    "__se_",	   "__se_sys_",	       "__do_sys_",
		"__x64_",   "__ia32_",	    "__arm64_",	   "__riscv_",	       "__s390_",
		"__s390x_", "compat_SYSC_", "compat_SyS_", "__se_compat_sys_", "__do_compat_sys_",
	};
	gsize most = 0;

	name += *name == '.' && name[1]; /* skip the dot of a ppc64 entry point */
	if (!strchr("Ssck_", *name)) /* the first characters of all prefixes */
		return name;
	for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		gsize len = text_begins(name, prefixes[i]) ? strlen(prefixes[i]) : 0;

		if (len > most && name[len])
			most = len;
	}
	return name + most;
}

char *name_or_null(const char *name)
{
	char *path = name ? rust_name(name) : NULL;

	return path || !name || !*name ? path : g_strdup(plain_name(name));
}

char *first_named(const GPtrArray *names, const char *skip, enum rules rules)
{
	for (guint i = 0; i < names->len; i++)
		if (!generic_by_rules(names->pdata[i], skip, rules))
			return name_or_null(names->pdata[i]);
	return NULL;
}

/*
 * Functions that call the function of a system call, work item, timer or file operation. A CPU in a
 * loop is interrupted at a random place inside the loop, so the innermost function of its stack
 * differs each time. The report is named after the function that one of these callers called.
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

/*
 * Returns TRUE if NAME is an outermost function of a stack: the entry of a system call, a thread,
 * an interrupt, or the idle loop.
 */
static gboolean is_entry(const char *name)
{
	return name_has(name,
			"do_syscall_|entry_SYSCALL|el0_|^kthread$|ret_from_fork|^worker_thread$|"
			"process_one_work|process_scheduled_works|start_secondary|start_kernel|"
			"cpu_startup_entry|system_call_exception|invoke_syscall|^ksys_|^__x64_sys_|"
			"^__arm64_sys_|^sys_|^SyS_|smpboot_thread_fn|^common_interrupt_return$|"
			"^swapgs_restore_regs|^native_irq_return|^irqentry_|^asm_sysvec_|^asm_exc_|"
			"^asm_common_interrupt$|^error_entry$|^error_return$");
}

/*
 * Returns the function after which a report of a hung task is named. The report shows a task that
 * waits, not the cause. If the task waits for the RTNL or for an RCU grace period, which is
 * frequent, this wait names the report. Otherwise it is the first function that is not part of
 * waiting.
 */
static char *hung_function(const GPtrArray *names, enum rules rules)
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
	/*
	 * first without dispatchers (name_is_dispatcher()), which call functions of any subsystem
	 */
	for (guint i = 0; rules == RULES_V2 && i < names->len; i++)
		if (!generic_by_rules(names->pdata[i], waits, rules) &&
		    !name_is_dispatcher(names->pdata[i]) && !is_entry(names->pdata[i]))
			return name_or_null(names->pdata[i]);
	return first_named(names, waits, rules);
}

static char *stall_function_v1(const GPtrArray *names, const char *skip)
{
	const char *before = NULL;

	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];

		if (generic_by_rules(name, skip, RULES_V1))
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

/*
 * Returns the function that names a stall, from the stack NAMES, innermost first: the function that
 * one of callers[] or a dispatcher (dispatchers.c: calls others by pointer, such as vfs_write())
 * called. Dispatchers and entries that are further in are skipped. If the stack has no other
 * functions, the innermost of those skipped is returned.
 */
static char *stall_function(const GPtrArray *names, const char *skip)
{
	const char *before = NULL, *passed = NULL;

	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		gboolean dispatches = name_is_dispatcher(name);

		if (generic_by_rules(name, skip, RULES_V2) && !dispatches)
			continue;
		name = plain_name(name);
		if (before && (dispatches || name_has(name, callers)))
			break;
		if (!dispatches && !is_entry(names->pdata[i]))
			before = name;
		else if (!passed)
			passed = name;
	}
	return g_strdup(before ? before : passed);
}

/*
 * Returns the function after which a stack overflow is named. A recursion can overflow the stack in
 * any function that it calls, or in an interrupt. So if a function recurses, but the innermost one
 * does not, the report is named like a stall, by the function that began the recursion.
 */
static char *overflow_function(const GPtrArray *names, enum rules rules)
{
	g_autoptr(GHashTable) times = g_hash_table_new(g_str_hash, g_str_equal);
	g_autofree char *last = first_named(names, NULL, rules);
	guint most = 0;

	for (guint i = 0; rules != RULES_V1 && i < names->len; i++) {
		const char *name = plain_name(names->pdata[i]);
		guint seen = GPOINTER_TO_UINT(g_hash_table_lookup(times, name)) + 1;

		g_hash_table_insert(times, (gpointer)name, GUINT_TO_POINTER(seen));
		most = MAX(most, seen);
	}
	if (most < RECURSES || !last ||
	    GPOINTER_TO_UINT(g_hash_table_lookup(times, last)) >= RECURSES)
		return g_steal_pointer(&last);
	return stall_function_v1(names, NULL);
}

static char *after_function(const struct report *report, const char *words, enum rules rules)
{
	int line = report_find(report, report->header, words);
	g_autoptr(GPtrArray) names = NULL;

	if (line < 0)
		return NULL;
	names = stack_from(report, line + 1, TAKE_FRAMES);
	return first_named(names, report->format->skip, rules);
}

/*
 * Returns the function that allocated or freed a bad page: the innermost function that is not part
 * of the page allocator or generic.
 */
char *page_function(const GPtrArray *names)
{
	static const char skip[] =
		"free_page|free_frozen|free_pcp|free_one_page|free_unref|put_page|"
		"release_page|folio_put|folios_put|prep_new_page|rmqueue|"
		"check_new_page|post_alloc|^vfree|^vunmap|^__vunmap|page_frag|"
		"swap_cache|lru_add|__tlb_|tlb_flush|tlb_batch|tlb_finish";

	for (guint i = 0; i < names->len; i++)
		if (!generic_by_rules(names->pdata[i], skip, RULES_V2) &&
		    !is_entry(names->pdata[i]))
			return name_or_null(names->pdata[i]);
	return NULL;
}

static char *stalled(const GPtrArray *names, const char *skip, enum rules rules)
{
	return rules == RULES_V1 ? stall_function_v1(names, skip) : stall_function(names, skip);
}

/*
 * Returns the function after which a stall of RCU is named. If the CPU that prints its stack has
 * only an entry function there, it was just entering or leaving the kernel. Then the report's first
 * stack is used, that of a task that blocks the grace period, unless it has no better function.
 */
static char *interrupted_function(const struct splat *splat, const struct report *report,
				  enum rules rules)
{
	const char *skip = report->format->skip;
	g_autoptr(GPtrArray) stack = stack_interrupted(report, rules);
	g_autofree char *name = stalled(stack, skip, rules);
	g_autofree char *first = NULL;

	if (rules == RULES_V1 || !name || !is_entry(name))
		return g_steal_pointer(&name);
	first = stalled(splat->frames, skip, rules);
	if (!first || is_entry(first) || name_is_dispatcher(first))
		return g_steal_pointer(&name);
	return g_steal_pointer(&first);
}

/*
 * Returns the function after which a report of a hung task is named. A kernel without frame
 * pointers and ORC marks all frames by "?"; then the report is named after one of these.
 */
static char *waiting_function(const struct splat *splat, const struct report *report,
			      enum rules rules)
{
	g_autoptr(GPtrArray) guesses = NULL;

	if (rules == RULES_V1 || splat->frames->len)
		return hung_function(splat->frames, rules);
	guesses = stack_from(report, report->header + 1, TAKE_GUESSES);
	return hung_function(guesses, rules);
}

/* Returns the function by the rule of the report's format, or NULL if the rule finds none. */
static char *function_by_rule(const struct splat *splat, const struct report *report,
			      enum rules rules)
{
	const char *skip = report->format->skip;
	const char *group = report->groups.at[GROUP_F];
	char *name;

	switch (report->format->rule) {
	case FRAME_HUNG:
		return waiting_function(splat, report, rules);
	case FRAME_STALL:
		return stalled(splat->frames, skip, rules);
	case FRAME_OVERFLOW:
		return overflow_function(splat->frames, rules);
	case FRAME_INTERRUPTED:
		return interrupted_function(splat, report, rules);
	case FRAME_LOCK:
		return lock_function(splat, report, rules);
	case FRAME_FIRST_LOCK:
		return first_lock_function(splat, report);
	case FRAME_BECAME:
		name = after_function(report, "... which became ", rules);
		return name ? name : first_lock_function(splat, report);
	case FRAME_RELEASE:
		return release_function(report, rules);
	case FRAME_PAGE:
		return after_function(report, "page last allocated", rules);
	case FRAME_WORK:
		return work_function(report);
	case FRAME_GROUP:
		return group && *group && !generic_by_rules(group, skip, rules)
			       ? name_or_null(group)
			       : NULL;
	default:
		return NULL;
	}
}

/*
 * Returns the function in the header of a WARN, if the report has no line with the instruction
 * pointer ("RIP: …") and its stack does not have this function. This is so in many mails, which
 * leave out the lines between the header and the stack. Otherwise returns NULL, and the first
 * suitable function of the stack names the report.
 */
static char *function_of_quote(const struct splat *splat, const struct report *report)
{
	const char *group = report->groups.at[GROUP_F];

	if (report->format->rule != FRAME_FAULT || !(report->format->family & FAMILY_WARN) ||
	    (report->marks & MARK_FAULT) || !group || !*group ||
	    generic_by_rules(group, report->format->skip, RULES_V2))
		return NULL;
	for (guint i = 0; i < splat->frames->len; i++)
		if (strcmp(splat->frames->pdata[i], group) == 0)
			return NULL;
	return name_or_null(group);
}

/*
 * Returns the function of the line "RIP: f+0x…" or "RIP  [<…>] f+0x…" below the stack, if no line
 * above the stack names the instruction; otherwise NULL. Until Linux 4.16 x86 printed the
 * instruction pointer again at the end of an oops, and quotes often keep only this line. The line
 * "RIP: 0010:…", with a code segment, is not used: inside a stack, it is a register of an
 * interrupted context.
 */
static char *function_below_stack(const struct report *report, enum rules rules)
{
	gboolean frames = FALSE;

	if (report->format->rule != FRAME_FAULT || (report->format->family & FAMILY_WARN))
		return NULL;
	for (guint i = report->header + 1; i < report->n; i++) {
		const struct seen *seen = &report->seen[i];
		const char *rip;

		frames |= (seen->marks & MARK_FRAME) != 0;
		if (!(seen->marks & MARK_FAULT))
			continue;
		rip = frames ? strstr(seen->text, "RIP") : NULL;
		if (!rip)
			return NULL;
		rip += strlen("RIP") + strspn(rip + strlen("RIP"), ": ");
		if (g_ascii_isdigit(*rip) ||
		    generic_by_rules(seen->name, report->format->skip, rules))
			return NULL;
		return name_or_null(seen->name);
	}
	return NULL;
}

/*
 * Returns the function that faulted, even if it is generic, if the report has no other function
 * because it was cut off; otherwise NULL.
 */
static char *only_fault(const struct splat *splat, const struct report *report)
{
	const GPtrArray *names = splat->frames;

	if (report->format->rule != FRAME_FAULT || !(report->format->family & FAMILY_OOPS) ||
	    !(report->marks & MARK_FAULT) || !names->len)
		return NULL;
	for (guint i = 1; i < names->len; i++)
		if (strcmp(names->pdata[i], names->pdata[0]) != 0)
			return NULL;
	return name_or_null(names->pdata[0]);
}

/*
 * Returns the first suitable function of the stack, or NULL if there is none. Returns NULL, too, if
 * it is the entry of the kernel, which says less than the function in the header: the lines between
 * them were lost.
 */
static char *first_in_stack(const struct splat *splat, const struct report *report,
			    enum rules rules)
{
	const char *group = report->groups.at[GROUP_F];
	g_autofree char *name = first_named(splat->frames, report->format->skip, rules);

	if (rules == RULES_V2 && report->format->rule == FRAME_GROUP && name && is_entry(name) &&
	    group && *group)
		return NULL;
	return g_steal_pointer(&name);
}

char *naming_function(const struct splat *splat, const struct report *report, enum rules rules)
{
	/*
	 * If one of these rules finds no function, the report has none: the first function of the
	 * stack would name it no better.
	 */
	const unsigned final = 1U << FRAME_HUNG | 1U << FRAME_STALL | 1U << FRAME_INTERRUPTED |
			       1U << FRAME_LOCK | 1U << FRAME_FIRST_LOCK | 1U << FRAME_BECAME |
			       1U << FRAME_WORK;
	const unsigned stalls = 1U << FRAME_HUNG | 1U << FRAME_STALL | 1U << FRAME_INTERRUPTED;
	enum frame_rule rule = report->format->rule;
	char *name;

	if (rule == FRAME_NONE)
		return NULL;
	name = function_by_rule(splat, report, rules);
	if (!name && rules == RULES_V2 && (stalls & 1U << rule))
		name = stalled_item(report);
	if (name || (final & 1U << rule))
		return name;
	if (rule == FRAME_PAGE)
		return rules == RULES_V1 ? NULL : page_function(splat->frames);
	if (rules == RULES_V2 && lacks_last_stack(report))
		name = taking_function(splat, report, rules);
	if (!name && rules == RULES_V2)
		name = cut_function(report);
	if (!name && rules == RULES_V2)
		name = function_of_quote(splat, report);
	if (!name && rules == RULES_V2)
		name = function_below_stack(report, rules);
	if (!name)
		name = first_in_stack(splat, report, rules);
	if (!name && rules == RULES_V2)
		name = only_fault(splat, report);
	return name || rule == FRAME_RELEASE ? name : name_or_null(report->groups.at[GROUP_F]);
}
