// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stops tasks that hold one lock of a cycle and are about to wait for another one, until they form
 * a closed circle of waiting tasks.
 */
#include "plugin/locks.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "plugin/hold.h"

#define NS_PER_S 1000000000
#define STREAK_MAX 4

void trap_init(struct locks_trap *trap)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&trap->change, &attr);
	pthread_condattr_destroy(&attr);
}

unsigned trap_member_of(const struct locks_trap *trap, const struct locks_class *class)
{
	for (unsigned i = 0; i < trap->n_members; i++) {
		const struct trap_member *member = &trap->member[i];
		bool named = class->kind == LOCKS_BY_NAME || class->kind == LOCKS_BY_NODE;

		if (member->kind != class->kind)
			continue;
		if (named ? !strcmp(member->name, "*") || !strcmp(member->name, class->name)
			  : class->address >= member->from && class->address < member->to)
			return i + 1;
	}
	return 0;
}

static unsigned member_of(const struct locks *locks, uint32_t class)
{
	return locks->class[class].member;
}

/* ---- closing the circle ---- */

static struct trap_party *party_of(struct locks_trap *trap, uint64_t stack)
{
	for (unsigned i = 0; i < TRAP_PARTIES; i++)
		if (trap->party[i].stack == stack)
			return &trap->party[i];
	return NULL;
}

/*
 * Returns true if TASK holds LOCK in a mode for which another task must wait that acquires LOCK:
 * for writing if WRITE is true, otherwise for reading.
 */
static bool keeps(const struct locks_task *task, uint64_t lock, bool write)
{
	for (unsigned i = 0; i < task->n_held; i++)
		if (task->held[i].lock == lock && (write || task->held[i].write))
			return true;
	return false;
}

/*
 * PATH has N stopped tasks, each of which waits for a lock that the next one holds. Adds further
 * stopped tasks until the last one waits for a lock that the first one holds. If this succeeds,
 * returns true; n_circle is the number of tasks then.
 */
static bool close_circle(struct locks *locks, struct trap_party **path, unsigned n)
{
	struct locks_trap *trap = &locks->trap;

	for (unsigned i = 0; i < TRAP_PARTIES; i++) {
		struct trap_party *party = &trap->party[i];
		const struct locks_task *task;
		bool seen = false;

		if (!party->stack || party->go)
			continue;
		task = locks_find_task(locks, party->stack);
		if (!task || !keeps(task, path[n - 1]->lock, path[n - 1]->write))
			continue;
		for (unsigned k = 0; k < n; k++)
			seen |= path[k] == party;
		if (party == path[0] && n > 1) {
			trap->n_circle = n;
			return true;
		}
		if (seen || n == TRAP_PARTIES)
			continue;
		path[n] = party;
		if (close_circle(locks, path, n + 1))
			return true;
	}
	return false;
}

static bool is_closed(struct locks *locks, struct trap_party *last)
{
	struct locks_trap *trap = &locks->trap;
	struct trap_party *path[TRAP_PARTIES] = {last};

	if (!close_circle(locks, path, 1))
		return false;
	for (unsigned i = 0; i < trap->n_circle; i++) {
		trap->circle[i] = *path[i];
		path[i]->go = true;
	}
	trap->met++;
	memset(trap->streak, 0, sizeof(trap->streak));
	pthread_cond_broadcast(&trap->change);
	return true;
}

/* ---- stopping tasks between the locks of the cycle ---- */

/*
 * Called when a task is stopped before a lock of MEMBER, one of the classes of the cycle. Ends the
 * pause of each member with a longer streak of expired waits, so that tasks can stop there too.
 */
static void wake_others(struct locks_trap *trap, unsigned member)
{
	for (unsigned i = 0; i < trap->n_members; i++)
		if (trap->streak[i] > trap->streak[member])
			trap->rest_until_ns[i] = 0;
}

static void wait_in(struct locks *locks, struct trap_party *party, unsigned member, unsigned cpu)
{
	struct locks_trap *trap = &locks->trap;
	int64_t start = holds_now_ns(), limit = start + trap->max_ns, end, length;
	struct timespec until = {limit / NS_PER_S, limit % NS_PER_S};
	bool expired = false;

	wake_others(trap, member);
	trap->waiting++;
	trap->held++;
	while (trap->armed && !party->go && !expired)
		expired = pthread_cond_timedwait(&trap->change, &locks->lock, &until) != 0;
	trap->waiting--;
	end = holds_now_ns();
	length = end - start;
	if (!party->go) {
		trap->expired += expired;
		trap->rest_until_ns[member] = end + (length << trap->streak[member]);
		trap->streak[member] += trap->streak[member] < STREAK_MAX;
	}
	if (trap->ended)
		trap->ended(cpu, start, length, party->go, trap->data);
}

/*
 * Counts which other locks of the cycle TASK holds while it wants WANTED. Returns false if TASK
 * holds no other lock of the cycle, or holds WANTED already.
 */
static bool count_encounters(struct locks *locks, const struct locks_task *task,
			     const struct locks_held *wanted)
{
	unsigned to = member_of(locks, wanted->class);
	bool any = false;

	for (unsigned i = 0; to && i < task->n_held; i++) {
		unsigned from = member_of(locks, task->held[i].class);

		if (task->held[i].lock == wanted->lock)
			return false;
		if (!from || from == to)
			continue;
		locks->trap.met_by[from - 1][to - 1]++;
		any = true;
	}
	return any;
}

/*
 * Returns true if a task holds the kernfs node NODE for reading. If no task does, a task that
 * removes NODE does not have to wait, because NODE gets no new readers.
 */
static bool has_reader(const struct locks *locks, uint64_t node)
{
	for (unsigned i = 0; i < LOCKS_TASKS; i++)
		if (locks->task[i].stack && keeps(&locks->task[i], node, true))
			return true;
	return false;
}

void trap_enter(struct locks *locks, uint64_t sp, const struct locks_held *wanted, unsigned cpu)
{
	struct locks_trap *trap = &locks->trap;
	const struct locks_task *task = trap->armed ? locks_find_task(locks, sp) : NULL;
	struct trap_party *party;

	if (!task || !count_encounters(locks, task, wanted))
		return;
	if (locks->class[wanted->class].kind == LOCKS_BY_NODE && !has_reader(locks, wanted->lock))
		return;
	party = party_of(trap, 0);
	if (!party)
		return;
	*party =
		(struct trap_party){task->stack, wanted->lock, wanted->class, wanted->write, false};
	if (!is_closed(locks, party) && trap->waiting + 1 < trap->vcpus &&
	    holds_now_ns() >= trap->rest_until_ns[member_of(locks, wanted->class) - 1])
		wait_in(locks, party, member_of(locks, wanted->class) - 1, cpu);
	party->stack = 0;
}

void trap_arm(struct locks *locks, bool armed)
{
	pthread_mutex_lock(&locks->lock);
	locks->trap.armed = armed;
	pthread_cond_broadcast(&locks->trap.change);
	pthread_mutex_unlock(&locks->lock);
}

/* ---- result of the trap ---- */

/*
 * Returns the lock that TASK waits for or has acquired last (its innermost lock, or a kernfs node),
 * or NULL if there is none. Never returns a completion: if flush_work() waits for one, the task
 * wants the work item.
 */
static const struct locks_held *wanted_by(const struct locks *locks, const struct locks_task *task)
{
	if (task->awaits.lock)
		return &task->awaits;
	for (unsigned i = task->n_held; i-- > 0;)
		if (locks->class[task->held[i].class].kind != LOCKS_BY_WAIT)
			return &task->held[i];
	return NULL;
}

/* Returns true if TASK has acquired LOCK, so that another task that wants LOCK must wait. */
static bool has(const struct locks *locks, const struct locks_task *task,
		const struct locks_held *lock)
{
	const struct locks_held *wanted = wanted_by(locks, task);

	for (unsigned i = 0; i < task->n_held; i++)
		if (&task->held[i] != wanted && task->held[i].lock == lock->lock &&
		    (lock->write || task->held[i].write))
			return true;
	return false;
}

/*
 * PATH has N tasks, each of which waits for a lock of the trap's cycle that the next one holds.
 * Adds further tasks until the last one waits for a lock that the first one holds, which is a
 * deadlock. Returns their number, or 0 if there is no deadlock. The trap need not have stopped any
 * of the tasks.
 */
static unsigned find_circle(struct locks *locks, const struct locks_task **path, unsigned n)
{
	const struct locks_held *wanted = wanted_by(locks, path[n - 1]);
	unsigned found = 0;

	if (!wanted || !member_of(locks, wanted->class))
		return 0;
	for (unsigned i = 0; i < LOCKS_TASKS && !found; i++) {
		const struct locks_task *task = &locks->task[i];
		bool seen = false;

		if (!task->stack || task == path[n - 1] || !has(locks, task, wanted))
			continue;
		if (task == path[0])
			return n;
		for (unsigned k = 0; k < n; k++)
			seen |= path[k] == task;
		if (seen || n == TRAP_PARTIES)
			continue;
		path[n] = task;
		found = find_circle(locks, path, n + 1);
	}
	return found;
}

static void write_circle(struct locks *locks, FILE *out)
{
	const struct locks_task *path[TRAP_PARTIES];
	unsigned n = 0;

	for (unsigned i = 0; i < LOCKS_TASKS && !n; i++) {
		path[0] = &locks->task[i];
		if (path[0]->stack)
			n = find_circle(locks, path, 1);
	}
	for (unsigned i = 0; i < n; i++)
		fprintf(out, "circle %u waits\n", wanted_by(locks, path[i])->class);
	/*
	 * if no tasks wait in a circle now, write the circle that was closed last, whose tasks have
	 * continued
	 */
	for (unsigned i = 0; i < locks->trap.n_circle && !n; i++)
		fprintf(out, "circle %u gone\n", locks->trap.circle[i].class);
}

void trap_write(struct locks *locks, FILE *out)
{
	const struct locks_trap *trap = &locks->trap;

	if (!trap->n_members)
		return;
	fprintf(out, "trap %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", trap->held, trap->met,
		trap->expired);
	for (unsigned i = 0; i < trap->n_members; i++)
		for (unsigned j = 0; j < trap->n_members; j++)
			if (trap->met_by[i][j])
				fprintf(out, "encounter %u %u %" PRIu64 "\n", i, j,
					trap->met_by[i][j]);
	write_circle(locks, out);
}
