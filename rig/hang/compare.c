// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks whether data from different moments agree. The order is: the guest lists its tasks,
 * lockdep lists all locks, the kernel prints all stacks, lockdep lists all locks again. On a slow
 * host, this takes seconds, so a task that makes progress can appear to hang.
 */
#include <string.h>

#include "hang/internal.h"

gboolean task_moves(const struct snapshot *snapshot, const struct task *task)
{
	return snapshot->rounds > 1 && task->samples->len < 2 && task->held_before &&
	       task->held_said && task->held_before != task->held_said;
}

/*
 * Returns the index of LOCK in the list of TASK's locks that lockdep printed before the last one;
 * -1 if LOCK is not in it.
 */
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
 * Returns TRUE if LISTED, a stack in the guest's list of tasks, is equal to the outer part of
 * PRINTED, the stack that the kernel printed. LISTED is from /proc/PID/stack, which leaves out the
 * scheduler's functions.
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
			 * The task held LOCK at that time: only the last lock in the list can be
			 * one that the task waits for, and LOCK is not the last.
			 */
			return FALSE;
		waited |= at >= 0 && task->wanted == lock;
	}
	return waited;
}
