// SPDX-License-Identifier: GPL-2.0-only
/* Compares two snapshots of the guest's tasks: see snapshot.h. */
#include "engine/snapshot.h"

#include <string.h>

#include "hang/hang.h"

static void blocked_free(gpointer data)
{
	struct blocked_task *task = data;

	g_ptr_array_unref(task->frames);
	g_free(task);
}

static gboolean has_frame(const GPtrArray *frames, const char *prefix)
{
	for (guint i = 0; i < frames->len; i++)
		if (g_str_has_prefix(frames->pdata[i], prefix))
			return TRUE;
	return FALSE;
}

static void add(GHashTable *table, const struct guest_task *task)
{
	struct blocked_task *blocked = g_new0(struct blocked_task, 1);

	blocked->switches = task->switches;
	blocked->frames = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < task->frames->len; i++)
		g_ptr_array_add(blocked->frames, g_strdup(task->frames->pdata[i]));
	g_hash_table_insert(table, GINT_TO_POINTER(task->pid), blocked);
}

struct task_snapshot *task_snapshot_new(const struct guest_tasks *tasks)
{
	struct task_snapshot *snapshot = g_new0(struct task_snapshot, 1);

	snapshot->blocked = g_hash_table_new_full(NULL, NULL, NULL, blocked_free);
	snapshot->running = g_hash_table_new_full(NULL, NULL, NULL, blocked_free);
	snapshot->counters = g_strdup(tasks->counters);
	for (guint i = 0; i < tasks->tasks->len; i++) {
		const struct guest_task *task = tasks->tasks->pdata[i];

		if (task->state == 'R' && task->pid != 1)
			add(snapshot->running, task);
		else if (task->state == 'D' &&
			 !has_frame(task->frames, "lock_device_hotplug_sysfs+"))
			add(snapshot->blocked, task);
	}
	return snapshot;
}

void task_snapshot_free(struct task_snapshot *snapshot)
{
	if (!snapshot)
		return;
	g_hash_table_unref(snapshot->blocked);
	g_hash_table_unref(snapshot->running);
	g_free(snapshot->counters);
	g_free(snapshot);
}

/* Returns TRUE if task PID is blocked in both snapshots and was not scheduled in between. */
static gboolean has_not_run(const struct task_snapshot *was, const struct task_snapshot *is,
			    gpointer pid)
{
	const struct blocked_task *before = g_hash_table_lookup(was->blocked, pid);
	const struct blocked_task *now = g_hash_table_lookup(is->blocked, pid);

	return before && now && before->switches == now->switches;
}

gboolean task_snapshots_differ(const struct task_snapshot *was, const struct task_snapshot *is)
{
	GHashTableIter iter;
	gpointer pid;

	if (strcmp(was->counters, is->counters) != 0 ||
	    g_hash_table_size(was->blocked) != g_hash_table_size(is->blocked))
		return TRUE;
	g_hash_table_iter_init(&iter, was->blocked);
	while (g_hash_table_iter_next(&iter, &pid, NULL))
		if (!has_not_run(was, is, pid))
			return TRUE;
	return FALSE;
}

gboolean task_snapshots_run(const struct task_snapshot *was, const struct task_snapshot *is)
{
	GHashTableIter iter;
	gpointer pid;

	g_hash_table_iter_init(&iter, was->running);
	while (g_hash_table_iter_next(&iter, &pid, NULL))
		if (g_hash_table_contains(is->running, pid))
			return TRUE;
	return FALSE;
}

gboolean task_snapshot_waits_for_rcu(const struct task_snapshot *snapshot)
{
	/*
	 * Functions of v4.x to v6.x that wait for a grace period, in
	 * kernel/rcu/{tree,update,srcutree}.c.
	 */
	static const char *const waits[] = {"synchronize_rcu", "__wait_rcu_gp", "rcu_barrier",
					    "synchronize_srcu", "synchronize_sched"};
	GHashTableIter iter;
	struct blocked_task *task;

	g_hash_table_iter_init(&iter, snapshot->blocked);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&task))
		for (guint i = 0; i < G_N_ELEMENTS(waits); i++)
			if (has_frame(task->frames, waits[i]))
				return TRUE;
	return FALSE;
}

/*
 * Returns TRUE if a task of TABLE has run between the two snapshots and may hold the lock that task
 * WAITER waits for.
 */
static gboolean owner_moves(GHashTable *table, const struct task_snapshot *was,
			    const struct task_snapshot *is, int waiter, const GPtrArray *frames)
{
	GHashTableIter iter;
	gpointer pid;
	struct blocked_task *task;

	g_hash_table_iter_init(&iter, table);
	while (g_hash_table_iter_next(&iter, &pid, (gpointer *)&task))
		if (GPOINTER_TO_INT(pid) != waiter && !has_not_run(was, is, pid) &&
		    hang_may_hold(task->frames, frames))
			return TRUE;
	return FALSE;
}

gboolean task_snapshots_stuck(const struct task_snapshot *was, const struct task_snapshot *is,
			      int pid)
{
	const struct blocked_task *task = g_hash_table_lookup(is->blocked, GINT_TO_POINTER(pid));
	const struct task_snapshot *both[] = {was, is};

	if (!task || !has_not_run(was, is, GINT_TO_POINTER(pid)))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(both); i++)
		if (owner_moves(both[i]->blocked, was, is, pid, task->frames) ||
		    owner_moves(both[i]->running, was, is, pid, task->frames))
			return FALSE;
	return TRUE;
}
