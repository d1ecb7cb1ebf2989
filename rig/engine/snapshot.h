/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's blocked and running tasks at one moment (TASKS), and what a comparison of two shows.
 */
#ifndef RIG_ENGINE_SNAPSHOT_H
#define RIG_ENGINE_SNAPSHOT_H

#include "guest/guest.h"

/*
 * A task that polls a lock (lock_device_hotplug_sysfs() retries by restart_syscall()) is in neither
 * list.
 */
struct task_snapshot {
	GHashTable *blocked; /* pid -> struct blocked_task: in state D */
	GHashTable *running; /* pid -> struct blocked_task: in state R, init excepted */
	char *counters;	     /* memory counters */
};

struct blocked_task {
	guint64 switches;
	GPtrArray *frames; /* of char *, innermost first */
};

struct task_snapshot *task_snapshot_new(const struct guest_tasks *tasks);
void task_snapshot_free(struct task_snapshot *snapshot);

/* TRUE: a counter, the set of blocked tasks or a blocked task's number of switches differs. */
gboolean task_snapshots_differ(const struct task_snapshot *was, const struct task_snapshot *is);
/* TRUE: a task runs in both. */
gboolean task_snapshots_run(const struct task_snapshot *was, const struct task_snapshot *is);
/* TRUE: some blocked task waits for an RCU grace period. */
gboolean task_snapshot_waits_for_rcu(const struct task_snapshot *snapshot);

/*
 * TRUE: task PID is blocked in both, has not run in between, and no task that may hold what it
 * waits for has run either (hang_may_hold(), by the stacks). FALSE also if PID is unknown.
 */
gboolean task_snapshots_stuck(const struct task_snapshot *was, const struct task_snapshot *is,
			      int pid);

#endif
