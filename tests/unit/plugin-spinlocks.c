// SPDX-License-Identifier: GPL-2.0-only
/* Tests how the lock recorder handles spinlocks: interrupts, task switches, names, limits. */
#include <string.h>

#include "tests/unit/plugin-locks.h"
#include "tests/unit/plugin.h"
#include "tests/unit/suite.h"

#define I 0xffffffff82000400ull /* a lock that interrupts acquire */
#define J 0xffffffff82000500ull
#define IRQ_STACK 0xffff88803fc03000ull /* not aligned to the size of a stack */

static const struct locks_hook spin = {LOCKS_WANT, .write = true, .spin = true};
static const struct locks_hook spin_read = {LOCKS_WANT, .spin = true};
static const struct locks_hook spin_try = {LOCKS_TRY, .write = true, .spin = true};
static const struct locks_hook spin_drop = {LOCKS_DROP, .write = true, .spin = true};
static const struct locks_hook spin_named = {LOCKS_NAMED, .write = true, .spin = true};
static const struct locks_hook queue_named = {
	LOCKS_NAMED, .write = true, .spin = true, .outer = true};
static const struct locks_hook begin = {LOCKS_BEGIN}, end = {LOCKS_END}, ended = {LOCKS_ENDED},
			       softirq = {LOCKS_WHILE};

/* A function is entered on CPU with the stack pointer SP. */
static void at(unsigned cpu, uint64_t sp, const struct locks_hook *hook, uint64_t lock)
{
	const struct locks_call c = {
		.cpu = cpu, .sp = sp, .arg = {lock}, .caller = 0xffffffff81000010};

	locks_enter(locks, hook, &c);
}

static void assert_complete(void)
{
	ck_assert_uint_eq(locks->counts.unmatched, 0);
	ck_assert_uint_eq(locks->counts.left, 0);
	ck_assert_uint_eq(locks->counts.unresolved, 0);
	ck_assert_uint_eq(locks->counts.full, 0);
}

/* Edges from a sleeping lock, and between spinlocks; a trylock makes none to its lock. */
START_TEST(orders_of_spinlocks)
{
	uint64_t sp = STACK(1);

	at(0, sp, &want_w, A);
	at(0, sp, &spin, I);
	at(0, sp, &spin_try, J);
	locks_return(locks, 0, sp, 1);
	at(0, sp, &spin, B);
	ck_assert_ptr_nonnull(edge(A, I));
	ck_assert_ptr_null(edge(I, J));
	ck_assert_ptr_nonnull(edge(J, B));
	ck_assert_uint_eq(edge(I, B)->pair[0].n_gates, 2);
	at(0, sp, &spin_drop, B);
	at(0, sp, &spin_drop, I);
	at(0, sp, &spin_drop, J);
	at(0, sp, &drop, A);
	ck_assert_uint_eq(locks->counts.acquired, 4);
	ck_assert_uint_eq(locks->counts.elsewhere, 0);
	assert_complete();
}
END_TEST

/*
 * An interrupt uses the stack of a task that holds A and is in a trylock of J: the interrupt's
 * locks get no edge from A. A softirq at its end, and a hard interrupt on the stack of the softirq,
 * are distinguished, too.
 */
START_TEST(interrupts)
{
	uint64_t sp = STACK(1), irq = sp - 0x400, soft = irq - 0x200;

	at(0, sp, &spin, A);
	at(0, sp - 0x40, &spin_try, J);
	at(0, irq, &begin, 0);
	at(0, irq, &spin, I);
	at(0, irq, &spin_drop, I);
	at(0, irq, &end, 0);
	at(0, soft, &softirq, 0);
	at(0, soft - 8, &spin, B);
	at(0, soft - 0x100, &begin, 0);
	at(0, soft - 0x100, &spin, I);
	at(0, soft - 0x100, &spin_drop, I);
	at(0, soft - 0x100, &end, 0);
	locks_return(locks, 0, soft - 0x100, 0);
	at(0, soft - 8, &spin, G);
	at(0, soft - 8, &spin_drop, G);
	at(0, soft - 8, &spin_drop, B);
	locks_return(locks, 0, soft, 0);
	ck_assert_uint_eq(locks->cpu[0].level, 1);
	locks_return(locks, 0, irq, 0);
	ck_assert_uint_eq(locks->cpu[0].level, 0);
	locks_return(locks, 0, sp - 0x40, 1);
	at(0, sp, &spin, I);
	ck_assert_uint_eq(locks->n_edges, 3);
	ck_assert(edge(B, G) && edge(A, I) && edge(J, I));
	ck_assert_uint_eq(edge(A, I)->pair[0].count, 1);
	at(0, sp, &spin_drop, I);
	at(0, sp, &spin_drop, J);
	at(0, sp, &spin_drop, A);
	assert_complete();
}
END_TEST

/* Readers of a spinning lock in interrupts do not wait for waiting writers. */
START_TEST(readers)
{
	at(0, STACK(1), &spin, A);
	at(0, STACK(1), &spin_read, B);
	at(0, STACK(1), &spin_drop, B);
	ck_assert_uint_eq(edge(A, B)->pair[0].modes, LOCKS_MODE(1, 0));
	at(0, STACK(1) - 8, &softirq, 0);
	at(0, STACK(1) - 16, &spin, A);
	at(0, STACK(1) - 16, &spin_read, B);
	ck_assert_uint_eq(edge(A, B)->pair[0].modes, LOCKS_MODE(1, 0) | LOCKS_MODE_RECURSIVE(1));
	at(0, STACK(1) - 16, &want_r, G); /* a reader in down_read() waits for them */
	ck_assert_uint_eq(edge(A, G)->pair[0].modes, LOCKS_MODE(1, 0));
}
END_TEST

/*
 * The return of irq_exit() is not seen; the stack pointer of the next event shows that it has
 * returned.
 */
START_TEST(end_is_not_seen)
{
	at(0, STACK(1), &spin, A);
	at(0, IRQ_STACK - 8, &begin, 0);
	at(0, IRQ_STACK - 8, &end, 0);
	/*
	 * the interrupt has not ended, although a multiple of the stack size is between the two
	 * stack pointers
	 */
	at(0, IRQ_STACK - 0x3100, &spin, I);
	ck_assert_ptr_null(edge(A, I));
	at(0, IRQ_STACK - 0x3100, &spin_drop, I);
	at(0, STACK(1) - 8, &spin, B);
	ck_assert_ptr_nonnull(edge(A, B));
	at(0, STACK(1) - 8, &spin_drop, B);
	/* an interrupt on the task's stack: a higher stack pointer shows that it has ended */
	at(0, STACK(1) - 0x80, &begin, 0);
	at(0, STACK(1) - 0x80, &end, 0);
	at(0, STACK(1) - 0x40, &spin_drop, A);
	ck_assert_uint_eq(locks->cpu[0].level, 0);
	assert_complete();
}
END_TEST

/*
 * irq_exit() jumps to a function whose return is not seen, on the stack of a softirq. Then the
 * softirq acquires a lock deeper in the stack, and releases it by a jump.
 */
START_TEST(end_by_jump)
{
	uint64_t sp = IRQ_STACK;

	at(0, sp, &softirq, 0);
	at(0, sp - 0x200, &begin, 0);
	at(0, sp - 0x200, &end, 0);
	at(0, sp - 0x200, &ended, 0);
	at(0, sp - 0x240, &spin, A);
	at(0, sp - 0x1c0, &spin_drop, A);
	/* the function is called, and its return is seen */
	at(0, sp - 0x200, &begin, 0);
	at(0, sp - 0x200, &end, 0);
	at(0, sp - 0x208, &ended, 0);
	locks_return(locks, 0, sp - 0x200, 0);
	ck_assert_uint_eq(locks->cpu[0].level, 1);
	locks_return(locks, 0, sp, 0);
	ck_assert_uint_eq(locks->cpu[0].level, 0);
	assert_complete();
}
END_TEST

/* ksoftirqd executes softirqs on its own stack, and a hard interrupt then uses another one. */
START_TEST(another_stack)
{
	uint64_t sp = STACK(1);

	at(0, sp, &softirq, 0);
	at(0, sp - 8, &spin, A);
	at(0, IRQ_STACK, &begin, 0);
	ck_assert_uint_eq(locks->cpu[0].level, 2);
	at(0, IRQ_STACK, &end, 0); /* its return is not seen */
	/* but the next interrupt begins at the same stack pointer, so the first one has ended */
	at(0, IRQ_STACK, &begin, 0);
	ck_assert_uint_eq(locks->cpu[0].level, 2);
	at(0, IRQ_STACK, &end, 0);
	at(0, sp - 8, &spin_drop, A);
	ck_assert_uint_eq(locks->cpu[0].level, 1);
	locks_return(locks, 0, sp, 0);
	ck_assert_uint_eq(locks->cpu[0].level, 0);
	assert_complete();
}
END_TEST

/* The run queue's lock is released by the next task of the vCPU, but not by one of another vCPU. */
START_TEST(task_switch)
{
	at(0, STACK(1), &spin, A);
	at(0, STACK(2), &spin, B); /* task 2 acquires B before it releases A */
	at(0, STACK(2), &spin_drop, B);
	at(0, STACK(2), &spin_drop, A);
	ck_assert_uint_eq(locks->counts.elsewhere, 1);
	assert_complete();
	at(0, STACK(1), &spin, A);
	at(1, STACK(2), &spin_drop, A);
	ck_assert_uint_eq(locks->counts.elsewhere, 1);
	ck_assert_uint_eq(locks->counts.unmatched, 1);
}
END_TEST

START_TEST(lost_count)
{
	/* an interrupt ends with a lock */
	at(0, IRQ_STACK, &begin, 0);
	at(0, IRQ_STACK, &spin, A);
	at(0, IRQ_STACK, &end, 0);
	locks_return(locks, 0, IRQ_STACK, 0);
	ck_assert_uint_eq(locks->counts.left, 1);
	/* an end without a beginning, a beginning without an end, too many of them and of vCPUs */
	at(0, IRQ_STACK, &end, 0);
	ck_assert_uint_eq(locks->counts.unresolved, 1);
	at(0, IRQ_STACK, &begin, 0);
	at(0, STACK(1), &leave, 0);
	ck_assert_uint_eq(locks->counts.unresolved, 2);
	ck_assert_uint_eq(locks->cpu[0].level, 0);
	for (int i = 0; i <= LOCKS_LEVELS; i++)
		at(1, IRQ_STACK, &begin, 0);
	ck_assert_uint_eq(locks->counts.unresolved, 3);
	at(LOCKS_CPUS, IRQ_STACK, &begin, 0);
	ck_assert_uint_eq(locks->counts.unresolved, 4);
}
END_TEST

/* A spinlock and a mutex with the same name; a queue's lock; memory that was a mutex before. */
START_TEST(names)
{
	g_autofree char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	put_text(0x800, "&x->lock");
	put_text(0x820, "&wq_head->lock");
	put_text(0x840, "&x->wait");
	call(1, &named, HEAP, HEAP + 0x800);
	call(1, &spin_named, HEAP + 8, HEAP + 0x800);
	call(1, &queue_named, HEAP + 16, HEAP + 0x840);
	call(1, &spin_named, HEAP + 16, HEAP + 0x820);
	take(1, &want_w, HEAP);
	take(1, &spin, HEAP + 8);
	take(1, &spin, HEAP + 16);
	take(1, &drop, HEAP);
	take(1, &spin_drop, HEAP + 8);
	take(1, &spin_drop, HEAP + 16);
	take(2, &spin, HEAP);
	take(2, &spin, A);
	ck_assert(locks_write(locks, out));
	fclose(out);
	ck_assert_msg(g_regex_match_simple(
			      "class name 0 --w 0 &x->lock\nclass name 0 --ws 0 &x->lock\n"
			      "class name 0 --ws 0 &x->wait\n"
			      "class place 0 --ws ffffffff81000002 -\n"
			      "class static 0 --ws ffffffff82000100 ffffffff81000002\n",
			      text, 0, 0),
		      "%s", text);
	/* a further initialisation is not ignored */
	call(1, &spin_named, HEAP + 16, HEAP + 0x820);
	take(3, &spin, HEAP + 16);
	ck_assert_str_eq(locks->class[locks_find_task(locks, STACK(3))->held[0].class].name,
			 "&wq_head->lock");
}
END_TEST

/* After 1,000,000 acquisitions, also in interrupts, neither tables nor text have grown. */
START_TEST(a_million)
{
	g_autofree char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	put_text(0x800, "&x->lock");
	for (int i = 0; i < 250000; i++) {
		uint64_t sp = STACK(i % 1000), lock = HEAP + 0x10000 + 8 * (i % 100000);
		unsigned cpu = i % 4;

		call(cpu, &spin_named, lock, HEAP + 0x800);
		at(cpu, sp, &want_w, A);
		at(cpu, sp, &spin, B);
		at(cpu, sp, &spin, lock);
		at(cpu, sp - 0x100, &begin, 0);
		at(cpu, sp - 0x100, &spin, I);
		at(cpu, sp - 0x100, &spin_drop, I);
		at(cpu, sp - 0x100, &end, 0);
		locks_return(locks, cpu, sp - 0x100, 0);
		at(cpu, sp, &spin_drop, lock);
		at(cpu, sp, &spin_drop, B);
		at(cpu, sp, &drop, A);
	}
	ck_assert_uint_eq(locks->counts.acquired, 1000000);
	ck_assert_uint_eq(locks->counts.released, 1000000);
	assert_complete();
	ck_assert_uint_eq(locks->n_classes, 4);
	ck_assert_uint_eq(locks->n_edges, 3);
	ck_assert_uint_eq(locks->edge[1].n_pairs, LOCKS_SPIN_PAIRS);
	for (unsigned i = 0; i < LOCKS_TASKS; i++)
		ck_assert_uint_eq(locks->task[i].stack, 0);
	ck_assert(locks_write(locks, out));
	fclose(out);
	ck_assert_uint_lt(size, 1 << 20);
}
END_TEST

void add_spinlock_tests(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, locks_set_up, locks_tear_down);
	tcase_add_test(tcase, orders_of_spinlocks);
	tcase_add_test(tcase, interrupts);
	tcase_add_test(tcase, readers);
	tcase_add_test(tcase, end_is_not_seen);
	tcase_add_test(tcase, end_by_jump);
	tcase_add_test(tcase, another_stack);
	tcase_add_test(tcase, task_switch);
	tcase_add_test(tcase, lost_count);
	tcase_add_test(tcase, names);
	tcase_add_test(tcase, a_million);
}
