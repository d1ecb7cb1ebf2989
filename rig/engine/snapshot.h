/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Snapshots of the guest's blocked and running tasks (the answer TASKS of the guest), and functions
 * that compare two of them.
 */
#ifndef RIG_ENGINE_SNAPSHOT_H
#define RIG_ENGINE_SNAPSHOT_H

#include "guest/guest.h"

/*
 * A snapshot. Blocked tasks in lock_device_hotplug_sysfs() are left out, because that function
 * polls the lock by restart_syscall().
 */
struct task_snapshot {
	GHashTable *blocked; /* pid -> struct blocked_task: tasks in state D */
	GHashTable *running; /* pid -> struct blocked_task: tasks in state R, except init */
	char *counters;	     /* the guest's memory counters, as text */
};

struct blocked_task {
	guint64 switches;
	GPtrArray *frames; /* the stack: of char *, innermost first */
};

struct task_snapshot *task_snapshot_new(const struct guest_tasks *tasks);
void task_snapshot_free(struct task_snapshot *snapshot);

/*
 * Returns TRUE if the two snapshots differ in a memory counter or in the set of blocked tasks, or
 * if a blocked task was scheduled in between.
 */
gboolean task_snapshots_differ(const struct task_snapshot *was, const struct task_snapshot *is);
/* Returns TRUE if a task is running in both snapshots. */
gboolean task_snapshots_run(const struct task_snapshot *was, const struct task_snapshot *is);
/* Returns TRUE if some blocked task waits for an RCU grace period. */
gboolean task_snapshot_waits_for_rcu(const struct task_snapshot *snapshot);

/*
 * Returns TRUE if task PID is blocked in both snapshots and has not run in between, and no task has
 * run that may hold the lock for which PID waits (judged by the stacks, hang_may_hold()). Returns
 * FALSE if PID is unknown.
 */
gboolean task_snapshots_stuck(const struct task_snapshot *was, const struct task_snapshot *is,
			      int pid);

#endif
