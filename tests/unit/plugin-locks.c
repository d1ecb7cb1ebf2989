// SPDX-License-Identifier: GPL-2.0-only
/* Tests the lock recorder; stacks, locks and places are only numbers. */
#include <string.h>

#include "tests/unit/plugin-locks.h"
#include "tests/unit/plugin.h"
#include "tests/unit/suite.h"

struct locks *locks;
static char guest[0x1000]; /* the guest's memory, which begins at address HEAP */

static bool memory(uint64_t address, void *to, size_t len, void *data)
{
	(void)data;
	if (address < HEAP || address + len > HEAP + sizeof(guest))
		return false;
	memcpy(to, guest + (address - HEAP), len);
	return true;
}

void locks_set_up(void)
{
	locks = g_new0(struct locks, 1);
	locks->stack_size = 0x4000;
	locks->image_from = locks->text_from = 0xffffffff81000000;
	locks->image_to = 0xffffffff83000000;
	locks->text_to = 0xffffffff82000000;
	locks->memory = memory;
	locks_init(locks);
	memset(guest, 0, sizeof(guest));
}

void locks_tear_down(void)
{
	g_clear_pointer(&locks, g_free);
}

void call(int task, const struct locks_hook *hook, uint64_t lock, uint64_t second)
{
	const struct locks_call c = {
		.cpu = task,
		.sp = STACK(task),
		.arg = {lock, second},
		.caller = 0xffffffff81000000 + task % 10,
	};

	locks_enter(locks, hook, &c);
}

void take(int task, const struct locks_hook *hook, uint64_t lock)
{
	call(task, hook, lock, 0);
}

void put_text(unsigned at, const char *text)
{
	memcpy(guest + at, text, strlen(text) + 1);
}

void put_pointer(unsigned at, uint64_t value)
{
	memcpy(guest + at, &value, sizeof(value));
}

const struct locks_edge *edge(uint64_t from, uint64_t to)
{
	for (unsigned i = 0; i < locks->n_edges; i++) {
		const struct locks_edge *e = &locks->edge[i];

		if (locks->class[e->from].address == from && locks->class[e->to].address == to)
			return e;
	}
	return NULL;
}

START_TEST(an_order_and_its_gates)
{
	const struct locks_edge *e;

	for (int round = 0; round < 2; round++) {
		take(1, &want_w, G);
		take(1, &want_r, A);
		take(1, &want_w, B);
		take(1, &drop, B);
		take(1, &drop, G);
		take(1, &drop, A);
	}
	e = edge(A, B);
	ck_assert_ptr_nonnull(e);
	ck_assert_uint_eq(e->n_pairs, 1);
	ck_assert_uint_eq(e->pair[0].count, 2);
	ck_assert_uint_eq(e->pair[0].modes, LOCKS_MODE(0, 1));
	ck_assert_uint_eq(e->pair[0].n_gates, 1);
	ck_assert_uint_eq(e->pair[0].gate[0].lock, G);
	ck_assert_uint_eq(e->stack[0], 0xffffffff81000001);
	ck_assert_ptr_null(edge(B, A));
	/*
	 * one acquisition without G, so G is not a gate; a G that another task holds does not count
	 */
	take(2, &want_w, G);
	take(1, &want_r, A);
	take(1, &want_w, B);
	ck_assert_uint_eq(e->pair[0].n_gates, 0);
	ck_assert_uint_eq(locks->counts.acquired, 9);
	ck_assert_uint_eq(locks->counts.unmatched, 0);
}
END_TEST

START_TEST(calls_that_can_fail)
{
	take(1, &want_w, A);
	take(1, &try_w, B);
	locks_return(locks, 1, STACK(1) + 8, 1); /* the return of another function has no effect */
	ck_assert_uint_eq(locks->counts.acquired, 1);
	locks_return(locks, 1, STACK(1), 0);
	take(1, &try_w, B);
	locks_return(locks, 1, STACK(1), 1);
	/* a trylock does not wait: there is no edge to its lock, but one from it */
	ck_assert_ptr_null(edge(A, B));
	take(1, &want_w, G);
	ck_assert_ptr_nonnull(edge(B, G));
	take(1, &drop, G);
	/* a task killed while waiting: there is an edge, but the lock is not held */
	take(1, &may_w, G);
	locks_return(locks, 1, STACK(1), (uint64_t)-4);
	take(1, &may_w, G);
	locks_return(locks, 1, STACK(1), 0);
	take(1, &drop, G);
	take(1, &drop, B);
	take(1, &drop, A);
	ck_assert_uint_eq(locks->counts.unmatched, 0);
	take(1, &drop, A);
	ck_assert_uint_eq(locks->counts.unmatched, 1);
	ck_assert_uint_eq(locks->fault[0], 0xffffffff81000001);
}
END_TEST

START_TEST(lost_count)
{
	take(1, &want_w, A);
	take(1, &try_w, B);
	take(1, &leave, 0);
	ck_assert_uint_eq(locks->counts.left, 1);
	ck_assert_uint_eq(locks->counts.unresolved, 1);
	/* a task releases a lock that another one has acquired, as up_read_non_owner() does */
	take(1, &want_w, A);
	take(2, &drop, A);
	ck_assert_uint_eq(locks->counts.elsewhere, 1);
	ck_assert_uint_eq(locks->counts.unmatched, 0);
	for (int i = 0; i < LOCKS_HELD + 1; i++)
		take(3, &want_w, HEAP + 8 * i);
	ck_assert_uint_eq(locks->counts.full, 1);
}
END_TEST

/* Stores three tasks in TASK whose entries in the hash table begin at the same place. */
static void find_colliding(int task[3])
{
	unsigned n = 0;

	for (int i = 1; n < 3; i++)
		if (locks_hash(STACK(i) & ~0x3fffull) % LOCKS_TASKS ==
		    locks_hash(STACK(n ? task[0] : i) & ~0x3fffull) % LOCKS_TASKS)
			task[n++] = i;
}

/* The entry of the second task moves to that of the first one; the third one takes its place. */
START_TEST(moved_entry)
{
	int task[3] = {0};

	find_colliding(task);
	take(task[0], &want_w, A);
	take(task[1], &want_w, B);
	take(task[0], &drop, A);
	take(task[2], &want_w, G);
	ck_assert_ptr_null(edge(B, G));
	take(task[2], &drop, G);
	take(task[2], &leave, 0);
	take(task[1], &drop, B);
	ck_assert_uint_eq(locks->counts.left, 0);
	ck_assert_uint_eq(locks->counts.unmatched, 0);
}
END_TEST

START_TEST(names_of_classes)
{
	put_text(0x800, "&dev->mutex");
	call(1, &named, HEAP, HEAP + 0x800);
	call(1, &named, HEAP + 8, HEAP + 0x800);
	call(1, &placed, HEAP + 16, 0);
	take(1, &want_w, HEAP);
	take(1, &want_w, HEAP + 16);
	take(1, &want_w, HEAP + 24);
	take(1, &cpus, 0);
	ck_assert_uint_eq(locks->n_classes, 4);
	ck_assert_str_eq(locks->class[0].name, "&dev->mutex");
	ck_assert(!locks->class[0].many);
	ck_assert_int_eq(locks->class[1].kind, LOCKS_BY_INIT);
	ck_assert_int_eq(locks->class[2].kind, LOCKS_BY_PLACE);
	ck_assert_uint_eq(locks->class[3].address, G);
	/* with a subclass, a second lock of the first class gets a class of its own */
	call(1, &nested, HEAP + 8, 1);
	ck_assert_uint_eq(locks->n_classes, 5);
	ck_assert_uint_eq(locks->class[4].sub, 1);
	take(2, &want_w, HEAP + 8);
	ck_assert(locks->class[0].many);
	/* locks of one class are distinguished; nesting two of them makes no edge */
	ck_assert_uint_eq(locks->edge[0].pair[0].from, HEAP);
	ck_assert_uint_eq(locks->edge[0].pair[0].to, HEAP + 16);
	take(2, &want_w, HEAP);
	for (unsigned i = 0; i < locks->n_edges; i++)
		ck_assert_uint_ne(locks->edge[i].from, locks->edge[i].to);
}
END_TEST

START_TEST(kernfs_nodes)
{
	/* the pointers to parent and name are at 48 and 56, as if a lockdep_map preceded them */
	put_pointer(0x100 + 48, HEAP + 0x200);
	put_pointer(0x100 + 56, HEAP + 0x400);
	put_pointer(0x200 + 48, HEAP + 0x300);
	put_pointer(0x200 + 56, HEAP + 0x420);
	put_text(0x400, "state");
	put_text(0x420, "memory32");
	take(1, &get_node, HEAP + 0x100);
	locks_return(locks, 1, STACK(1), HEAP + 0x100);
	take(1, &want_w, A);
	ck_assert_str_eq(locks->class[0].name, "memoryN/state");
	ck_assert_uint_eq(locks->node_offset, 56);
	/* the removal of the node waits for its readers, and releases B meanwhile */
	take(2, &want_w, A);
	take(2, &want_w, B);
	take(2, &await, HEAP + 0x100);
	ck_assert_uint_eq(locks->n_edges, 3);
	ck_assert_uint_eq(locks->class[locks->edge[2].from].address, A);
	ck_assert_uint_eq(locks->edge[2].to, 0);
	ck_assert_uint_eq(locks->edge[2].pair[0].modes, LOCKS_MODE(1, 1));
}
END_TEST

/*
 * A worker has a work item until process_one_work() returns; a task that flushes it has it for
 * reading until the flush returns. The class is the function, which is read each time.
 */
START_TEST(work_items)
{
	const struct locks_edge *there, *back;

	put_pointer(0x100 + 24, 0xffffffff81000500);
	call(1, &execute, HEAP + 0x900, HEAP + 0x100); /* the first argument is the worker */
	take(1, &want_w, A);
	take(1, &drop, A);
	take(2, &want_w, A);
	take(2, &flush, HEAP + 0x100);
	there = edge(0xffffffff81000500, A);
	back = edge(A, 0xffffffff81000500);
	ck_assert(there && back);
	ck_assert_int_eq(locks->class[there->from].kind, LOCKS_BY_WORK);
	ck_assert_uint_eq(there->pair[0].from, HEAP + 0x100);
	ck_assert_uint_eq(there->pair[0].modes, LOCKS_MODE(1, 1));
	ck_assert_uint_eq(back->pair[0].to, HEAP + 0x100);
	ck_assert_uint_eq(back->pair[0].modes, LOCKS_MODE(1, 0));
	locks_return(locks, 2, STACK(2), 1);
	locks_return(locks, 1, STACK(1), 0);
	/* neither task has the work item now */
	take(1, &want_w, B);
	take(2, &want_w, B);
	ck_assert_ptr_null(edge(0xffffffff81000500, B));
	/* a work item in the same memory, with another function, has another class */
	put_pointer(0x100 + 24, 0xffffffff81000600);
	call(3, &execute, HEAP + 0x900, HEAP + 0x100);
	take(3, &want_w, A);
	ck_assert_ptr_nonnull(edge(0xffffffff81000600, A));
	ck_assert_uint_eq(locks->counts.unmatched + locks->counts.unresolved, 0);
}
END_TEST

/* A wait for a completion on the stack belongs to its place, one for a variable to the variable. */
START_TEST(completions)
{
	take(1, &want_w, A);
	take(1, &complete, HEAP);
	ck_assert_ptr_nonnull(edge(A, 0xffffffff81000001));
	ck_assert_int_eq(locks->class[locks->edge[0].to].kind, LOCKS_BY_WAIT);
	locks_return(locks, 1, STACK(1), 0);
	take(1, &complete, G);
	ck_assert_ptr_nonnull(edge(A, G));
	locks_return(locks, 1, STACK(1), 0);
	/* the memory of the first completion is a lock now */
	call(1, &placed, HEAP, 0);
	take(1, &want_w, HEAP);
	ck_assert_int_eq(locks->class[locks->edge[2].to].kind, LOCKS_BY_INIT);
	take(1, &drop, HEAP);
	take(1, &drop, A);
	ck_assert_uint_eq(locks->counts.unmatched + locks->counts.unresolved, 0);
}
END_TEST

START_TEST(weakened)
{
	take(1, &want_w, A);
	take(1, &weaken, A);
	take(1, &want_w, B);
	ck_assert_uint_eq(edge(A, B)->pair[0].modes, LOCKS_MODE(0, 1));
}
END_TEST

/*
 * After 1,000,000 acquisitions of many locks by many tasks, neither the tables nor the text have
 * grown.
 */
START_TEST(a_million)
{
	g_autofree char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (int i = 0; i < 333334; i++) {
		int task = i % 1000;

		take(task, &want_w, A);
		take(task, &want_w, B);
		call(task, &placed, HEAP + 8 * (i % 100000), 0);
		take(task, &want_w, HEAP + 8 * (i % 100000));
		take(task, &drop, HEAP + 8 * (i % 100000));
		take(task, &drop, B);
		take(task, &drop, A);
	}
	ck_assert_uint_ge(locks->counts.acquired, 1000000);
	ck_assert_uint_eq(locks->counts.full, 0);
	ck_assert_uint_eq(locks->n_classes, 12);
	ck_assert_uint_eq(locks->edge[1].n_pairs, LOCKS_PAIRS);
	for (unsigned i = 0; i < LOCKS_TASKS; i++)
		ck_assert_uint_eq(locks->task[i].stack, 0);
	ck_assert(locks_write(locks, out));
	fclose(out);
	ck_assert_uint_lt(size, 1 << 20);
	ck_assert(g_str_has_prefix(text, LOCKS_MAGIC "\ncounts 1000002 1000002 0 0 0 0 0\n"));
	ck_assert(g_str_has_suffix(text, "\nend\n"));
}
END_TEST

void add_lock_tests(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, locks_set_up, locks_tear_down);
	tcase_add_test(tcase, an_order_and_its_gates);
	tcase_add_test(tcase, calls_that_can_fail);
	tcase_add_test(tcase, lost_count);
	tcase_add_test(tcase, moved_entry);
	tcase_add_test(tcase, names_of_classes);
	tcase_add_test(tcase, kernfs_nodes);
	tcase_add_test(tcase, work_items);
	tcase_add_test(tcase, completions);
	tcase_add_test(tcase, weakened);
	tcase_add_test(tcase, a_million);
}
