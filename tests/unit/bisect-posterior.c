// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compares the posterior of a bisection, and the commit that it chooses next, with manual
 * calculations.
 */
#include <check.h>
#include <math.h>

#include "bisect/choice.h"
#include "bisect/entropy.h"
#include "tests/unit/bisect.h"

static double total(const struct posterior *p)
{
	double sum = 0;

	for (guint i = 0; i <= posterior_n(p); i++)
		sum += posterior_of(p, i);
	return sum;
}

static void learn(struct posterior *p, guint times)
{
	for (guint i = 0; i < times; i++)
		posterior_observe(p, posterior_bad_end(p), TRUE);
}

START_TEST(caught_at_half)
{
	rig_auto(posterior) p = posterior_new(100, NULL, FALSE);

	learn(p, 3);
	ck_assert_double_eq_tol(total(p), 1, 1e-9);
	posterior_observe(p, 50, TRUE);
	ck_assert_double_eq_tol(total(p), 1, 1e-9);
	/*
	 * a run that caught the bug at position 50 excludes later candidates, except for the small
	 * probability of a false alarm
	 */
	ck_assert_double_lt(posterior_of(p, 51), 1e-5);
	ck_assert_double_gt(posterior_of(p, 50), 0.015);
	ck_assert_double_gt(posterior_has_bug(p, 50), 0.999);
}
END_TEST

/* The higher the detection rate, the stronger is the evidence of a run without the bug. */
START_TEST(silent_counts_as_the_rate)
{
	rig_auto(posterior) sure = posterior_new(100, NULL, FALSE);
	rig_auto(posterior) rare = posterior_new(100, NULL, FALSE);

	learn(sure, 30);
	learn(rare, 3);
	for (guint i = 0; i < 57; i++)
		posterior_observe(rare, 100, FALSE);
	ck_assert_double_gt(posterior_rate(sure, NULL, NULL), 0.9);
	ck_assert_double_lt(posterior_rate(rare, NULL, NULL), 0.1);
	posterior_observe(sure, 50, FALSE);
	posterior_observe(rare, 50, FALSE);
	ck_assert_double_lt(posterior_has_bug(sure, 50), 0.05);
	ck_assert_double_gt(posterior_has_bug(rare, 50), 0.4);
}
END_TEST

/* A search for a fix has the mirrored result of a search for a bug. */
START_TEST(fix_is_a_mirror)
{
	rig_auto(posterior) bug = posterior_new(40, NULL, FALSE);
	rig_auto(posterior) fix = posterior_new(40, NULL, TRUE);

	ck_assert_uint_eq(posterior_bad_end(bug), 40);
	ck_assert_uint_eq(posterior_bad_end(fix), 0);
	learn(bug, 4);
	learn(fix, 4);
	posterior_observe(bug, 20, FALSE);
	posterior_observe(fix, 20, TRUE);
	for (guint i = 21; i <= 40; i++) {
		ck_assert_double_gt(posterior_of(bug, i), 0.02);
		ck_assert_double_gt(posterior_of(fix, i), 0.02);
	}
	ck_assert(posterior_contains(fix, 0, 7) && !posterior_contains(fix, 7, 7));
}
END_TEST

/*
 *	0 - 1 - 2 ----- 5 - 6
 *	     \- 3 - 4 -/
 */
static struct ancestry *forked(void)
{
	struct ancestry *ancestry = ancestry_new(6);
	static const guint parents[][2] = {{1, 0}, {2, 1}, {3, 1}, {4, 3}, {5, 2}, {5, 4}, {6, 5}};

	for (guint i = 0; i < G_N_ELEMENTS(parents); i++)
		ancestry_join(ancestry, parents[i][0], parents[i][1]);
	return ancestry;
}

START_TEST(side_branch)
{
	rig_auto(ancestry) ancestry = forked();
	rig_auto(posterior) p = posterior_new(6, ancestry, FALSE);

	ck_assert(ancestry_has(ancestry, 5, 4) && ancestry_has(ancestry, 4, 1) &&
		  !ancestry_has(ancestry, 4, 2));
	learn(p, 20);
	/*
	 * a run at 4 without the bug does not change 2, which is on the other branch, although 2
	 * precedes 4 in the list
	 */
	for (guint i = 0; i < 3; i++)
		posterior_observe(p, 4, FALSE);
	ck_assert_double_gt(posterior_of(p, 2), 0.3);
	ck_assert_double_lt(posterior_of(p, 3), 0.01);
	for (guint i = 0; i < 4; i++)
		posterior_observe(p, 2, TRUE);
	ck_assert_uint_eq(posterior_best(p), 2);
	ck_assert_double_gt(posterior_answer(p, NULL, NULL), 0.99);
}
END_TEST

/* For a linear history, the expected gain of each run is the same with and without `ancestry`. */
START_TEST(line_as_history)
{
	rig_auto(ancestry) ancestry = ancestry_new(30);
	rig_auto(posterior) line = posterior_new(30, NULL, FALSE);
	rig_auto(posterior) history = NULL;
	double a[31], b[31];

	for (guint i = 1; i <= 30; i++)
		ancestry_join(ancestry, i, i - 1);
	history = posterior_new(30, ancestry, FALSE);
	for (guint i = 0; i < 6; i++) {
		posterior_observe(line, 30 - 3 * i, i != 4);
		posterior_observe(history, 30 - 3 * i, i != 4);
	}
	posterior_gains(line, a);
	posterior_gains(history, b);
	for (guint i = 0; i <= 30; i++)
		ck_assert_double_eq_tol(a[i], b[i], 1e-4);
}
END_TEST

/*
 * Candidates between which no position (version of the kernel) can be tested are reported together
 * as one answer.
 */
START_TEST(skipped_are_one_answer)
{
	rig_auto(posterior) p = posterior_new(10, NULL, FALSE);
	gboolean skipped[11] = {[4] = TRUE, [5] = TRUE}, same[11];

	learn(p, 20);
	for (guint i = 0; i < 4; i++) {
		posterior_observe(p, 3, FALSE);
		posterior_observe(p, 6, TRUE);
	}
	ck_assert_double_gt(posterior_answer(p, skipped, same), 0.99);
	for (guint i = 0; i <= 10; i++)
		ck_assert_int_eq(same[i], i >= 4 && i <= 6);
	ck_assert_double_lt(posterior_answer(p, NULL, NULL), 0.5);
	ck_assert(choice_done(p, skipped, 0.99));
	ck_assert(!choice_done(p, NULL, 0.99));
}
END_TEST

START_TEST(choices)
{
	rig_auto(posterior) p = posterior_new(100, NULL, FALSE);
	gboolean skipped[101] = {0}, ready[101] = {0};
	struct choice choice = {.posterior = p, .skipped = skipped};
	guint at, ahead[4], first;

	/* the version known to have the bug is chosen first */
	ck_assert(choice_next(&choice, &at));
	ck_assert_uint_eq(at, 100);
	learn(p, 20);
	ck_assert(choice_next(&choice, &first));
	ck_assert_uint_ge(first, 40);
	ck_assert_uint_le(first, 60);
	/* next, neither the broken position nor one of its neighbours is chosen */
	skipped[first] = TRUE;
	ck_assert(choice_next(&choice, &at));
	ck_assert_uint_ge(ABS((int)at - (int)first), 3);
	ck_assert_uint_le(ABS((int)at - (int)first), 20);
	skipped[first] = FALSE;
	/* a second guest tests another version */
	choice.pending[0] = first;
	choice.n_pending = 1;
	ck_assert(choice_next(&choice, &at));
	ck_assert_uint_ge(ABS((int)at - (int)first), 10);
	/* of the positions that are proposed for building in advance, one is in each half */
	choice.ready = ready;
	ck_assert_uint_eq(choice_ahead(&choice, ahead, 4), 2);
	ck_assert((ahead[0] < first) != (ahead[1] < first));
	/* a position whose kernel is built is preferred to a slightly better one */
	choice.n_pending = 0;
	choice.build_cost = 3;
	ready[first + 5] = TRUE;
	ck_assert(choice_next(&choice, &at));
	ck_assert_uint_eq(at, first + 5);
}
END_TEST

/* A tested commit whose neighbours are broken is run again, as long as that gives information. */
START_TEST(broken_neighbours)
{
	rig_auto(posterior) p = posterior_new(100, NULL, FALSE);
	gboolean skipped[101] = {0};
	struct choice choice = {.posterior = p, .skipped = skipped};
	guint at;

	for (guint i = 0; i < 30; i++)
		posterior_observe(p, 100, i % 3 == 0);
	for (guint i = 0; i < 6; i++)
		posterior_observe(p, 50, TRUE);
	for (guint i = 0; i < 10; i++)
		posterior_observe(p, i < 7 ? 49 : 45, FALSE);
	skipped[46] = skipped[47] = skipped[48] = TRUE;
	ck_assert(choice_next(&choice, &at));
	ck_assert_uint_eq(at, 49);
}
END_TEST

START_TEST(entropy_by_table)
{
	ck_assert_double_eq(entropy_of(0), 0);
	ck_assert_double_eq(entropy_of(1), 0);
	ck_assert_double_eq(entropy_of(-0.1), 0);
	ck_assert_double_eq(entropy_of(NAN), 0);
	for (guint i = 1; i < 3000; i++) {
		/* choose values of p that are dense near 0 */
		double q = pow(i / 3000.0, 4), exact = -q * log2(q) - (1 - q) * log2(1 - q);

		ck_assert_double_eq_tol(entropy_of(q), exact, 1e-6);
	}
}
END_TEST

TCase *bisect_posterior_case(void)
{
	TCase *tc = tcase_create("posterior");

	tcase_add_test(tc, caught_at_half);
	tcase_add_test(tc, silent_counts_as_the_rate);
	tcase_add_test(tc, fix_is_a_mirror);
	tcase_add_test(tc, side_branch);
	tcase_add_test(tc, line_as_history);
	tcase_add_test(tc, skipped_are_one_answer);
	tcase_add_test(tc, choices);
	tcase_add_test(tc, broken_neighbours);
	tcase_add_test(tc, entropy_by_table);
	return tc;
}
