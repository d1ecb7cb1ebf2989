// SPDX-License-Identifier: GPL-2.0-only
/* Tests the trap, which stops tasks between the locks of a cycle. */
#include <string.h>

#include "tests/unit/plugin-locks.h"
#include "tests/unit/plugin.h"
#include "tests/unit/suite.h"

#define FUNCTION 0xffffffff81000500ull /* the function of a work item */

static void set_trap(int64_t max_ns, unsigned vcpus)
{
	static const struct trap_member members[] = {{LOCKS_STATIC, A, A + 8, "-"},
						     {LOCKS_STATIC, B, B + 8, "-"}};

	memcpy(locks->trap.member, members, sizeof(members));
	locks->trap.n_members = 2;
	locks->trap.max_ns = max_ns;
	locks->trap.vcpus = vcpus;
	trap_arm(locks, true);
}

static void *want_b(void *data)
{
	take(1, data, B);
	return NULL;
}

static void *flush_work(void *data)
{
	take(1, &flush, HEAP + 0x100);
	return data;
}

static void until_stopped(void)
{
	bool stopped = false;

	while (!stopped) {
		pthread_mutex_lock(&locks->lock);
		stopped = locks->trap.waiting;
		pthread_mutex_unlock(&locks->lock);
		g_thread_yield();
	}
}

static char *written(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert(locks_write(locks, out));
	fclose(out);
	return text;
}

START_TEST(circle_is_closed)
{
	g_autofree char *stuck = NULL, *later = NULL;
	GThread *thread;

	set_trap(100000000000, 2);
	take(1, &want_w, A);
	take(2, &want_r, B);
	thread = g_thread_new("vcpu", want_b, (gpointer)&want_w);
	until_stopped();
	take(2, &want_r, A);
	g_thread_join(thread);
	stuck = written();
	ck_assert_ptr_nonnull(strstr(stuck, "\ntrap 1 1 0\nencounter 0 1 1\nencounter 1 0 1\n"
					    "circle "));
	ck_assert(strstr(stuck, "circle 0 waits\n") && strstr(stuck, "circle 1 waits\n"));
	take(1, &drop, B);
	later = written();
	ck_assert_ptr_nonnull(strstr(later, "circle 1 gone\n"));
}
END_TEST

/* Two readers do not wait for each other; after a wait that expired there is a pause. */
START_TEST(circle_is_not_closed)
{
	set_trap(1000000, 3);
	take(1, &want_r, A);
	take(2, &want_r, B);
	take(1, &want_r, B);
	take(2, &want_r, A);
	ck_assert_uint_eq(locks->trap.met, 0);
	ck_assert_uint_eq(locks->trap.expired, 2);
	ck_assert_int_gt(locks->trap.rest_until_ns[0], 0);
	/* set an endless pause */
	locks->trap.rest_until_ns[1] = INT64_MAX;
	take(3, &want_w, A);
	take(3, &want_w, B);
	ck_assert_uint_eq(locks->trap.held, 2);
	ck_assert_uint_eq(locks->trap.met_by[0][1], 2);
}
END_TEST

/* A task that is stopped at a rarely reached class ends the pause of the other class. */
START_TEST(rare_side_wakes)
{
	set_trap(1000000, 3);
	locks->trap.streak[0] = 2;
	locks->trap.rest_until_ns[0] = INT64_MAX;
	take(1, &want_w, A);
	take(1, &want_w, B);
	ck_assert_int_eq(locks->trap.rest_until_ns[0], 0);
	ck_assert_uint_eq(locks->trap.streak[1], 1);
}
END_TEST

/*
 * A circle is also found if the trap stopped none of its tasks. Here the removal of a kernfs node
 * waits for a reader of the node.
 */
START_TEST(circle_by_itself)
{
	static const struct trap_member members[] = {{LOCKS_STATIC, A, A + 8, "-"},
						     {LOCKS_BY_NODE, 0, 0, "*"}};
	g_autofree char *text = NULL;

	memcpy(locks->trap.member, members, sizeof(members));
	locks->trap.n_members = 2;
	take(2, &get_node, HEAP);
	locks_return(locks, 2, STACK(2), HEAP);
	take(1, &want_w, A);
	take(1, &want_w, G);
	take(1, &await, HEAP);
	take(1, &drop, G);
	take(2, &want_w, A);
	text = written();
	ck_assert_ptr_nonnull(strstr(text, "waits\ncircle "));
}
END_TEST

/* A flush waits for the worker that has the work item, and the worker for the task's lock. */
START_TEST(flush_closes_circle)
{
	static const struct trap_member members[] = {{LOCKS_BY_WORK, FUNCTION, FUNCTION + 8, "-"},
						     {LOCKS_STATIC, A, A + 8, "-"}};
	g_autofree char *stuck = NULL;
	GThread *thread;

	set_trap(100000000000, 2);
	memcpy(locks->trap.member, members, sizeof(members));
	put_pointer(0x100 + 24, FUNCTION);
	take(1, &want_w, A);
	thread = g_thread_new("vcpu", flush_work, NULL);
	until_stopped();
	call(2, &execute, HEAP + 0x900, HEAP + 0x100);
	take(2, &want_w, A);
	g_thread_join(thread);
	ck_assert_uint_eq(locks->trap.met, 1);
	/* the flush waits for a completion, but what it wants is still the work item */
	take(1, &complete, HEAP + 0x800);
	stuck = written();
	ck_assert_ptr_nonnull(strstr(stuck, "waits\ncircle "));
}
END_TEST

/* The trap stops a task that removes a kernfs node only while another task reads that node. */
START_TEST(removal_without_reader)
{
	static const struct trap_member members[] = {{LOCKS_STATIC, A, A + 8, "-"},
						     {LOCKS_BY_NODE, 0, 0, "*"}};

	set_trap(1000000, 3);
	memcpy(locks->trap.member, members, sizeof(members));
	take(1, &want_w, A);
	take(1, &want_w, G);
	take(1, &await, HEAP);
	ck_assert_uint_eq(locks->trap.met_by[0][1], 1);
	ck_assert_uint_eq(locks->trap.held, 0);
	take(2, &get_node, HEAP);
	locks_return(locks, 2, STACK(2), HEAP);
	take(1, &await, HEAP);
	ck_assert_uint_eq(locks->trap.held, 1);
}
END_TEST

/* The last free vCPU is never stopped. A stopped task continues when the trap is disarmed. */
START_TEST(trap_lets_go)
{
	GThread *thread;

	set_trap(100000000000, 1);
	take(1, &want_w, A);
	take(1, &want_w, B);
	ck_assert_uint_eq(locks->trap.held, 0);
	take(1, &drop, B);
	locks->trap.vcpus = 2;
	thread = g_thread_new("vcpu", want_b, (gpointer)&want_w);
	until_stopped();
	trap_arm(locks, false);
	g_thread_join(thread);
	ck_assert_uint_eq(locks->trap.expired, 0);
	ck_assert_uint_eq(locks->trap.met, 0);
}
END_TEST

void add_trap_tests(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, locks_set_up, locks_tear_down);
	tcase_add_test(tcase, circle_is_closed);
	tcase_add_test(tcase, circle_is_not_closed);
	tcase_add_test(tcase, rare_side_wakes);
	tcase_add_test(tcase, circle_by_itself);
	tcase_add_test(tcase, flush_closes_circle);
	tcase_add_test(tcase, removal_without_reader);
	tcase_add_test(tcase, trap_lets_go);
}
