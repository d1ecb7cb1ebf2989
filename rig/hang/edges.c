// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks and locks to who waits for whom. Four sources, the better one first: the memory image (owner words),
 * lockdep's lists (the last lock of a blocked task is the one it waits for), the likely owner that the report of
 * a hung task names, and what the functions on the stacks are known to hold.
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
	/* hidden pointers ("(____ptrval____)") are all alike, so the class has to do */
	return listed->instance && *listed->instance != '('
		       ? snapshot_lock(snapshot, listed->instance, listed->lock_class)
		       : snapshot_named(snapshot, listed->lock_class);
}

/* It tries, sleeps and tries again: the lock is never in its list. */
static gboolean polls(const struct task *task)
{
	return task->wait && g_str_has_suffix(task->wait->function, "_sysfs");
}

/* Is the last entry of its list what it waits for? The list has what it is about to get, too. */
static gboolean last_is_wanted(const struct task *task)
{
	if (!task->wait || !task->held->len || polls(task))
		return FALSE;
	return task->wait->kind == WAIT_LOCK || task->wait->kind == WAIT_DRAIN || task->wait->kind == WAIT_NAMED;
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

/* Locks that a stack names by itself. */
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

/* The report of a hung task says whose lock it is, but not which: "a mutex in f". */
static void from_report(struct snapshot *snapshot, struct task *task)
{
	struct task *owner = task->likely_owner ? snapshot_find(snapshot, task->likely_owner) : NULL;

	if (!owner || owner == task || (task->wanted && task->wanted->holders->len))
		return;
	if (!task->wanted) {
		g_autofree char *lock_class = g_strdup_printf("a %s in %s", task->likely_what, task_function(task));
		g_autofree char *id = g_strdup_printf("%s of %d", lock_class, owner->pid);

		task->wanted = snapshot_lock(snapshot, id, lock_class);
	}
	hold(owner, task->wanted);
}

/* Where it is: who runs is where a CPU was seen, not where it slept last. */
static const GPtrArray *place_of(const struct task *task)
{
	return task->samples->len && (!task->frames->len || task->state == 'R')
		       ? ((struct sample *)task->samples->pdata[0])->frames
		       : task->frames;
}

/* Without a recorded owner: the tasks that are in code that holds it. */
static void guess_holders(struct snapshot *snapshot, struct lock *lock)
{
	struct task *only = NULL;
	guint n = 0;

	if (lock->holders->len || !lock->waiters || lock->unowned)
		return;
	for (guint i = 0; i < snapshot->tasks->len; i++) {
		struct task *task = snapshot->tasks->pdata[i];

		/* lockdep's list would have it, unless the task was running */
		if (task->wanted == lock || (snapshot->lockdep_lists && !(task_runs(task) && task->held_said)))
			continue;
		if (holds_by_stack(place_of(task), lock->lock_class)) {
			hold(task, lock);
			lock->guessed = TRUE;
		}
	}
	if (lock->holders->len)
		return;
	/* a single task runs with locks that its list does not name */
	for (guint i = 0; i < snapshot->tasks->len; i++) {
		struct task *task = snapshot->tasks->pdata[i];

		if (task->wanted != lock && snapshot->lockdep_lists && task_runs(task) && task->held_said && !task->held->len) {
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

		/* work that asks the other CPUs: where it is stuck, one of them does not answer */
		if (strstr(name, "sysrq") && strcmp(name, "sysrq_showregs_othercpus"))
			return TRUE;
	}
	return FALSE;
}

/* The one who asked is on its CPU when the CPUs are looked at. */
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
		/* who runs is not where its last sleep was, unless it tries again and again */
		task->wait = wait_of(task->frames);
		if (task->state != 'D' && task->state != 'S' && !polls(task))
			task->wait = NULL;
		if (task->wait && task->wait->kind == WAIT_LOCK && task->state == 'S' && !task->held->len &&
		    !task->image_wait)
			task->wait = NULL;
	}
	for (guint i = 0; i < snapshot->tasks->len; i++) {
		struct task *task = snapshot->tasks->pdata[i];

		from_lists(snapshot, task);
		if (task->image_wait)
			task->wanted = snapshot_lock(snapshot, task->image_wait, "?");
	}
	/* now every lock that has an instance is known, and a name finds it */
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

/* The holder that itself waits for a lock explains more than one that does not. */
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
