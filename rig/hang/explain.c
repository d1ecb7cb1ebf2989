// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes one explanation of the wait graph: a cycle, if there is one. Otherwise each chain of
 * waiting tasks ends at a task that waits for no lock, or at a lock without a known holder; the end
 * of most chains is explained.
 */
#include <string.h>

#include "hang/internal.h"

/* Returns the tasks of the shortest cycle of waits that contains START, or NULL. */
static GPtrArray *cycle_from(struct task *start)
{
	g_autoptr(GHashTable) came_from = g_hash_table_new(NULL, NULL);
	g_autoptr(GQueue) queue = g_queue_new();
	GPtrArray *cycle;
	struct task *task;

	g_queue_push_tail(queue, start);
	while ((task = g_queue_pop_head(queue))) {
		for (guint i = 0; task->wanted && i < task->wanted->holders->len; i++) {
			struct task *next = task->wanted->holders->pdata[i];

			if (next == start) {
				cycle = g_ptr_array_new();
				for (; task != start; task = g_hash_table_lookup(came_from, task))
					g_ptr_array_insert(cycle, 0, task);
				g_ptr_array_insert(cycle, 0, start);
				return cycle;
			}
			if (g_hash_table_contains(came_from, next))
				continue;
			g_hash_table_insert(came_from, next, task);
			g_queue_push_tail(queue, next);
		}
	}
	return NULL;
}

static GPtrArray *shortest_cycle(const struct snapshot *snapshot)
{
	GPtrArray *best = NULL;

	for (guint i = 0; i < snapshot->tasks->len; i++) {
		GPtrArray *cycle = cycle_from(snapshot->tasks->pdata[i]);

		if (cycle && (!best || cycle->len < best->len)) {
			if (best)
				g_ptr_array_unref(best);
			best = cycle;
		} else if (cycle) {
			g_ptr_array_unref(cycle);
		}
	}
	return best;
}

/*
 * Returns the lock classes of the cycle TASKS, the alphabetically first one first, in the order of
 * a lockdep report: a task holds each lock while it waits for the next one.
 */
static char **cycle_classes(const GPtrArray *tasks)
{
	g_autoptr(GPtrArray) turned = g_ptr_array_new();
	guint least = 0;

	for (guint i = 1; i < tasks->len; i++)
		if (strcmp(((struct task *)tasks->pdata[i])->wanted->lock_class,
			   ((struct task *)tasks->pdata[least])->wanted->lock_class) < 0)
			least = i;
	for (guint i = 0; i < tasks->len; i++) {
		const struct task *task = tasks->pdata[(least + i) % tasks->len];

		g_ptr_array_add(turned, g_strdup(task->wanted->lock_class));
	}
	g_ptr_array_add(turned, NULL);
	return (char **)g_ptr_array_steal(turned, NULL);
}

static gboolean explain_cycle(struct hang *hang)
{
	GPtrArray *cycle = shortest_cycle(hang->snapshot);

	if (!cycle)
		return FALSE;
	g_ptr_array_unref(hang->story);
	hang->story = cycle;
	hang->cycle = cycle_classes(cycle);
	return TRUE;
}

static const char *innermost(const GPtrArray *frames)
{
	for (guint i = 0; i < frames->len; i++)
		if (!frame_is_waiting(((struct frame *)frames->pdata[i])->name))
			return ((struct frame *)frames->pdata[i])->name;
	return "?";
}

static gboolean is_in(const GPtrArray *frames, const char *pattern)
{
	for (guint i = 0; i < frames->len; i++)
		if (function_is(((struct frame *)frames->pdata[i])->name, pattern))
			return TRUE;
	return FALSE;
}

/* Returns the number of samples in which TASK waits for other CPUs to respond. */
static guint calls_others(const struct task *task)
{
	guint n = 0;

	for (guint i = 0; i < task->samples->len; i++)
		n += is_in(((struct sample *)task->samples->pdata[i])->frames,
			   "smp_call_function_*");
	return n;
}

/* Returns TRUE if another task waits for CPUs to respond, so possibly for the CPU of CALLED. */
static gboolean is_called(const struct snapshot *snapshot, const struct task *called)
{
	for (guint i = 0; i < snapshot->tasks->len; i++)
		if (snapshot->tasks->pdata[i] != called && calls_others(snapshot->tasks->pdata[i]))
			return TRUE;
	return FALSE;
}

/*
 * Returns the number of samples that show TASK in the same function with interrupts disabled; 0 if
 * one shows something else. A sample of a panic in that function, in an NMI, is ignored.
 */
static guint spins(const struct task *task)
{
	const char *function = NULL, *came_into = NULL;
	guint seen = 0;

	for (guint i = 0; i < task->samples->len; i++) {
		const struct sample *s = task->samples->pdata[i];

		if (!function)
			function = innermost(s->frames);
		if (!s->irqs_off || s->user || !is_in(s->frames, function))
			return 0;
		/* the CPU was interrupted at another place than before, so it made progress */
		if (came_into && s->came_into && strcmp(came_into, s->came_into))
			return 0;
		came_into = s->came_into;
		seen += !strcmp(innermost(s->frames), function);
	}
	return seen + (seen && task->confirmed);
}

static gboolean explain_cpu(struct hang *hang)
{
	for (guint i = 0; i < hang->snapshot->tasks->len; i++) {
		struct task *task = hang->snapshot->tasks->pdata[i];
		guint seen = spins(task);

		/*
		 * skip a CPU that waits for others in smp_call_function(): the CPU that it waits
		 * for is stuck
		 */
		if (!seen || calls_others(task) == task->samples->len ||
		    (seen == 1 && !is_called(hang->snapshot, task)))
			continue;
		hang->culprit = task;
		hang->seen = seen;
		hang->function = innermost(((struct sample *)task->samples->pdata[0])->frames);
		g_ptr_array_add(hang->story, task);
		return TRUE;
	}
	return FALSE;
}

/* Explains the hang by lockdep's report of a task that returned to user space with a lock held. */
static gboolean explain_left(struct hang *hang)
{
	if (!hang->snapshot->left_held)
		return FALSE;
	hang->culprit = snapshot_find(hang->snapshot, hang->snapshot->left_pid);
	hang->lock = snapshot_named(hang->snapshot, hang->snapshot->left_held);
	hang->function = hang->snapshot->left_held_by;
	if (hang->culprit)
		g_ptr_array_add(hang->story, hang->culprit);
	return TRUE;
}

/* Returns TRUE if TASK waits for a lock, or is in state D and not idle. */
static gboolean is_stuck(const struct task *task)
{
	return task->wanted || (task->state == 'D' && !task_is_idle(task));
}

/*
 * Returns the last task of the chain of waits from TASK on. *RET_LOCK is the lock that it waits
 * for; if it waits for none, the one that it holds and the task before it waits for.
 */
static struct task *chain_end(struct task *task, struct lock **ret_lock, guint mark)
{
	*ret_lock = task->wanted;
	for (;;) {
		struct task *next = edge_next(task);

		task->mark = mark;
		if (!next || next->mark == mark) {
			/* no holder of this lock is known, so the chain ends here */
			if (task->wanted)
				*ret_lock = task->wanted;
			return task;
		}
		*ret_lock = task->wanted;
		task = next;
	}
}

struct end {
	struct task *task, *from;
	struct lock *lock;
	guint votes, length;
};

static guint chain_length(struct task *from, const struct task *to)
{
	guint n = 0;

	while (from && from != to && n < 100) {
		from = edge_next(from);
		n++;
	}
	return n;
}

/*
 * Finds the end of the most chains. If several ends have equally many, one with a lock is
 * preferred, then the one of the task with the lowest pid.
 */
static gboolean find_end(const struct snapshot *snapshot, struct end *ret)
{
	g_autofree struct end *ends = g_new0(struct end, snapshot->tasks->len + 1);
	guint n = 0;
	struct end *best = NULL;

	for (guint i = 0; i < snapshot->tasks->len; i++) {
		struct task *task = snapshot->tasks->pdata[i], *last;
		struct lock *lock;
		guint e = 0, length;

		if (!is_stuck(task))
			continue;
		last = chain_end(task, &lock, i + 1);
		length = chain_length(task, last);
		while (e < n && !(ends[e].task == last && ends[e].lock == lock) &&
		       !(ends[e].lock && ends[e].lock == lock && !lock->holders->len))
			e++;
		if (e == n)
			ends[n++] = (struct end){last, task, lock, 0, length};
		ends[e].votes++;
		/* keep the longest chain to this end: it is the one that is shown */
		if (length > ends[e].length) {
			ends[e].from = task;
			ends[e].length = length;
		}
	}
	for (guint e = 0; e < n; e++)
		if (!best || ends[e].votes > best->votes ||
		    (ends[e].votes == best->votes && ends[e].lock && !best->lock))
			best = &ends[e];
	if (best)
		*ret = *best;
	return best != NULL;
}

/*
 * Returns the innermost function that all samples have in common, or NULL if there are fewer than
 * two samples. If a memory operation (holds_something()) is among the common functions, returns it
 * instead of a function that it calls: which of these the samples have in common is chance.
 */
static const char *common_function(const struct task *task)
{
	const GPtrArray *first;
	const char *common = NULL;
	gboolean named = FALSE;

	if (task->samples->len < 2)
		return NULL;
	first = ((struct sample *)task->samples->pdata[0])->frames;
	for (guint depth = 1; depth <= first->len; depth++) {
		const char *name = ((struct frame *)first->pdata[first->len - depth])->name;

		for (guint i = 1; i < task->samples->len; i++) {
			const GPtrArray *other = ((struct sample *)task->samples->pdata[i])->frames;

			if (depth > other->len ||
			    strcmp(((struct frame *)other->pdata[other->len - depth])->name, name))
				return common;
		}
		if (!named || holds_something(name))
			common = name;
		named |= holds_something(name);
	}
	return common;
}

/*
 * Returns the function after which a loop of TASK is named: common_function(), else a memory
 * operation in a sample or in the stack of the last sleep, else task_function().
 */
static const char *loop_function(const struct task *task)
{
	const char *common = common_function(task), *operation = NULL;

	for (guint i = 0; i < task->samples->len && !operation; i++)
		operation = operation_in(((struct sample *)task->samples->pdata[i])->frames);
	if (!operation)
		operation = operation_in(task->frames);
	return common ? common : operation ? operation : task_function(task);
}

static gboolean only_in_user_space(const struct task *task)
{
	for (guint i = 0; i < task->samples->len; i++)
		if (!((struct sample *)task->samples->pdata[i])->user)
			return FALSE;
	return task->samples->len > 0;
}

/*
 * Returns TRUE if lockdep printed the number of a task's locks, but not the locks, as it does for a
 * running task. This task may hold a lock that no list has.
 */
static gboolean locks_unlisted(const struct snapshot *snapshot)
{
	for (guint i = 0; i < snapshot->tasks->len; i++) {
		const struct task *task = snapshot->tasks->pdata[i];

		if (task->held_said && !task->held->len)
			return TRUE;
	}
	return FALSE;
}

/* Returns the kind of hang, from what the task at the end of the chain does. */
static enum hang_kind kind_of_end(const struct hang *hang, const struct end *end)
{
	const struct snapshot *snapshot = hang->snapshot;
	const struct task *task = end->task;

	if (task->wanted) { /* the chain ends here because no holder of this lock is known */
		if (task->wanted->gone || task->wanted->unowned)
			return HANG_LEAK;
		if (snapshot->lockdep_lists && !locks_unlisted(snapshot) &&
		    unheld_lock_is_same(snapshot, task->wanted))
			return HANG_LEAK;
		return HANG_UNEXPLAINED;
	}
	if (end->lock &&
	    (task_is_idle(task) || only_in_user_space(task) || strchr("ZXI", task->state)))
		return idle_owner_is_same(snapshot, task, end->lock) ? HANG_LEAK : HANG_UNEXPLAINED;
	if (task_runs(task))
		return task_moves(snapshot, task) ? HANG_UNEXPLAINED : HANG_LOOP;
	return HANG_WAIT;
}

static gboolean explain_end(struct hang *hang)
{
	struct end end;

	if (!find_end(hang->snapshot, &end))
		return FALSE;
	for (struct task *task = end.from; task && hang->story->len < 20; task = edge_next(task)) {
		if (g_ptr_array_find(hang->story, task, NULL))
			break;
		g_ptr_array_add(hang->story, task);
	}
	hang->kind = kind_of_end(hang, &end);
	hang->lock = end.lock;
	hang->culprit = end.task;
	hang->function =
		hang->kind == HANG_LOOP ? loop_function(end.task) : task_function(end.task);
	return TRUE;
}

/* The possible explanations, in the order in which they are tried. */
static const struct {
	enum hang_kind kind; /* the kind of this explanation; HANG_NONE: `explain` sets it */
	gboolean (*explain)(struct hang *hang);
} explanations[] = {
	{HANG_CPU, explain_cpu},
	{HANG_CYCLE, explain_cycle},
	{HANG_LEAK, explain_left},
	{HANG_NONE, explain_end},
};

struct hang *hang_explain(const struct hang_source *source)
{
	struct hang *hang = g_new0(struct hang, 1);

	hang->snapshot = snapshot_new();
	hang->story = g_ptr_array_new();
	if (source->console)
		console_read(hang->snapshot, source->console, source->console_len);
	if (source->tasks)
		tasks_read(hang->snapshot, source->tasks);
	if (source->registers)
		registers_read(hang->snapshot, source->registers);
	if (source->owners)
		owners_read(hang->snapshot, source->owners);
	edges_make(hang->snapshot);
	for (guint i = 0; i < G_N_ELEMENTS(explanations); i++) {
		if (!explanations[i].explain(hang))
			continue;
		if (explanations[i].kind)
			hang->kind = explanations[i].kind;
		break;
	}
	describe(hang);
	return hang;
}

void hang_free(struct hang *hang)
{
	g_ptr_array_unref(hang->story);
	snapshot_free(hang->snapshot);
	g_strfreev(hang->cycle);
	g_strfreev(hang->sentences);
	g_free(hang->title);
	for (guint i = 0; i < G_N_ELEMENTS(hang->signature); i++)
		g_free(hang->signature[i]);
	g_free(hang);
}

enum hang_kind hang_kind(const struct hang *hang)
{
	return hang->kind;
}

const char *hang_title(const struct hang *hang)
{
	return hang->title;
}

const char *const *hang_sentences(const struct hang *hang)
{
	return (const char *const *)hang->sentences;
}

const char *hang_signature(const struct hang *hang, guint level)
{
	return hang->signature[MIN(level, 2)];
}
