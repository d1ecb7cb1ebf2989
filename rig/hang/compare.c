// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks whether data of different moments agree: the guest lists its tasks, then lockdep lists all
 * locks, the kernel prints all stacks, and lockdep lists all locks again. On a slow host, this
 * takes seconds.
 */
#include <string.h>

#include "hang/internal.h"

gboolean task_moves(const struct snapshot *snapshot, const struct task *task)
{
	return snapshot->rounds > 1 && task->samples->len < 2 && task->held_before &&
	       task->held_said && task->held_before != task->held_said;
}

/* Returns the index of LOCK in the task's earlier list, or -1 if the list does not have it. */
static int earlier_position(const struct task *task, const struct lock *lock)
{
	for (guint i = 0; i < task->held_earlier->len; i++) {
		const struct splat_lock *listed = task->held_earlier->pdata[i];

		if (!g_strcmp0(listed->instance, lock->id) ||
		    (!g_strcmp0(listed->lock_class, lock->lock_class) &&
		     !strcmp(lock->id, lock->lock_class)))
			return i;
	}
	return -1;
}

/*
 * Returns TRUE if the stack LISTED, from the guest's list of tasks, is the outer part of the stack
 * PRINTED by the kernel. /proc/PID/stack leaves out the scheduler's functions.
 */
static gboolean is_same_place(const GPtrArray *listed, const GPtrArray *printed)
{
	if (listed->len > printed->len)
		return FALSE;
	for (guint i = 1; i <= listed->len; i++) {
		const struct frame *a = listed->pdata[listed->len - i],
				   *b = printed->pdata[printed->len - i];

		if (strcmp(a->name, b->name))
			return FALSE;
	}
	return TRUE;
}

gboolean idle_owner_is_same(const struct snapshot *snapshot, const struct task *task,
			    const struct lock *lock)
{
	if (snapshot->lockdep_lists > 1 && earlier_position(task, lock) < 0)
		return FALSE;
	return !task->listed || !task->frames->len || is_same_place(task->listed, task->frames);
}

gboolean unheld_lock_is_same(const struct snapshot *snapshot, const struct lock *lock)
{
	gboolean waited = FALSE;

	if (snapshot->lockdep_lists < 2)
		return TRUE;
	for (guint i = 0; i < snapshot->tasks->len; i++) {
		const struct task *task = snapshot->tasks->pdata[i];
		int at = earlier_position(task, lock);

		if (at >= 0 && at + 1 < (int)task->held_earlier->len)
			/*
			 * LOCK is not the last one of the list, so the task held it at that time:
			 * only the last lock can be one that the task waits for
			 */
			return FALSE;
		waited |= at >= 0 && task->wanted == lock;
	}
	return waited;
}
