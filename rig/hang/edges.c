// SPDX-License-Identifier: GPL-2.0-only
/*
 * Determines which task waits for which lock, and which task holds it: the edges of the wait graph.
 * There are four sources, the most reliable first: the memory image (owner words of locks);
 * lockdep's lists (the last lock of a blocked task is the one that it waits for); the likely owner
 * in a hung-task report; functions on the stacks that are known to hold a lock.
 */
#include <string.h>

#include "hang/internal.h"

gboolean task_runs(const struct task *task)
{
	return task->state == 'R' || (task->samples->len && task->state != 'D');
}

static void hold(struct task *task, struct lock *lock)
{
	if (!g_ptr_array_find(lock->holders, task, NULL))
		g_ptr_array_add(lock->holders, task);
	if (!g_ptr_array_find(task->holds, lock, NULL))
		g_ptr_array_add(task->holds, lock);
}

static struct lock *listed_lock(struct snapshot *snapshot, const struct splat_lock *listed)
{
	/*
	 * a hidden address is always printed as "(____ptrval____)", so the class identifies the
	 * lock
	 */
	return listed->instance && *listed->instance != '('
		       ? snapshot_lock(snapshot, listed->instance, listed->lock_class)
		       : snapshot_named(snapshot, listed->lock_class);
}

/*
 * Returns TRUE if TASK polls: it calls trylock, and sleeps between the attempts. Lockdep's list
 * does not have the lock that such a task waits for.
 */
static gboolean polls(const struct task *task)
{
	return task->wait && g_str_has_suffix(task->wait->function, "_sysfs");
}

/*
 * Returns TRUE if the last lock in lockdep's list of TASK is the one that it waits for: lockdep
 * adds a lock to the list as soon as the task waits for it.
 */
static gboolean last_is_wanted(const struct task *task)
{
	if (!task->wait || !task->held->len || polls(task))
		return FALSE;
	return task->wait->kind == WAIT_LOCK || task->wait->kind == WAIT_DRAIN ||
	       task->wait->kind == WAIT_NAMED;
}

static void from_lists(struct snapshot *snapshot, struct task *task)
{
	gboolean wants = last_is_wanted(task);

	for (guint i = 0; i < task->held->len; i++) {
		struct lock *lock = listed_lock(snapshot, task->held->pdata[i]);

		if (wants && i == task->held->len - 1)
			task->wanted = lock;
		else
			hold(task, lock);
	}
}

/*
 * Sets the lock that TASK waits for from the functions on its stack, by the table in waits.c. Used
 * if neither lockdep nor a memory image shows the lock.
 */
static void from_words(struct snapshot *snapshot, struct task *task)
{
	if (task->wanted || !task->wait)
		return;
	if (task->wait->kind == WAIT_NAMED) {
		task->wanted = snapshot_named(snapshot, task->wait->what);
		task->wanted_polls = polls(task);
	} else if (task->wait->kind == WAIT_TASK) {
		task->wanted = snapshot_named(snapshot, task->wait->what);
		for (guint i = 0; i < snapshot->tasks->len; i++) {
			struct task *other = snapshot->tasks->pdata[i];

			if (!g_strcmp0(other->comm, task->wait->what))
				hold(other, task->wanted);
		}
	}
}

/*
 * Adds the lock that a hung-task report is about, and the likely owner in the report as its holder.
 * The report does not name the lock, so it is called "a mutex in f".
 */
static void from_report(struct snapshot *snapshot, struct task *task)
{
	struct task *owner =
		task->likely_owner ? snapshot_find(snapshot, task->likely_owner) : NULL;

	if (!owner || owner == task || (task->wanted && task->wanted->holders->len))
		return;
	if (!task->wanted) {
		g_autofree char *lock_class =
			g_strdup_printf("a %s in %s", task->likely_what, task_function(task));
		g_autofree char *id = g_strdup_printf("%s of %d", lock_class, owner->pid);

		task->wanted = snapshot_lock(snapshot, id, lock_class);
	}
	hold(owner, task->wanted);
}

/*
 * Returns the stack that shows where TASK is now. For a running task, this is the stack in the
 * sample of its CPU: its own stack is from its last sleep.
 */
static const GPtrArray *place_of(const struct task *task)
{
	return task->samples->len && (!task->frames->len || task->state == 'R')
		       ? ((struct sample *)task->samples->pdata[0])->frames
		       : task->frames;
}

/*
 * Sets the holders of LOCK if no source names one: the tasks inside a function that holds this lock
 * (waits.c).
 */
static void guess_holders(struct snapshot *snapshot, struct lock *lock)
{
	struct task *only = NULL;
	guint n = 0;

	if (lock->holders->len || !lock->waiters || lock->unowned)
		return;
	for (guint i = 0; i < snapshot->tasks->len; i++) {
		struct task *task = snapshot->tasks->pdata[i];

		/*
		 * Skip a task that waits for this lock. Lockdep lists no locks of running tasks. So
		 * if there are lockdep's lists, only running tasks can hold a lock that is in none
		 * of them.
		 */
		if (task->wanted == lock ||
		    (snapshot->lockdep_lists && !(task_runs(task) && task->held_said)))
			continue;
		if (holds_by_stack(place_of(task), lock->lock_class)) {
			hold(task, lock);
			lock->guessed = TRUE;
		}
	}
	if (lock->holders->len)
		return;
	/*
	 * if exactly one running task has locks that lockdep counted but did not list, it is the
	 * holder
	 */
	for (guint i = 0; i < snapshot->tasks->len; i++) {
		struct task *task = snapshot->tasks->pdata[i];

		if (task->wanted != lock && snapshot->lockdep_lists && task_runs(task) &&
		    task->held_said && !task->held->len) {
			only = task;
			n++;
		}
	}
	if (n == 1) {
		hold(only, lock);
		lock->guessed = TRUE;
	}
}

static gboolean is_of_sysrq(const GPtrArray *frames)
{
	for (guint i = 0; i < frames->len; i++) {
		const char *name = ((struct frame *)frames->pdata[i])->name;

		/*
		 * sysrq_showregs_othercpus() requests the registers of other CPUs. A task that
		 * waits in it shows that a CPU does not respond, which is part of the hang.
		 */
		if (strstr(name, "sysrq") && strcmp(name, "sysrq_showregs_othercpus"))
			return TRUE;
	}
	return FALSE;
}

/*
 * Drops samples in which TASK executes the SysRq that requested the dump: they do not show the
 * hang.
 */
static void drop_own_samples(struct task *task)
{
	for (guint i = task->samples->len; i-- > 0;)
		if (is_of_sysrq(((struct sample *)task->samples->pdata[i])->frames))
			g_ptr_array_remove_index(task->samples, i);
}

void edges_make(struct snapshot *snapshot)
{
	snapshot_done(snapshot);
	for (guint i = 0; i < snapshot->tasks->len; i++) {
		struct task *task = snapshot->tasks->pdata[i];

		drop_own_samples(task);
		/* a task that is running does not wait, unless it polls */
		task->wait = wait_of(task->frames);
		if (task->state != 'D' && task->state != 'S' && !polls(task))
			task->wait = NULL;
		if (task->wait && task->wait->kind == WAIT_LOCK && task->state == 'S' &&
		    !task->held->len && !task->image_wait)
			task->wait = NULL;
	}
	for (guint i = 0; i < snapshot->tasks->len; i++) {
		struct task *task = snapshot->tasks->pdata[i];

		from_lists(snapshot, task);
		if (task->image_wait)
			task->wanted = snapshot_lock(snapshot, task->image_wait, "?");
	}
	/*
	 * this loop must be after those that add locks with an address, which snapshot_named()
	 * searches
	 */
	for (guint i = 0; i < snapshot->tasks->len; i++) {
		struct task *task = snapshot->tasks->pdata[i];

		from_words(snapshot, task);
		from_report(snapshot, task);
		if (task->wanted)
			task->wanted->waiters++;
	}
	for (guint i = 0; i < snapshot->locks->len; i++)
		guess_holders(snapshot, snapshot->locks->pdata[i]);
}

struct task *edge_next(const struct task *task)
{
	struct task *best = NULL;

	if (!task->wanted)
		return NULL;
	for (guint i = 0; i < task->wanted->holders->len; i++) {
		struct task *holder = task->wanted->holders->pdata[i];

		if (!best || (holder->wanted && !best->wanted))
			best = holder;
	}
	return best;
}
