// SPDX-License-Identifier: GPL-2.0-only
/* Tests the plugin's random scheduler. */
#include <check.h>

#include "plugin/hold.h"
#include "tests/unit/plugin.h"

#define MS 1000000

/* Sets the priority of vCPU CPU, and 0 for all others; the highest one runs first. */
static void set_priority(struct pct *pct, unsigned cpu, int priority)
{
	for (unsigned i = 0; i < PCT_CPUS; i++)
		pct->priority[i] = 0;
	pct->priority[cpu] = priority;
}

START_TEST(priorities)
{
	struct pct pct = {.points = 1, .round_ns = 1000ll * MS, .random = 7};
	const int64_t now = 5000ll * MS;
	uint64_t point;
	int sum = 0;

	pct_init(&pct);
	pct_visit(&pct, 0, now);
	for (unsigned i = 0; i < PCT_CPUS; i++)
		sum += pct.priority[i];
	/* the priorities are a permutation, except for that of a vCPU at a change point */
	ck_assert(pct.point[0] == 1 || sum == PCT_CPUS * (PCT_CPUS + 1) / 2);
	pct.point[0] = 99;
	pct.changed_until_ns[0] = 0;
	set_priority(&pct, 1, 1);
	/* the other vCPU has not visited a place, so it is not known to run */
	ck_assert_int_le(pct_blocked_until(&pct, 0, now), now);
	pct_visit(&pct, 1, now + MS);
	ck_assert_int_eq(pct_blocked_until(&pct, 0, now + MS), now + MS + PCT_BUSY_NS);
	ck_assert_int_le(pct_blocked_until(&pct, 1, now + MS), now + MS);
	/* after a wait, there is a pause in which the vCPU does not wait */
	pct_continue(&pct, 0, now, now + 10 * MS);
	ck_assert_int_le(pct_blocked_until(&pct, 0, now + 14 * MS), now + 14 * MS);
	ck_assert_int_gt(pct_blocked_until(&pct, 0, now + 15 * MS), now + 15 * MS);
	/* at a change point the vCPU waits although no other one has a higher priority */
	set_priority(&pct, 2, 9);
	point = pct.point[0] = pct.visits + 1;
	pct_visit(&pct, 2, now + 500 * MS);
	ck_assert_uint_eq(pct.visits, point);
	ck_assert_int_eq(pct.priority[2], -1);
	ck_assert_int_eq(pct_blocked_until(&pct, 2, now + 500 * MS),
			 now + 500 * MS + PCT_CHANGE_NS);
	/* in the next round, priorities are drawn again */
	pct_visit(&pct, 2, now + 1000 * MS);
	ck_assert_int_gt(pct.priority[2], 0);
	ck_assert_uint_eq(pct.visits, 1);
	/* vCPUs beyond PCT_CPUS do not wait */
	pct_visit(&pct, PCT_CPUS, now);
	ck_assert_int_eq(pct_blocked_until(&pct, PCT_CPUS, now), 0);
}
END_TEST

static struct hold_wait last;
static unsigned n_ended;

static void on_ended(const struct hold_wait *wait, void *data)
{
	(void)data;
	last = *wait;
	n_ended++;
}

/* The vCPU with the lower priority waits until the other one has visited no place for a time. */
START_TEST(lower_priority_waits)
{
	struct hold hold[2] = {
		{.kind = HOLD_DELAY, .max_ns = 400 * MS, .times = 100, .visits = 1},
		{.kind = HOLD_DELAY, .max_ns = 400 * MS, .times = 100, .visits = 1},
	};
	struct holds holds = {
		.hold = hold, .n = 2, .vcpus = 2, .ended = on_ended,
		.sweep = {.turns = 2, .slots = 1,
			  .pct = {.points = 1, .round_ns = 60000ll * MS, .random = 1}},
	};
	struct pct *pct = &holds.sweep.pct;
	struct hold_totals totals;

	holds_init(&holds);
	holds_arm(&holds, true);
	holds_reach(&holds, 0, SIDE_A, 0, 0);
	pct->point[0] = 0;
	pct->changed_until_ns[0] = 0;
	set_priority(pct, 0, 1);
	n_ended = 0;
	holds_reach(&holds, 0, SIDE_A, 0, 0);
	ck_assert_uint_eq(n_ended, 0);
	holds_reach(&holds, 1, SIDE_A, 1, 0);
	ck_assert_uint_eq(n_ended, 1);
	ck_assert_int_eq(last.outcome, HOLD_MET);
	ck_assert_int_le(last.length_ns, 400 * MS);
	holds_totals(&holds, 1, &totals);
	ck_assert_uint_eq(totals.held, 1);
	ck_assert_uint_eq(totals.outcome[HOLD_MET], 1);
	/* after the holds are disarmed, no vCPU waits */
	holds_arm(&holds, false);
	holds_reach(&holds, 1, SIDE_A, 1, 0);
	ck_assert_uint_eq(n_ended, 1);
}
END_TEST

void add_pct_tests(TCase *tcase)
{
	tcase_add_test(tcase, priorities);
	tcase_add_test(tcase, lower_priority_waits);
}
