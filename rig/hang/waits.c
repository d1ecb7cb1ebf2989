// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interprets the stack of a task: what the task waits for, whether it is idle, and which locks it
 * holds because it is inside a function that holds them.
 */
#include <string.h>

#include "hang/internal.h"

#define HOTPLUG "device_hotplug_lock"
#define MEM "mem_hotplug_lock"
#define CPUS "cpu_hotplug_lock"

/*
 * The functions in which tasks wait. The row of the innermost function that has one is used. But if
 * it is weak, and one of the next callers also has a row, that row is used.
 */
static const struct wait waits[] = {
	{"kernfs_drain", WAIT_DRAIN, "its readers"},
	/* drivers/base/core.c: this function polls with mutex_trylock() and msleep(5) */
	{"lock_device_hotplug_sysfs", WAIT_NAMED, HOTPLUG},
	{"lock_device_hotplug", WAIT_NAMED, HOTPLUG},
	{"mem_hotplug_begin", WAIT_NAMED, MEM},
	{"get_online_mems", WAIT_NAMED, MEM},
	{"cpus_write_lock", WAIT_NAMED, CPUS},
	{"cpus_read_lock", WAIT_NAMED, CPUS},
	{"percpu_down_write", WAIT_LOCK, NULL, TRUE},
	{"percpu_rwsem_wait", WAIT_LOCK, NULL, TRUE},
	{"__percpu_down_read*", WAIT_LOCK, NULL, TRUE},
	{"percpu_down_read*", WAIT_LOCK, NULL, TRUE},
	{"__mutex_lock*", WAIT_LOCK, NULL, TRUE},
	{"mutex_lock*", WAIT_LOCK, NULL, TRUE},
	{"ww_mutex_lock*", WAIT_LOCK, NULL, TRUE},
	{"rwsem_down_read_slowpath*", WAIT_LOCK, NULL, TRUE},
	{"rwsem_down_write_slowpath*", WAIT_LOCK, NULL, TRUE},
	{"down_read*", WAIT_LOCK, NULL, TRUE},
	{"down_write*", WAIT_LOCK, NULL, TRUE},
	{"rt_mutex_slowlock*", WAIT_LOCK, NULL, TRUE},
	{"__rt_mutex_lock*", WAIT_LOCK, NULL, TRUE},
	{"__down*", WAIT_EVENT, "a semaphore", TRUE},
	{"kthread_create_on_node", WAIT_TASK, "kthreadd"},
	{"__kthread_create_on_node", WAIT_TASK, "kthreadd"},
	{"kthread_stop", WAIT_EVENT, "a kernel thread's end"},
	{"__flush_work*", WAIT_EVENT, "a work item", TRUE},
	{"flush_work", WAIT_EVENT, "a work item"},
	{"flush_workqueue*", WAIT_EVENT, "a work queue"},
	{"__flush_workqueue*", WAIT_EVENT, "a work queue"},
	{"drain_workqueue", WAIT_EVENT, "a work queue"},
	{"__lru_add_drain_all", WAIT_EVENT, "work on every CPU"},
	{"rcu_barrier*", WAIT_EVENT, "RCU callbacks"},
	{"synchronize_rcu*", WAIT_EVENT, "an RCU grace period"},
	{"synchronize_srcu*", WAIT_EVENT, "an SRCU grace period"},
	{"__wait_rcu_gp", WAIT_EVENT, "an RCU grace period", TRUE},
	{"stop_cpus*", WAIT_EVENT, "all CPUs to stop"},
	{"stop_one_cpu", WAIT_EVENT, "a CPU's stopper"},
	{"stop_machine*", WAIT_EVENT, "all CPUs to stop"},
	{"multi_cpu_stop", WAIT_EVENT, "all CPUs to stop"},
	{"smp_call_function_many_cond", WAIT_EVENT, "an answer from other CPUs"},
	{"smp_call_function_single", WAIT_EVENT, "an answer from another CPU"},
	{"wait_for_completion*", WAIT_EVENT, "a completion", TRUE},
	{"__wait_for_common", WAIT_EVENT, "a completion", TRUE},
	{"folio_wait_bit*", WAIT_EVENT, "a page", TRUE},
	{"__folio_lock*", WAIT_EVENT, "a page"},
	{"io_schedule*", WAIT_EVENT, "I/O", TRUE},
	{"do_nanosleep", WAIT_IDLE, "time", FALSE},
	{"hrtimer_nanosleep", WAIT_IDLE, "time", FALSE},
	{"msleep*", WAIT_SLEEP, "time", TRUE},
	{"usleep_range*", WAIT_SLEEP, "time", TRUE},
	{"schedule_timeout_uninterruptible", WAIT_SLEEP, "time", TRUE},
	{"worker_thread", WAIT_IDLE, "work", FALSE},
	{"kthread_worker_fn", WAIT_IDLE, "work", FALSE},
	{"kthreadd", WAIT_IDLE, "work", FALSE},
	{"smpboot_thread_fn", WAIT_IDLE, "work", FALSE},
	{"rescuer_thread", WAIT_IDLE, "work", FALSE},
	{"rcu_gp_*", WAIT_IDLE, "work", FALSE},
	{"do_epoll_wait", WAIT_IDLE, "input", FALSE},
	{"ep_poll", WAIT_IDLE, "input", FALSE},
	{"do_sys_poll", WAIT_IDLE, "input", FALSE},
	{"do_select", WAIT_IDLE, "input", FALSE},
	{"do_wait", WAIT_IDLE, "children", FALSE},
	{"pipe_read", WAIT_IDLE, "input", FALSE},
	{"futex_wait*", WAIT_IDLE, "a futex", FALSE},
	{"do_sigtimedwait*", WAIT_IDLE, "a signal", FALSE},
};

/*
 * A task inside `function` holds a lock of `lock_class`. Used for locks without an owner word, and
 * for running tasks, whose locks lockdep does not list. The callers of these locks changed between
 * v5.1 and v7, so a row may apply to some kernels only.
 */
static const struct {
	const char *function, *lock_class;
} holders[] = {
	{"online_pages", MEM},	       {"offline_pages", MEM},	     {"__offline_pages", MEM},
	{"add_memory_resource", MEM},  {"arch_remove_memory", MEM},  {"arch_add_memory", MEM},
	{"create_memory_block_devices", MEM},
	{"device_offline", "&dev->mutex"}, {"device_online", "&dev->mutex"},
	{"acpi_device_hotplug", HOTPLUG},  {"handle_dlpar_errorlog", HOTPLUG},
	{"dlpar_memory", HOTPLUG},	   {"state_store", HOTPLUG},
	{"online_store", HOTPLUG},	   {"probe_store", HOTPLUG},
	{"_cpu_up", CPUS},		   {"_cpu_down", CPUS},
};

/* Functions of the scheduler and of waiting, which are the innermost frames of a waiting task. */
static const char *const waiting[] = {
	"__schedule",
	"schedule*",
	"preempt_schedule*",
	"__switch_to*",
	"__cond_resched*",
	"_cond_resched",
	"context_switch",
	"io_schedule*",
	"native_safe_halt",
	"rcuwait_wait_event",
	"bit_wait*",
	"__wait_on_bit*",
	"out_of_line_wait_on_bit*",
	"ret_from_*",
	"do_wait_for_common*",
	"__wait_for_common*",
	"wait_for_common*",
	"swait_*",
	"prepare_to_*",
	"cpu_relax",
	NULL,
};

gboolean function_is(const char *name, const char *pattern)
{
	gsize len = strlen(pattern);

	return len && pattern[len - 1] == '*' ? !strncmp(name, pattern, len - 1)
					      : !strcmp(name, pattern);
}

gboolean frame_is_waiting(const char *name)
{
	for (guint i = 0; waiting[i]; i++)
		if (function_is(name, waiting[i]))
			return TRUE;
	return FALSE;
}

static const struct wait *row_of(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(waits); i++)
		if (function_is(name, waits[i].function))
			return &waits[i];
	return NULL;
}

const struct wait *wait_of(const GPtrArray *frames)
{
	const struct wait *best = NULL;
	guint since = 0;

	for (guint i = 0; i < frames->len; i++) {
		const struct frame *frame = frames->pdata[i];
		const struct wait *row = row_of(frame->name);

		/*
		 * a worker that executes a work item also has worker_thread() on its stack, but is
		 * not idle
		 */
		if (best && row && row->kind == WAIT_IDLE)
			break;
		if (row && !row->weak)
			return row;
		if (row && !best)
			best = row;
		/* after a weak row, only the next 5 callers count */
		if (best && ++since > 5)
			break;
		if (!row && !best && !frame_is_waiting(frame->name))
			return NULL;
	}
	return best;
}

const char *holds_by_stack(const GPtrArray *frames, const char *lock_class)
{
	for (guint i = 0; i < frames->len; i++) {
		const struct frame *frame = frames->pdata[i];

		for (guint h = 0; h < G_N_ELEMENTS(holders); h++)
			if (!strcmp(holders[h].lock_class, lock_class) &&
			    !strcmp(holders[h].function, frame->name))
				return holders[h].function;
	}
	return NULL;
}

gboolean holds_something(const char *name)
{
	for (guint h = 0; h < G_N_ELEMENTS(holders); h++)
		if (!strcmp(holders[h].function, name))
			return TRUE;
	return FALSE;
}

const char *operation_in(const GPtrArray *frames)
{
	for (guint i = 0; i < frames->len; i++) {
		const struct frame *frame = frames->pdata[i];

		if (holds_something(frame->name))
			return frame->name;
	}
	return NULL;
}

gboolean task_is_idle(const struct task *task)
{
	const struct wait *wait = wait_of(task->frames);
	guint i = 0;

	if (wait)
		return wait->kind == WAIT_IDLE;
	while (i < task->frames->len &&
	       frame_is_waiting(((struct frame *)task->frames->pdata[i])->name))
		i++;
	/*
	 * idle if the first function that is not part of waiting is the main function of a kernel
	 * thread
	 */
	return i > 0 && i + 1 < task->frames->len && task->state != 'D' &&
	       !strcmp(((struct frame *)task->frames->pdata[i + 1])->name, "kthread");
}

const char *task_function(const struct task *task)
{
	const GPtrArray *frames = task->frames;

	/* of a running task, the console may only have the stack of its CPU */
	if (!frames->len && task->samples->len)
		frames = ((struct sample *)task->samples->pdata[0])->frames;
	for (guint i = 0; i < frames->len; i++) {
		const struct frame *frame = frames->pdata[i];

		if (!frame_is_waiting(frame->name) && !row_of(frame->name) &&
		    !frame_is_generic(frame->name, NULL))
			return frame->name;
	}
	return "?";
}

gboolean hang_may_hold(const GPtrArray *owner, const GPtrArray *waiter)
{
	g_autoptr(GPtrArray) holding = frames_read(owner), waiting_for = frames_read(waiter);
	const struct wait *wait = wait_of(waiting_for);

	if (wait && wait->kind == WAIT_NAMED)
		return holds_by_stack(holding, wait->what) != NULL;
	return operation_in(holding) != NULL;
}
