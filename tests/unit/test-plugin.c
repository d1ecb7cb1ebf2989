// SPDX-License-Identifier: GPL-2.0-only
/* Tests the director's plugin: its holds, with threads as vCPUs, and its counts of visits. */
#include <check.h>
#include <string.h>

#include "plugin/hold.h"
#include "plugin/visits.h"
#include "tests/unit/plugin.h"
#include "tests/unit/suite.h"

#define MS 1000000

/* ---- holds, which make vCPUs wait ---- */

struct reach {
	struct holds *holds;
	unsigned id, cpu;
	enum hold_side side;
	uint64_t key;
};

static struct hold_wait ended[8];
static atomic_uint n_ended;

static void on_ended(const struct hold_wait *wait, void *data)
{
	(void)data;
	ended[atomic_fetch_add(&n_ended, 1) % G_N_ELEMENTS(ended)] = *wait;
}

static void *reach_thread(void *data)
{
	struct reach *reach = data;

	holds_reach(reach->holds, reach->id, reach->side, reach->cpu, reach->key);
	return NULL;
}

static GThread *reach(struct reach *what)
{
	return g_thread_new("vcpu", reach_thread, what);
}

static void until_waiting(struct hold *hold)
{
	while (!atomic_load(&hold->waiting))
		g_thread_yield();
}

static void start(struct holds *holds, struct hold *hold, unsigned n)
{
	*holds = (struct holds){.hold = hold, .n = n, .vcpus = 2, .ended = on_ended};
	holds_init(holds);
	holds_arm(holds, true);
	atomic_store(&n_ended, 0);
}

START_TEST(until_met)
{
	struct hold hold = {
		.kind = HOLD_UNTIL, .max_ns = 500ll * MS * 1000, .times = 1, .visits = 3};
	struct holds holds;
	struct reach a = {&holds, 0, 0, SIDE_A};
	GThread *thread;

	start(&holds, &hold, 1);
	/* reaching the second place before the wait is not counted */
	holds_reach(&holds, 0, SIDE_B, 1, 0);
	thread = reach(&a);
	until_waiting(&hold);
	for (int i = 0; i < 3; i++)
		holds_reach(&holds, 0, SIDE_B, 1, 0);
	g_thread_join(thread);
	ck_assert_uint_eq(n_ended, 1);
	ck_assert_int_eq(ended[0].outcome, HOLD_MET);
	ck_assert_uint_ge(ended[0].visits, 3);
	/* the hold was used `times` times, so no vCPU waits any more */
	holds_reach(&holds, 0, SIDE_A, 0, 0);
	ck_assert_uint_eq(n_ended, 1);
}
END_TEST

START_TEST(expires)
{
	struct hold hold = {.kind = HOLD_UNTIL, .max_ns = 2 * MS, .times = 5, .visits = 1};
	struct hold_totals totals;
	struct holds holds;

	start(&holds, &hold, 1);
	holds_reach(&holds, 0, SIDE_A, 0, 0);
	holds_totals(&holds, 0, &totals);
	ck_assert_int_eq(ended[0].outcome, HOLD_EXPIRED);
	ck_assert_uint_eq(totals.outcome[HOLD_EXPIRED], 1);
	ck_assert_uint_ge(totals.held_ns, 2 * MS);
	/* after a wait, the hold is inactive for as long as the wait was */
	ck_assert_int_eq(hold.rest_until_ns, ended[0].start_ns + 2 * ended[0].length_ns);
}
END_TEST

START_TEST(released)
{
	struct hold hold = {
		.kind = HOLD_UNTIL, .max_ns = 500ll * MS * 1000, .times = 5, .visits = 1};
	struct holds holds;
	struct reach a = {&holds, 0, 0, SIDE_A};
	GThread *thread;

	start(&holds, &hold, 1);
	thread = reach(&a);
	until_waiting(&hold);
	holds_arm(&holds, false);
	g_thread_join(thread);
	ck_assert_int_eq(ended[0].outcome, HOLD_RELEASED);
	holds_reach(&holds, 0, SIDE_A, 0, 0);
	ck_assert_uint_eq(n_ended, 1);
}
END_TEST

START_TEST(meeting)
{
	struct hold hold = {
		.kind = HOLD_MEET, .max_ns = 500ll * MS * 1000, .times = 5, .visits = 1};
	struct holds holds;
	struct hold_totals totals;

	start(&holds, &hold, 1);
	for (int i = 0; i < 2; i++) {
		struct reach first = {&holds, 0, 0, i ? SIDE_B : SIDE_A};
		GThread *thread = reach(&first);

		until_waiting(&hold);
		holds_reach(&holds, 0, i ? SIDE_A : SIDE_B, 1, 0);
		g_thread_join(thread);
	}
	holds_totals(&holds, 0, &totals);
	ck_assert_uint_eq(totals.outcome[HOLD_MET], 2);
	ck_assert_uint_eq(totals.held, 2);
	ck_assert_uint_eq(ended[1].side, SIDE_B);
}
END_TEST

/*
 * The second hold begins when a vCPU has ended a wait of the first one, even before the waiting
 * vCPU continues.
 */
START_TEST(after_another)
{
	struct hold hold[2] = {
		{.kind = HOLD_UNTIL, .max_ns = 500ll * MS * 1000, .times = 5, .visits = 2},
		{.kind = HOLD_UNTIL, .max_ns = 1, .times = 5, .visits = 1, .after = 1},
	};
	struct holds holds;
	struct reach a = {&holds, 0, 0, SIDE_A};
	struct hold_totals totals;
	GThread *thread;

	start(&holds, hold, 2);
	holds.vcpus = 3;
	thread = reach(&a);
	until_waiting(&hold[0]);
	holds_reach(&holds, 0, SIDE_B, 1, 0);
	holds_reach(&holds, 1, SIDE_A, 1, 0);
	holds_totals(&holds, 1, &totals);
	ck_assert_uint_eq(totals.held, 0);
	holds_reach(&holds, 0, SIDE_B, 1, 0);
	/* a further visit, before the waiting vCPU continues, is not another met wait */
	holds_reach(&holds, 0, SIDE_B, 1, 0);
	holds_reach(&holds, 1, SIDE_A, 1, 0);
	holds_totals(&holds, 1, &totals);
	ck_assert_uint_eq(totals.held, 1);
	ck_assert_uint_eq(totals.early, 1);
	g_thread_join(thread);
	ck_assert_uint_eq(hold[0].met, 1);
	/* a wait of the first hold that was met allows one wait at the second hold */
	hold[1].rest_until_ns = 0;
	holds_reach(&holds, 1, SIDE_A, 1, 0);
	holds_totals(&holds, 1, &totals);
	ck_assert_uint_eq(totals.held, 1);
	ck_assert_uint_eq(totals.early, 2);
	/* if two waits of the first hold were met meanwhile, they also allow only one wait */
	atomic_fetch_add(&hold[0].met, 2);
	for (int i = 0; i < 2; i++) {
		hold[1].rest_until_ns = 0;
		holds_reach(&holds, 1, SIDE_A, 1, 0);
	}
	holds_totals(&holds, 1, &totals);
	ck_assert_uint_eq(totals.held, 2);
}
END_TEST

/*
 * A vCPU that reaches the second place with another key (`same`) does not end the wait; one with
 * the same key does.
 */
START_TEST(same_key)
{
	struct hold hold = {.kind = HOLD_UNTIL, .max_ns = 500ll * MS * 1000, .times = 5,
			    .visits = 1, .same = true};
	struct holds holds;
	struct hold_totals totals;
	struct reach a = {&holds, 0, 0, SIDE_A, 7};

	start(&holds, &hold, 1);
	for (int meet = 0; meet < 2; meet++) {
		GThread *thread;

		hold.kind = meet ? HOLD_MEET : HOLD_UNTIL;
		thread = reach(&a);
		until_waiting(&hold);
		/* with `meet`, the other vCPU is the only one that is free, and does not wait */
		holds_reach(&holds, 0, SIDE_B, 1, 8);
		ck_assert_uint_eq(n_ended, meet);
		holds_reach(&holds, 0, SIDE_B, 1, 7);
		g_thread_join(thread);
		ck_assert_int_eq(ended[meet].outcome, HOLD_MET);
	}
	holds_totals(&holds, 0, &totals);
	ck_assert_uint_eq(totals.reached[SIDE_B], 4);
	ck_assert_uint_eq(totals.unfit, 1);
	ck_assert_uint_eq(totals.crowded, 1);
}
END_TEST

/* If one of two vCPUs waits, the other one must not wait. */
START_TEST(one_is_free)
{
	struct hold hold[2] = {
		{.kind = HOLD_UNTIL, .max_ns = 500ll * MS * 1000, .times = 5, .visits = 1},
		{.kind = HOLD_UNTIL, .max_ns = 500ll * MS * 1000, .times = 5, .visits = 1},
	};
	struct holds holds;
	struct reach a = {&holds, 0, 0, SIDE_A};
	struct hold_totals totals;
	GThread *thread;

	start(&holds, hold, 2);
	thread = reach(&a);
	until_waiting(&hold[0]);
	holds_reach(&holds, 1, SIDE_A, 1, 0);
	holds_reach(&holds, 0, SIDE_B, 1, 0);
	g_thread_join(thread);
	holds_totals(&holds, 1, &totals);
	ck_assert_uint_eq(totals.crowded, 1);
	ck_assert_uint_eq(totals.held, 0);
	ck_assert_uint_eq(n_ended, 1);
}
END_TEST

/* ---- sweeps, in which many holds take turns ---- */

static unsigned turned[16], n_turned;

static void on_turned(unsigned first, void *data)
{
	(void)data;
	turned[n_turned++ % G_N_ELEMENTS(turned)] = first;
}

static void start_sweep(struct holds *holds, struct hold *hold, unsigned n, unsigned turns)
{
	for (unsigned i = 0; i < n; i++)
		hold[i] = (struct hold){
			.kind = HOLD_DELAY, .max_ns = MS, .times = 100, .visits = 1};
	*holds = (struct holds){
		.hold = hold,
		.n = n,
		.vcpus = 2,
		.ended = on_ended,
		.turned = on_turned,
		.sweep = {.turns = turns, .slots = 1, .window_ns = 1000ll * MS * 1000},
	};
	holds_init(holds);
	holds_arm(holds, true);
	atomic_store(&n_ended, 0);
	n_turned = 0;
}

/*
 * An arm (a hold of a sweep) that has waited waits again after the other arms have waited, or after
 * a time in which none of them did.
 */
START_TEST(seldom_arm)
{
	struct holds holds;
	struct hold hold[2];

	start_sweep(&holds, hold, 2, 2);
	holds_reach(&holds, 0, SIDE_A, 0, 0);
	ck_assert_uint_eq(n_ended, 1);
	ck_assert_int_eq(ended[0].outcome, HOLD_EXPIRED);
	holds_reach(&holds, 0, SIDE_A, 0, 0);
	ck_assert_uint_eq(n_ended, 1);
	holds_reach(&holds, 1, SIDE_A, 0, 0);
	ck_assert_uint_eq(n_ended, 2);
	/*
	 * pretend that the last wait was more than a window ago, so that the next round begins; the
	 * clock counts from the host's boot, so 0 may be too recent
	 */
	atomic_store(&holds.sweep.waited_ns, holds_now_ns() - holds.sweep.window_ns - 1);
	holds_reach(&holds, 0, SIDE_A, 0, 0);
	ck_assert_uint_eq(n_ended, 3);
	ck_assert_uint_eq(holds.sweep.rounds, 1);
	holds_reach(&holds, 0, SIDE_A, 0, 0);
	ck_assert_uint_eq(n_ended, 3);
	holds_reach(&holds, 1, SIDE_A, 0, 0);
	ck_assert_uint_eq(n_ended, 4);
	ck_assert_uint_eq(n_turned, 0);
	ck_assert_uint_eq(hold[0].reached[SIDE_A], 4);
}
END_TEST

/*
 * Arms (holds of a sweep) take turns in the order of the list, and start again after the last one;
 * a window ends only when a vCPU reaches a place.
 */
START_TEST(arms_take_turns)
{
	struct holds holds;
	struct hold hold[4];

	start_sweep(&holds, hold, 4, 1);
	for (unsigned window = 0; window < 4; window++) {
		unsigned turn = 1 + window % 3;

		for (unsigned i = 1; i < 4; i++) {
			atomic_store(&holds.sweep.rest_until_ns[0], 0);
			holds_reach(&holds, i, SIDE_A, 0, 0);
		}
		ck_assert_uint_eq(n_ended, window + 1);
		ck_assert_uint_eq(ended[window].id, turn);
		ck_assert_uint_eq(n_turned, window + 1);
		ck_assert_uint_eq(turned[window], turn);
		/* end the time in which the same arms are active */
		atomic_store(&holds.sweep.ends_ns, 1);
	}
}
END_TEST

/* ---- counts of visits: executions of functions ---- */

START_TEST(neighbours)
{
	g_autofree struct visits *visits = g_new0(struct visits, 1);
	const int64_t second = 1000ll * MS;
	char text[64];

	visits->n = 4;
	/*
	 * function 1 was passed on another vCPU 10 ms before function 0; 2 on the same vCPU; 3 a
	 * second before
	 */
	visits_pass(visits, 3, 1, second);
	visits_pass(visits, 1, 1, 2 * second);
	visits_pass(visits, 2, 0, 2 * second);
	visits_pass(visits, 0, 0, 2 * second + 10 * MS);
	visits_text(visits, 0, text, sizeof(text));
	ck_assert_str_eq(text, "1 1:1");
	visits_text(visits, 3, text, sizeof(text));
	ck_assert_str_eq(text, "1");
	/*
	 * the neighbour that is rarer at other times comes first; those that do not fit are left
	 * out
	 */
	visits_pass(visits, 3, 1, 2 * second + 11 * MS);
	for (int i = 0; i < 100; i++)
		visits_pass(visits, 3, 1, 9 * second);
	visits_text(visits, 0, text, sizeof(text));
	ck_assert_str_eq(text, "1 1:1 3:1");
	visits_text(visits, 0, text, 7);
	ck_assert_str_eq(text, "1 1:1");
	/*
	 * if two vCPUs pass the same function at about the same time, the function itself comes
	 * first
	 */
	visits_pass(visits, 2, 1, 2 * second + 12 * MS);
	visits_text(visits, 2, text, sizeof(text));
	ck_assert_msg(g_str_has_prefix(text, "2 2:1 0:1"), "%s", text);
	/* passes of a vCPU beyond VISITS_CPUS are counted, too */
	visits_pass(visits, 0, VISITS_CPUS, 9 * second);
	ck_assert_uint_eq(visits->count[0], 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plugin");
	TCase *holds = tcase_create("holds"), *files = tcase_create("files"),
	      *locks = tcase_create("locks"), *spinlocks = tcase_create("spinlocks"),
	      *trap = tcase_create("trap");

	tcase_add_test(holds, until_met);
	tcase_add_test(holds, expires);
	tcase_add_test(holds, released);
	tcase_add_test(holds, meeting);
	tcase_add_test(holds, after_another);
	tcase_add_test(holds, same_key);
	tcase_add_test(holds, one_is_free);
	tcase_add_test(holds, seldom_arm);
	tcase_add_test(holds, arms_take_turns);
	add_pct_tests(holds);
	tcase_add_test(holds, neighbours);
	use_scratch(files);
	tcase_set_timeout(files, 30);
	add_order_tests(files);
	add_object_tests(files);
	add_condition_tests(files);
	add_cover_tests(files);
	add_lock_tests(locks);
	add_spinlock_tests(spinlocks);
	add_trap_tests(trap);
	tcase_set_timeout(locks, 60);
	tcase_set_timeout(spinlocks, 60);
	suite_add_tcase(suite, locks);
	suite_add_tcase(suite, spinlocks);
	suite_add_tcase(suite, trap);
	suite_add_tcase(suite, holds);
	suite_add_tcase(suite, files);
	return suite_run(suite);
}
