// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the description of a kernel for the plugin's lock recorder: the functions that acquire and
 * release locks, and the address ranges of the kernel's image (_text to _end) and of its code
 * (_text to _etext). Functions that the kernel does not have are left out: for example, a kernel
 * with lockdep has mutex_lock_nested() instead of mutex_lock(). Spinlocks can be recorded only if
 * the kernel has all functions that release them, and does not inline them.
 */
#include "director/internal.h"

#include <stdlib.h>

#include "plugin/protocol.h"
#include "symbol/variables.h"
#include "util/error.h"

#define STACK_SHIFT 14 /* log2 of THREAD_SIZE on x86-64, arm64 and riscv */

/*
 * The functions. `words` are the operation, the mode and the flag of a `lock` line in
 * plugin/protocol.h; `lock` is the variable that is the lock, or NULL if the lock is an argument.
 * If the kernel has the function `instead`, a row is not used.
 */
struct hook {
	const char *function, *words, *lock, *instead;
};

static const struct hook hooks[] = {
	/* kernel/locking/mutex.c */
	{"mutex_lock", "want w -", NULL},
	{"mutex_lock_nested", "want w n", NULL},
	{"_mutex_lock_nest_lock", "want w -", NULL},
	{"mutex_lock_io_nested", "want w n", NULL},
	{"mutex_lock_interruptible", "may w -", NULL},
	{"mutex_lock_interruptible_nested", "may w n", NULL},
	{"mutex_lock_killable", "may w -", NULL},
	{"mutex_lock_killable_nested", "may w n", NULL},
	{"_mutex_lock_killable", "may w n", NULL},
	{"mutex_trylock", "try w -", NULL},
	{"_mutex_trylock_nest_lock", "try w -", NULL},
	{"mutex_unlock", "drop w -", NULL},
	{"ww_mutex_lock", "may w -", NULL},
	{"ww_mutex_lock_interruptible", "may w -", NULL},
	{"ww_mutex_trylock", "try w -", NULL},
	{"__mutex_init", "named w -", NULL},
	{"mutex_init_lockdep", "named w -", NULL},
	{"mutex_init_generic", "placed w -", NULL},
	/* kernel/locking/rwsem.c */
	{"down_read", "want r -", NULL},
	{"down_read_nested", "want r n", NULL},
	{"down_read_non_owner", "want r -", NULL},
	{"down_read_interruptible", "may r -", NULL},
	{"down_read_killable", "may r -", NULL},
	{"down_read_killable_nested", "may r n", NULL},
	{"down_read_trylock", "try r -", NULL},
	{"up_read", "drop r -", NULL},
	{"up_read_non_owner", "drop r -", NULL},
	{"down_write", "want w -", NULL},
	{"down_write_nested", "want w n", NULL},
	{"_down_write_nest_lock", "want w -", NULL},
	{"down_write_killable", "may w -", NULL},
	{"down_write_killable_nested", "may w n", NULL},
	{"down_write_trylock", "try w -", NULL},
	{"downgrade_write", "weaken r -", NULL},
	{"up_write", "drop w -", NULL},
	{"__init_rwsem", "named w -", NULL},
	/*
	 * kernel/locking/percpu-rwsem.c: percpu_down_read() is inline, so only the readers of the
	 * two hotplug locks are seen, by the functions in the last five rows
	 */
	{"percpu_down_write", "want w -", NULL},
	{"percpu_up_write", "drop w -", NULL},
	{"__percpu_init_rwsem", "named w -", NULL},
	{"cpus_read_lock", "want r -", "cpu_hotplug_lock"},
	{"cpus_read_trylock", "try r -", "cpu_hotplug_lock"},
	{"cpus_read_unlock", "drop r -", "cpu_hotplug_lock"},
	{"get_online_mems", "want r -", "mem_hotplug_lock"},
	{"put_online_mems", "drop r -", "mem_hotplug_lock"},
	/* fs/kernfs/dir.c: active references; the removal of a node waits until all are released */
	{"kernfs_get_active", "try r k", NULL},
	{"kernfs_put_active", "drop r k", NULL},
	{"kernfs_unbreak_active_protection", "want r k", NULL},
	{"kernfs_drain", "await w k", NULL},
	/* 5.10 inlines kernfs_drain(); this function is called at its end, after the wait */
	{"kernfs_drain_open_files", "await w k", NULL, "kernfs_drain"},
	{"kernfs_add_one", "forget r k", NULL},
	/*
	 * kernel/workqueue.c: a worker counts as holding the work item that it executes, because
	 * flush_work() and cancel_work_sync() wait until the worker has finished it
	 */
	{"process_one_work", "run w o", NULL},
	{"__flush_work", "pass r o", NULL},
	/* kernel/sched/completion.c: no task holds it, because any task may complete it */
	{"wait_for_completion", "pass r c", NULL},
	{"wait_for_completion_io", "pass r c", NULL},
	{"wait_for_completion_interruptible", "pass r c", NULL},
	{"wait_for_completion_killable", "pass r c", NULL},
	{"wait_for_completion_state", "pass r c", NULL},
	/* functions that a task executes when it enters the kernel from user mode */
	{"do_syscall_64", "leave r -", NULL},
	{"system_call_exception", "leave r -", NULL},
	{"do_el0_svc", "leave r -", NULL},
	{"do_trap_ecall_u", "leave r -", NULL},
};

/*
 * The functions that acquire, release and initialise spinlocks, and those with which interrupts
 * begin or end (`begin`, `end`, `ended`, `while`: enum locks_op). This table is used only if
 * spinlocks are recorded.
 */
static const struct hook spin_hooks[] = {
	/* kernel/locking/spinlock.c */
	{"_raw_spin_lock", "want w s", NULL},
	{"_raw_spin_lock_irq", "want w s", NULL},
	{"_raw_spin_lock_irqsave", "want w s", NULL},
	{"_raw_spin_lock_bh", "want w s", NULL},
	{"_raw_spin_lock_nested", "want w sn", NULL},
	{"_raw_spin_lock_irqsave_nested", "want w sn", NULL},
	{"_raw_spin_lock_nest_lock", "want w s", NULL},
	{"_raw_spin_trylock", "try w s", NULL},
	{"_raw_spin_trylock_bh", "try w s", NULL},
	{"_raw_spin_unlock", "drop w s", NULL},
	{"_raw_spin_unlock_irq", "drop w s", NULL},
	{"_raw_spin_unlock_irqrestore", "drop w s", NULL},
	{"_raw_spin_unlock_bh", "drop w s", NULL},
	{"_raw_read_lock", "want r s", NULL},
	{"_raw_read_lock_irq", "want r s", NULL},
	{"_raw_read_lock_irqsave", "want r s", NULL},
	{"_raw_read_lock_bh", "want r s", NULL},
	{"_raw_read_trylock", "try r s", NULL},
	{"_raw_read_unlock", "drop r s", NULL},
	{"_raw_read_unlock_irq", "drop r s", NULL},
	{"_raw_read_unlock_irqrestore", "drop r s", NULL},
	{"_raw_read_unlock_bh", "drop r s", NULL},
	{"_raw_write_lock", "want w s", NULL},
	{"_raw_write_lock_irq", "want w s", NULL},
	{"_raw_write_lock_irqsave", "want w s", NULL},
	{"_raw_write_lock_bh", "want w s", NULL},
	{"_raw_write_lock_nested", "want w sn", NULL},
	{"_raw_write_trylock", "try w s", NULL},
	{"_raw_write_unlock", "drop w s", NULL},
	{"_raw_write_unlock_irq", "drop w s", NULL},
	{"_raw_write_unlock_irqrestore", "drop w s", NULL},
	{"_raw_write_unlock_bh", "drop w s", NULL},
	/* kernel/locking/spinlock_debug.c: without CONFIG_DEBUG_SPINLOCK, locks have no names */
	{"__raw_spin_lock_init", "named w s", NULL},
	{"__rwlock_init", "named w s", NULL},
	/* kernel/sched/wait.c, swait.c: the lock is the first member of a queue */
	{"__init_waitqueue_head", "named w sq", NULL},
	{"__init_swait_queue_head", "named w sq", NULL},
	/* kernel/softirq.c; 6.12 has both: __do_softirq() calls handle_softirqs() */
	{"__do_softirq", "while r -", NULL, "handle_softirqs"},
	{"handle_softirqs", "while r -", NULL},
	/* kernel/time/tick-sched.c: irq_exit() may end with a jump to it */
	{"tick_nohz_irq_exit", "ended r -", NULL},
	/* arch/x86/kernel/nmi.c, arch/powerpc/kernel/traps.c */
	{"exc_nmi", "while r -", NULL},
	{"system_reset_exception", "while r -", NULL},
};

/* The functions with which interrupts begin and end (kernel/softirq.c), by architecture. */
static const struct interrupts {
	const char *arch;
	struct hook begin, end;
} interrupts[] = {
	{"x86_64", {"irq_enter_rcu", "begin r -"}, {"irq_exit_rcu", "end r -"}},
	{"aarch64", {"irq_enter_rcu", "begin r -"}, {"irq_exit_rcu", "end r -"}},
	{"riscv64", {"irq_enter_rcu", "begin r -"}, {"irq_exit_rcu", "end r -"}},
	/* irq_enter() calls irq_enter_rcu() */
	{"ppc64le", {"irq_enter", "begin r -"}, {"irq_exit", "end r -"}},
};

/* The functions that kernels without CONFIG_PREEMPTION and CONFIG_DEBUG_SPINLOCK inline. */
static const char *const inlined[] = {
	"_raw_spin_unlock",	 "_raw_spin_unlock_irq",  "_raw_read_unlock",
	"_raw_read_unlock_irq", "_raw_write_unlock",	  "_raw_write_unlock_irq",
};

/*
 * Some locking functions end with a jump to one of these functions instead of a call and a return.
 * So the plugin must also watch the returns of these functions.
 */
static const char *const tails[] = {
	"__mutex_lock",
	"__mutex_lock_common",
	"__mutex_lock_interruptible_slowpath",
	"__mutex_lock_killable_slowpath",
	"__mutex_trylock",
	"__ww_mutex_lock",
	"__ww_mutex_lock_interruptible_slowpath",
	"__ww_mutex_lock_slowpath",
	"__down_read_common",
	"__down_read_interruptible",
	"__down_read_killable",
	"__down_read_trylock",
	"__down_write_common",
	"__down_write_killable",
	"rwsem_down_read_slowpath",
	"rwsem_down_write_slowpath",
	"wait_for_common",
	"__wait_for_common",
	"wait_for_common_io",
	/*
	 * process_one_work() ends with a jump to one of the next functions, in 6.1 also if another
	 * worker executes the work item
	 */
	"move_linked_works",
	"pwq_dec_nr_in_flight",
	"put_pwq",
	"queue_work_on",
	"kthread_queue_work",
};

static const char *const spin_tails[] = {
	"__irq_exit_rcu",
	"ct_irq_exit",
	"ct_nmi_exit",
	"default_do_nmi",
};

static gboolean is_there(struct symbols *symbols, const char *function)
{
	g_autoptr(GArray) found = symbols_named(symbols, function);

	return found->len > 0;
}

static void write_results(GString *out, const GArray *ranges, guint *watches)
{
	for (guint i = 0; i < ranges->len; i++, ++*watches) {
		const struct symbol_range *range = &g_array_index(ranges, struct symbol_range, i);

		g_string_append_printf(out,
				       "lockret %" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x\n",
				       range->address, range->address + MAX(1, range->size));
	}
}

/* Returns TRUE if the plugin must watch the returns of the function of HOOK, too. */
static gboolean return_matters(const struct hook *hook)
{
	static const char *const ops[] = {"may ", "try ", "pass ", "run ", "end ", "while "};

	for (guint i = 0; i < G_N_ELEMENTS(ops); i++)
		if (g_str_has_prefix(hook->words, ops[i]))
			return TRUE;
	return FALSE;
}

static gboolean write_hook(GString *out, const struct hook *hook, struct symbols *symbols,
			   const char *arch, const struct variables *variables, guint *watches,
			   GError **error)
{
	g_autoptr(GArray) found = symbols_named(symbols, hook->function);
	guint64 lock = 0;

	if (found->len && hook->lock && !variables_find(variables, hook->lock, &lock, NULL))
		return rig_fail(error, RIG_EXIT_SKIP,
				"cannot record locks: this kernel has no symbol '%s' "
				"(CONFIG_KALLSYMS_ALL=n?); give its vmlinux with --vmlinux",
				hook->lock);
	for (guint i = 0; i < found->len; i++, ++*watches)
		g_string_append_printf(
			out, "lock %s %" G_GINT64_MODIFIER "x %" G_GINT64_MODIFIER "x\n",
			hook->words,
			code_entry(symbols, arch,
				   g_array_index(found, struct symbol_range, i).address),
			lock);
	if (return_matters(hook))
		write_results(out, found, watches);
	return TRUE;
}

static guint config_number(GHashTable *config, const char *key, guint otherwise)
{
	const char *value = config ? g_hash_table_lookup(config, key) : NULL;

	return value ? strtoul(value, NULL, 10) : otherwise;
}

static gboolean config_has(GHashTable *config, const char *key)
{
	return config && !g_strcmp0(g_hash_table_lookup(config, key), "y");
}

/*
 * Returns THREAD_SIZE of KERNEL (arch/…/include/asm/thread_info.h), because the recorder identifies
 * a task by its stack.
 */
static guint64 stack_bytes(const struct kernel *kernel, struct symbols *symbols)
{
	g_autoptr(GHashTable) config =
		kernel->config ? kernel_config_load(kernel->config, NULL) : NULL;
	/* only ppc64 has CONFIG_THREAD_SHIFT */
	guint shift = config_number(config, "CONFIG_THREAD_SHIFT", STACK_SHIFT);
	guint page = config_has(config, "CONFIG_PPC_64K_PAGES") ||
				     config_has(config, "CONFIG_ARM64_64K_PAGES")
			     ? 16
			     : 12;

	shift += is_there(symbols, "kasan_report");
	if (config_has(config, "CONFIG_VMAP_STACK"))
		shift = MAX(shift, page);
	return G_GUINT64_CONSTANT(1) << MIN(shift, 20);
}

static gboolean write_record(GString *out, const struct kernel *kernel, struct symbols *symbols,
			     const struct variables *variables, GError **error)
{
	static const char *const marks[] = {"_text", "_end", "_text", "_etext"};
	guint64 at;

	g_string_append_printf(out, "record %" G_GUINT64_FORMAT, stack_bytes(kernel, symbols));
	for (guint i = 0; i < G_N_ELEMENTS(marks); i++) {
		if (!variables_find(variables, marks[i], &at, NULL))
			return rig_fail(error, RIG_EXIT_SKIP,
					"cannot record locks: the symbol '%s' was not found in "
					"this kernel's image; give its vmlinux with --vmlinux",
					marks[i]);
		g_string_append_printf(out, " %" G_GINT64_MODIFIER "x", at);
	}
	g_string_append_c(out, '\n');
	return TRUE;
}

/* The output, and the kernel that it describes. */
struct lines {
	GString *out;
	const struct kernel *kernel;
	struct symbols *symbols;
	const struct variables *variables;
	guint *watches;
};

static gboolean write_hooks(struct lines *l, const struct hook *table, guint n, GError **error)
{
	for (guint i = 0; i < n; i++) {
		if (table[i].instead && is_there(l->symbols, table[i].instead))
			continue;
		if (!write_hook(l->out, &table[i], l->symbols, l->kernel->arch, l->variables,
				l->watches, error))
			return FALSE;
	}
	return TRUE;
}

static void write_tails(struct lines *l, const char *const *table, guint n)
{
	for (guint i = 0; i < n; i++) {
		g_autoptr(GArray) found = symbols_named(l->symbols, table[i]);

		write_results(l->out, found, l->watches);
	}
}

/* Checks that the kernel calls a function for each release of a spinlock. */
static gboolean check_spinlocks(struct symbols *symbols, GError **error)
{
	for (guint i = 0; i < G_N_ELEMENTS(inlined); i++)
		if (!is_there(symbols, inlined[i]))
			return rig_fail(
				error, RIG_EXIT_SKIP,
				"cannot record spinlocks: this kernel has no function '%s', "
				"because it inlines the release of spinlocks, as kernels without "
				"CONFIG_PREEMPTION and CONFIG_DEBUG_SPINLOCK do; use "
				"--record-locks instead of --record-spinlocks, or a kernel with "
				"lockdep",
				inlined[i]);
	if (is_there(symbols, "rt_spin_lock"))
		return rig_fail(error, RIG_EXIT_SKIP,
				"cannot record spinlocks: in this kernel they are mutexes "
				"(CONFIG_PREEMPT_RT); use --record-locks instead of "
				"--record-spinlocks");
	return TRUE;
}

static gboolean write_spinlocks(struct lines *l, GError **error)
{
	const struct interrupts *found = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(interrupts) && !found; i++)
		if (!g_strcmp0(interrupts[i].arch, l->kernel->arch))
			found = &interrupts[i];
	if (!found)
		return rig_fail(error, RIG_EXIT_SKIP,
				"cannot record spinlocks: the functions that enter and leave "
				"interrupts on %s are not known; use --record-locks",
				l->kernel->arch);
	if (!check_spinlocks(l->symbols, error) ||
	    !write_hooks(l, spin_hooks, G_N_ELEMENTS(spin_hooks), error) ||
	    !write_hooks(l, &found->begin, 1, error) || !write_hooks(l, &found->end, 1, error))
		return FALSE;
	write_tails(l, spin_tails, G_N_ELEMENTS(spin_tails));
	return TRUE;
}

gboolean recorder_lines(GString *out, const struct kernel *kernel, struct symbols *symbols,
			const struct variables *variables, gboolean spin, guint *watches,
			GError **error)
{
	struct lines lines = {out, kernel, symbols, variables, watches};

	if (!write_record(out, kernel, symbols, variables, error) ||
	    !write_hooks(&lines, hooks, G_N_ELEMENTS(hooks), error))
		return FALSE;
	write_tails(&lines, tails, G_N_ELEMENTS(tails));
	return !spin || write_spinlocks(&lines, error);
}
