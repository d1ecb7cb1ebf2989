// SPDX-License-Identifier: GPL-2.0-only
/* Guest runtime from schedstat, and comparisons of two snapshots of the guest's tasks. */
#include "tests/unit/engine.h"

#include <glib/gstdio.h>
#include <string.h>

#include "engine/runtime.h"
#include "engine/snapshot.h"
#include "tests/unit/suite.h"
#include "util/clock.h"

static void write_thread(const char *tid, double ran_s, double waited_s)
{
	g_autofree char *dir = g_build_filename(scratch, tid, NULL);
	g_autofree char *file = g_build_filename(dir, "schedstat", NULL);
	g_autofree char *text = g_strdup_printf("%.0f %.0f 7\n", ran_s * 1e9, waited_s * 1e9);

	g_mkdir_with_parents(dir, 0700);
	ck_assert(g_file_set_contents(file, text, -1, NULL));
}

/*
 * One of the guest's two CPUs gets no time while the other runs: work that needs both makes no
 * progress.
 */
START_TEST(the_slowest_thread_counts)
{
	struct runtime runtime;

	runtime_init(&runtime);
	write_thread("10", 1, 1);
	write_thread("11", 1, 50); /* waiting time before the first update does not count */
	runtime_update_at(&runtime, scratch, FALSE, 1 * RIG_NS_PER_S);
	ck_assert_double_eq(runtime.guest_s, 0);
	write_thread("10", 11, 1);
	write_thread("11", 1, 59);
	write_thread("12", 0, 99); /* the earlier waiting time of a new thread does not count */
	runtime_update_at(&runtime, scratch, FALSE, 11 * RIG_NS_PER_S);
	ck_assert_double_eq_tol(runtime.guest_s, 1, 0.001);
	/* all time of an idle guest counts, none of a stopped one */
	runtime_update_at(&runtime, scratch, FALSE, 13 * RIG_NS_PER_S);
	ck_assert_double_eq_tol(runtime.guest_s, 3, 0.001);
	runtime_update_at(&runtime, scratch, TRUE, 20 * RIG_NS_PER_S);
	ck_assert_double_eq_tol(runtime.guest_s, 3, 0.001);
	runtime_deinit(&runtime);
}
END_TEST

#define WAITER "task 35 block-state D - switches 40\n\t[<0>] percpu_rwsem_wait+0xc/0xe\n" \
	       "\t[<0>] get_online_mems+0x1/0x2\n\t[<0>] kmem_cache_create+0x1/0x2\n"
#define OWNER(state, switches) "task 46 blocks " state " - switches " switches "\n" \
	       "\t[<0>] migrate_pages+0x1/0x2\n\t[<0>] offline_pages+0x257/0x6ca\n"
#define POLLER "task 36 block-online D msleep switches 7\n\t[<0>] msleep+0x13/0x19\n" \
	       "\t[<0>] lock_device_hotplug_sysfs+0x1e/0x31\n\t[<0>] state_store+0x1e/0x74\n"

/* {two moments; is task 35 stuck, do they differ, does one wait for a grace period} */
static const struct {
	const char *was, *is;
	gboolean stuck, differ, rcu;
} moments[] = {
	{WAITER, WAITER, TRUE, FALSE, FALSE},
	{WAITER OWNER("D", "5"), WAITER OWNER("D", "5"), TRUE, FALSE, FALSE},
	/* the task that may hold the lock has run */
	{WAITER OWNER("D", "5"), WAITER OWNER("D", "6"), FALSE, TRUE, FALSE},
	{WAITER OWNER("D", "5"), WAITER OWNER("R", "5"), FALSE, TRUE, FALSE},
	{WAITER OWNER("R", "5"), WAITER, FALSE, FALSE, FALSE},
	/* a task does not matter if no function on its stack can hold the lock */
	{WAITER "task 50 mem-read R - switches 1\n\t[<0>] seq_read+0x1/0x2\n", WAITER, TRUE, FALSE,
	 FALSE},
	/* task 35 has run itself, or only polls */
	{WAITER, "task 35 block-state D - switches 41\n", FALSE, TRUE, FALSE},
	{POLLER, POLLER, FALSE, FALSE, FALSE},
	{WAITER "count migrated 1\n", WAITER "count migrated 2\n", TRUE, TRUE, FALSE},
	{WAITER, WAITER "task 9 cpu D - switches 1\n\t[<0>] synchronize_rcu_expedited+0x1/0x2\n",
	 TRUE, TRUE, TRUE},
	{"", "", FALSE, FALSE, FALSE},
};

static struct task_snapshot *snapshot(const char *text)
{
	struct guest_tasks *tasks = guest_tasks_parse(text);
	struct task_snapshot *snapshot = task_snapshot_new(tasks);

	guest_tasks_free(tasks);
	return snapshot;
}

START_TEST(two_moments)
{
	struct task_snapshot *was = snapshot(moments[_i].was), *is = snapshot(moments[_i].is);

	ck_assert_int_eq(task_snapshots_stuck(was, is, 35), moments[_i].stuck);
	ck_assert_int_eq(task_snapshots_stuck(was, is, 36), FALSE);
	ck_assert_int_eq(task_snapshots_differ(was, is), moments[_i].differ);
	ck_assert_int_eq(task_snapshot_waits_for_rcu(is), moments[_i].rcu);
	task_snapshot_free(was);
	task_snapshot_free(is);
}
END_TEST

void add_watch_tests(TCase *tcase)
{
	tcase_add_test(tcase, the_slowest_thread_counts);
	tcase_add_loop_test(tcase, two_moments, 0, G_N_ELEMENTS(moments));
}
