// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracks the locks that each task holds, from calls of the functions that acquire and release them.
 */
#include "plugin/locks.h"

#include <inttypes.h>
#include <string.h>

void locks_init(struct locks *locks)
{
	pthread_mutex_init(&locks->lock, NULL);
	trap_init(&locks->trap);
}

/* ---- the table of tasks and the locks that they hold ---- */

/*
 * Returns the entry of CONTEXT, a result of locks_context(). If there is none, adds one if ADD is
 * true and the table is not full, and otherwise returns NULL.
 */
static struct locks_task *find_task(struct locks *locks, uint64_t context, bool add)
{
	uint64_t at = locks_hash(context) % LOCKS_TASKS;

	for (unsigned i = 0; i < LOCKS_TASKS; i++, at = (at + 1) % LOCKS_TASKS) {
		struct locks_task *task = &locks->task[at];

		if (task->stack == context)
			return task;
		if (task->stack)
			continue;
		if (!add)
			return NULL;
		/* the entry may have the locks of a task whose entry was moved */
		task->n_held = task->n_pending = 0;
		task->awaits.lock = 0;
		task->stack = context;
		return task;
	}
	locks->counts.full++;
	return NULL;
}

struct locks_task *locks_find_task(struct locks *locks, uint64_t sp)
{
	return find_task(locks, sp & ~(locks->stack_size - 1), false);
}

/*
 * Frees the entry of a task that holds nothing. Moves later entries of the hash table into the hole
 * if they would otherwise not be found any more.
 */
static void free_task(struct locks *locks, struct locks_task *task)
{
	uint64_t hole = task - locks->task, at = hole;

	task->stack = 0;
	for (unsigned i = 0; i < LOCKS_TASKS; i++) {
		uint64_t home;

		at = (at + 1) % LOCKS_TASKS;
		if (!locks->task[at].stack)
			return;
		home = locks_hash(locks->task[at].stack) % LOCKS_TASKS;
		if ((at - home) % LOCKS_TASKS < (at - hole) % LOCKS_TASKS)
			continue;
		locks->task[hole] = locks->task[at];
		locks->task[at].stack = 0;
		hole = at;
	}
}

static void tidy_task(struct locks *locks, struct locks_task *task)
{
	if (!task->n_held && !task->n_pending)
		free_task(locks, task);
}

static bool push(struct locks *locks, struct locks_task *task, const struct locks_held *held)
{
	struct locks_class *class = &locks->class[held->class];

	locks->counts.acquired++;
	*(held->write ? &class->was_written : &class->was_read) = true;
	if (task->n_held == LOCKS_HELD) {
		locks->counts.full++;
		return false;
	}
	task->held[task->n_held++] = *held;
	return true;
}

/* Removes the innermost acquisition of LOCK. Returns false if TASK does not hold LOCK. */
static bool pop(struct locks_task *task, uint64_t lock)
{
	for (unsigned i = task->n_held; i-- > 0;)
		if (task->held[i].lock == lock) {
			task->n_held--;
			memmove(task->held + i, task->held + i + 1,
				(task->n_held - i) * sizeof(task->held[0]));
			return true;
		}
	return false;
}

/* ---- what is recorded when the guest calls a lock function ---- */

struct entry {
	const struct locks_hook *hook;
	const struct locks_call *call;
	uint64_t lock, context;
};

static void add_pending(struct locks *locks, struct locks_task *task, const struct entry *e,
			uint32_t class)
{
	unsigned n = task->n_pending;

	/* calls whose stack pointer is not higher have ended, but their return was not seen */
	while (n && task->pending[n - 1].sp <= e->call->sp) {
		locks->counts.unresolved++;
		n--;
	}
	if (n == LOCKS_PENDING) {
		locks->counts.unresolved++;
		n--;
	}
	task->pending[n] = (struct locks_pending){e->hook, e->call->sp, e->lock, class};
	task->n_pending = n + 1;
}

/* Records that CONTEXT, a result of locks_context(), has acquired a spinlock on CPU. */
static void acquired_on(struct locks *locks, unsigned cpu, uint64_t context)
{
	struct locks_cpu *c = locks_cpu(locks, cpu);

	if (!c || c->level || c->last[0] == context)
		return;
	c->last[1] = c->last[0];
	c->last[0] = context;
}

static void on_want(struct locks *locks, const struct entry *e)
{
	struct locks_task *task = find_task(locks, e->context, true);
	struct locks_held held = {.lock = e->lock, .write = e->hook->write};

	if (!task)
		return;
	held.class = locks_class_of(locks, e->lock, e->hook, e->call);
	task->awaits.lock = 0;
	locks_edges_add(locks, task, task->n_held, &held, e->call);
	if (e->hook->spin) {
		acquired_on(locks, e->call->cpu, e->context);
	} else {
		trap_enter(locks, e->call->sp, &held, e->call->cpu);
		task = find_task(locks, e->context, true);
	}
	if (!task)
		return;
	push(locks, task, &held);
	if (e->hook->op == LOCKS_MAY || e->hook->op == LOCKS_PASS)
		add_pending(locks, task, e, held.class);
}

static void on_run(struct locks *locks, const struct entry *e)
{
	struct locks_task *task = find_task(locks, e->context, true);
	const struct locks_held held = {
		e->lock, locks_class_of(locks, e->lock, e->hook, e->call), e->hook->write};

	if (task && push(locks, task, &held))
		add_pending(locks, task, e, held.class);
}

static void on_try(struct locks *locks, const struct entry *e)
{
	struct locks_task *task = find_task(locks, e->context, true);

	if (task)
		add_pending(locks, task, e, locks_class_of(locks, e->lock, e->hook, e->call));
}

static void on_await(struct locks *locks, const struct entry *e)
{
	struct locks_task *task = find_task(locks, e->context, false);
	struct locks_held held = {.lock = e->lock, .write = true};

	if (!task || task->n_held < 2)
		return;
	held.class = locks_class_of(locks, e->lock, e->hook, e->call);
	locks_edges_add(locks, task, task->n_held - 1, &held, e->call);
	trap_enter(locks, e->call->sp, &held, e->call->cpu);
	task = find_task(locks, e->context, false);
	if (task)
		task->awaits = held;
}

/*
 * Called when a task releases LOCK without holding it, for example by up_read_non_owner(). Removes
 * LOCK from the task that holds it. Returns false if no task holds it.
 */
static bool drop_elsewhere(struct locks *locks, uint64_t lock)
{
	for (unsigned i = 0; i < LOCKS_TASKS; i++)
		if (locks->task[i].stack && pop(&locks->task[i], lock)) {
			locks->counts.elsewhere++;
			tidy_task(locks, &locks->task[i]);
			return true;
		}
	return false;
}

/*
 * Called when the running task releases the spinlock LOCK without holding it. LOCK is then the lock
 * of a run queue, which the task that ran on CPU before has acquired. Removes it from that task.
 * Any other spinlock is released by the task that acquired it.
 */
static bool drop_handed(struct locks *locks, unsigned cpu, uint64_t lock)
{
	const struct locks_cpu *c = locks_cpu(locks, cpu);

	for (unsigned i = 0; c && i < 2; i++) {
		uint64_t context = c->last[i];
		struct locks_task *task = context ? find_task(locks, context, false) : NULL;

		if (!task || !pop(task, lock))
			continue;
		locks->counts.elsewhere++;
		tidy_task(locks, task);
		return true;
	}
	return false;
}

static void on_drop(struct locks *locks, const struct entry *e)
{
	struct locks_task *task = find_task(locks, e->context, false);

	locks->counts.released++;
	if (task && pop(task, e->lock)) {
		tidy_task(locks, task);
		return;
	}
	if (e->hook->spin ? drop_handed(locks, e->call->cpu, e->lock)
			  : drop_elsewhere(locks, e->lock))
		return;
	if (locks->counts.unmatched < LOCKS_FAULTS)
		locks->fault[locks->counts.unmatched] = locks_caller(locks, e->call);
	locks->counts.unmatched++;
}

static void on_weaken(struct locks *locks, const struct entry *e)
{
	struct locks_task *task = find_task(locks, e->context, false);

	for (unsigned i = 0; task && i < task->n_held; i++)
		if (task->held[i].lock == e->lock)
			task->held[i].write = false;
}

static void on_named(struct locks *locks, const struct entry *e)
{
	locks_class_init(locks, e->lock, e->hook, e->call);
}

static void on_forget(struct locks *locks, const struct entry *e)
{
	locks_class_forget(locks, e->lock);
}

/*
 * Returns true if the task CONTEXT holds a lock. Does not take the mutex, because system calls are
 * frequent and few tasks hold a lock. So the result may be false by mistake while the task's entry
 * is being moved.
 */
static bool has_entry(const struct locks *locks, uint64_t context)
{
	uint64_t at = locks_hash(context) % LOCKS_TASKS, there;

	for (unsigned i = 0; i < LOCKS_TASKS; i++, at = (at + 1) % LOCKS_TASKS) {
		there = __atomic_load_n(&locks->task[at].stack, __ATOMIC_RELAXED);
		if (!there || there == context)
			return there;
	}
	return false;
}

void locks_abandon(struct locks *locks, uint64_t context)
{
	struct locks_task *task;

	if (!has_entry(locks, context))
		return;
	pthread_mutex_lock(&locks->lock);
	task = find_task(locks, context, false);
	for (unsigned i = 0; task && i < task->n_held; i++) {
		if (locks->counts.left < LOCKS_FAULTS)
			locks->left[locks->counts.left] = 1 + task->held[i].class;
		locks->counts.left++;
	}
	if (task) {
		locks->counts.unresolved += task->n_pending;
		task->n_held = task->n_pending = 0;
		free_task(locks, task);
	}
	pthread_mutex_unlock(&locks->lock);
}

void locks_enter(struct locks *locks, const struct locks_hook *hook, const struct locks_call *call)
{
	static void (*const ops[LOCKS_LEAVE])(struct locks * locks, const struct entry *e) = {
		[LOCKS_WANT] = on_want,	   [LOCKS_MAY] = on_want,      [LOCKS_TRY] = on_try,
		[LOCKS_DROP] = on_drop,	   [LOCKS_WEAKEN] = on_weaken, [LOCKS_NAMED] = on_named,
		[LOCKS_PLACED] = on_named, [LOCKS_FORGET] = on_forget, [LOCKS_AWAIT] = on_await,
		[LOCKS_PASS] = on_want,	   [LOCKS_RUN] = on_run,
	};
	struct entry e = {.hook = hook, .call = call};

	if (hook->op > LOCKS_LEAVE) {
		locks_interrupt(locks, hook->op, call);
		return;
	}
	locks_interrupt_end_left(locks, call->cpu, call->sp);
	if (hook->op == LOCKS_LEAVE) {
		locks_interrupt_none(locks, call->cpu);
		locks_abandon(locks, locks_context(locks, call->cpu, call->sp));
		return;
	}
	e.lock = hook->constant ? hook->constant : call->arg[hook->op == LOCKS_RUN];
	/* ignore calls without a lock, such as kernfs_put_active(NULL) */
	if (!e.lock)
		return;
	e.context = locks_context(locks, call->cpu, call->sp);
	pthread_mutex_lock(&locks->lock);
	ops[hook->op](locks, &e);
	pthread_mutex_unlock(&locks->lock);
}

static void end_pending(struct locks *locks, struct locks_task *task, const struct locks_pending *p,
			uint64_t value, unsigned cpu)
{
	/* hooked functions return an int, except kernfs_get_active(), which returns a pointer */
	bool zero = p->hook->kernfs ? !value : !(uint32_t)value;
	const struct locks_held held = {p->lock, p->class, p->hook->write};

	if (p->hook->op == LOCKS_PASS || p->hook->op == LOCKS_RUN)
		locks->counts.released += pop(task, p->lock);
	else if (p->hook->op == LOCKS_TRY && !zero && push(locks, task, &held) && p->hook->spin)
		acquired_on(locks, cpu, task->stack);
	else if (p->hook->op == LOCKS_MAY && !zero && pop(task, p->lock))
		locks->counts.acquired--;
}

void locks_return(struct locks *locks, unsigned cpu, uint64_t sp, uint64_t value)
{
	struct locks_task *task;

	if (locks_interrupt_ends(locks, cpu, sp))
		return;
	locks_interrupt_end_left(locks, cpu, sp);
	pthread_mutex_lock(&locks->lock);
	task = find_task(locks, locks_context(locks, cpu, sp), false);
	if (task && task->n_pending && task->pending[task->n_pending - 1].sp == sp) {
		const struct locks_pending pending = task->pending[--task->n_pending];

		end_pending(locks, task, &pending, value, cpu);
		tidy_task(locks, task);
	}
	pthread_mutex_unlock(&locks->lock);
}
