// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests how the engine computes the guest's runtime from schedstat, and how it compares two
 * snapshots of the guest's tasks.
 */
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
 * If one of the guest's two CPUs gets no time, guest runtime does not advance, because work that
 * needs both CPUs makes no progress.
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
	/*
	 * the time during which a guest is idle counts as its run time, the time during which it is
	 * stopped does not
	 */
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

/*
 * Two task lists, and whether task 35 is stuck, whether the lists differ, and whether a task waits
 * for a grace period.
 */
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
	/* a running task is ignored if no function on its stack can hold the lock */
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

/*
 * The journal has the duration of a hang when it was declared: in guest runtime and in wall time.
 */
START_TEST(a_stall_is_timed)
{
	static const char *const ways[] = {"agent-stuck", "hang-at=plug"};
	struct run_plan plan = {.seed = 7, .duration_s = 60}; /* the watchdog ends it earlier */
	g_autofree char *dir = NULL, *journal = NULL, *text = NULL;
	g_auto(GStrv) lines = NULL;
	guint stalls = 0;

	g_setenv("FAKE_QEMU", ways[_i], TRUE);
	ck_assert_int_eq(run_once(&plan, &dir), VERDICT_HANG);
	journal = g_build_filename(dir, "journal", NULL);
	ck_assert(g_file_get_contents(journal, &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	for (char **l = lines; *l; l++) {
		json_t *line = json_loads(*l, 0, NULL);
		double after, wall;

		if (!g_strcmp0(json_string_value(json_object_get(line, "what")), "stall")) {
			after = json_number_value(json_object_get(line, "after_s"));
			wall = json_number_value(json_object_get(line, "wall_s"));
			ck_assert_double_gt(after, 0);
			/*
			 * allow a difference, because progress is checked only four times a second
			 */
			ck_assert_double_ge(wall, after - 0.5);
			ck_assert_double_le(wall, json_number_value(json_object_get(line, "t")));
			stalls++;
		}
		json_decref(line);
	}
	ck_assert_uint_eq(stalls, 1);
}
END_TEST

/* An agent that does not stop in time may have got too little CPU time, so STOP is sent again. */
START_TEST(an_agent_that_ends_late_is_not_stuck)
{
	static const struct {
		const char *how;
		enum verdict verdict;
	} ways[] = {{"agent-late=3", VERDICT_PASS}, {"agent-late=100", VERDICT_HANG}};
	struct run_plan plan = {.seed = 7};
	g_autofree char *dir = NULL;

	g_setenv("FAKE_QEMU", ways[_i].how, TRUE);
	ck_assert_int_eq(run_once(&plan, &dir), ways[_i].verdict);
	ck_assert(ways[_i].verdict == VERDICT_PASS || has_reason(dir, "is stuck in the kernel"));
}
END_TEST

void add_watch_tests(TCase *tcase)
{
	tcase_add_test(tcase, the_slowest_thread_counts);
	tcase_add_loop_test(tcase, two_moments, 0, G_N_ELEMENTS(moments));
	tcase_add_loop_test(tcase, a_stall_is_timed, 0, 2);
	tcase_add_loop_test(tcase, an_agent_that_ends_late_is_not_stuck, 0, 2);
}
