// SPDX-License-Identifier: GPL-2.0-only
/* The strategy of `rig race` against a simulated kernel, in which known holds make a bug happen. */
#include <check.h>
#include <string.h>

#include "race/strategy.h"
#include "tests/unit/race.h"
#include "tests/unit/suite.h"
#include "util/error.h"
#include "util/rng.h"

#define FUNCTIONS 60

/*
 * Functions f0 to f59, each with neighbours: its own number + 1 to + 5. The bug occurs at RATE
 * where all of the NEEDED places have a hold, and else never.
 */
struct kernel {
	const char *needed[3];
	double rate, rate_alone;
	struct rng rng;
};

static json_t *make_visits(void)
{
	json_t *visits = json_array();

	for (int i = 0; i < FUNCTIONS; i++) {
		g_autofree char *name = g_strdup_printf("f%d", i);
		json_t *beside = json_object();

		for (int k = 1; k <= 5; k++) {
			g_autofree char *near = g_strdup_printf("f%d", (i + k) % FUNCTIONS);

			json_object_set_new(beside, near, json_integer(6 - k));
		}
		json_array_append_new(visits, json_pack("{s:s, s:i, s:o}", "function", name,
							"visits", 10 + i, "beside", beside));
	}
	return visits;
}

static gboolean has(const struct race_trial *trial, const char *at)
{
	for (guint i = 0; i < trial->n; i++)
		if (!strcmp(trial->hold[i].at, at))
			return TRUE;
	return FALSE;
}

static void run(struct kernel *kernel, const struct race_trial *trial, struct race_outcome *ret)
{
	gboolean all = TRUE;
	double rate;

	*ret = (struct race_outcome){0};
	for (guint i = 0; i < G_N_ELEMENTS(kernel->needed) && kernel->needed[i]; i++)
		all &= has(trial, kernel->needed[i]);
	for (guint i = 0; i < trial->n; i++)
		ret->reached[i] = ret->held[i] = 1;
	rate = all ? kernel->rate : kernel->rate_alone;
	ret->failed = rng_between(&kernel->rng, 1, 1000) <= rate * 1000;
}

/*
 * Runs trials until the search ends, at most MAX, and returns their number; *RET_FIRST: the number
 * until the first failure.
 */
static guint search(struct race *race, struct kernel *kernel, guint max, guint *ret_first)
{
	guint n = 0;

	*ret_first = 0;
	while (n < max && race_phase(race) != RACE_OVER) {
		struct race_outcome outcome;
		struct race_trial trial;

		ck_assert(race_next(race, &trial));
		ck_assert_ptr_nonnull(trial.why);
		run(kernel, &trial, &outcome);
		race_result(race, &trial, &outcome);
		n++;
		if (outcome.failed && !*ret_first)
			*ret_first = n;
	}
	return n;
}

/*
 * The bug needs a hold at one place. The search finds it in about one pass over all places, six at
 * a time, and finally tests the hold alone.
 */
START_TEST(one_place)
{
	guint worst = 0;

	for (guint seed = 0; seed < 40; seed++) {
		g_autofree char *at = g_strdup_printf("f%u", (seed * 17) % FUNCTIONS);
		struct kernel kernel = {.needed = {at}, .rate = 0.9};
		json_auto_t *visits = make_visits();
		g_autoptr(GError) error = NULL;
		rig_auto(race) race = race_new(visits, NULL, &error);
		guint first, n, failed, runs, base_failed, base_runs;
		struct race_trial found;

		ck_assert_ptr_nonnull(race);
		kernel.rng = rng_stream(seed, "kernel");
		n = search(race, &kernel, 200, &first);
		ck_assert_int_eq(race_phase(race), RACE_OVER);
		worst = MAX(worst, first);
		race_found(race, &found);
		ck_assert_uint_eq(found.n, 1);
		ck_assert_str_eq(found.hold[0].at, at);
		race_rates(race, &failed, &runs, &base_failed, &base_runs);
		ck_assert_uint_ge(failed, 3);
		ck_assert_uint_eq(runs, RACE_RUNS);
		ck_assert_uint_eq(base_failed, 0);
		ck_assert_uint_eq(base_runs, RACE_BASE_RUNS);
		ck_assert_uint_le(n, first + 10 + RACE_RUNS + RACE_BASE_RUNS);
	}
	/* at most four passes over all places */
	ck_assert_uint_le(worst, 4 * FUNCTIONS / RACE_GROUP);
}
END_TEST

/* The bug needs holds at two places, which are in one trial: the search keeps both. */
START_TEST(two_places)
{
	struct kernel kernel = {.needed = {"f0", "f1"}, .rate = 1};
	json_auto_t *visits = make_visits();
	const char *const favoured[] = {"f0", "f1", NULL};
	g_autoptr(GError) error = NULL;
	rig_auto(race) race = race_new(visits, favoured, &error);
	struct race_trial found;
	guint first;

	kernel.rng = rng_stream(1, "kernel");
	search(race, &kernel, 300, &first);
	/* the favoured places are in the first trial */
	ck_assert_uint_eq(first, 1);
	ck_assert_int_eq(race_phase(race), RACE_OVER);
	race_found(race, &found);
	ck_assert_uint_eq(found.n, 2);
	ck_assert(has(&found, "f0") && has(&found, "f1"));
}
END_TEST

/* A failure that does not repeat is not a result: the search continues. */
START_TEST(luck)
{
	json_auto_t *visits = make_visits();
	g_autoptr(GError) error = NULL;
	rig_auto(race) race = race_new(visits, NULL, &error);
	struct race_outcome failed = {.failed = TRUE}, passed = {0};
	struct race_trial trial;
	guint n;

	ck_assert(race_next(race, &trial));
	for (guint i = 0; i < trial.n; i++)
		failed.reached[i] = failed.held[i] = passed.reached[i] = passed.held[i] = 1;
	race_result(race, &trial, &failed);
	ck_assert_int_eq(race_phase(race), RACE_REDUCE);
	for (n = 0; n < 40 && race_phase(race) != RACE_EXPLORE; n++) {
		ck_assert(race_next(race, &trial));
		race_result(race, &trial, &passed);
	}
	ck_assert_int_eq(race_phase(race), RACE_EXPLORE);
	race_found(race, &trial);
	ck_assert_uint_eq(trial.n, 0);
}
END_TEST

/*
 * Holds that fail in a third of the runs are no better than chance: the search continues and finds
 * the right one.
 */
START_TEST(weak)
{
	guint n_weak = 0;

	for (guint seed = 0; seed < 20; seed++) {
		struct kernel kernel = {.needed = {"f30"}, .rate = 1, .rate_alone = 0.2};
		json_auto_t *visits = make_visits();
		g_autoptr(GError) error = NULL;
		rig_auto(race) race = race_new(visits, NULL, &error);
		struct race_trial found;
		guint first;

		kernel.rng = rng_stream(seed, "kernel");
		search(race, &kernel, 400, &first);
		race_found(race, &found);
		n_weak += race_phase(race) != RACE_OVER || !has(&found, "f30");
	}
	/* by chance, a weak hold can also fail in half of six runs */
	ck_assert_uint_le(n_weak, 6);
}
END_TEST

/* A failure while no hold waited shows that the scenario fails without holds. */
START_TEST(without_holds)
{
	json_auto_t *visits = make_visits();
	g_autoptr(GError) error = NULL;
	rig_auto(race) race = race_new(visits, NULL, &error);
	const struct race_outcome failed = {.failed = TRUE};
	guint a, b, base_failed, base_runs;
	struct race_trial trial;

	ck_assert(race_next(race, &trial));
	race_result(race, &trial, &failed);
	ck_assert_int_eq(race_phase(race), RACE_EXPLORE);
	race_rates(race, &a, &b, &base_failed, &base_runs);
	ck_assert_uint_eq(base_failed, 1);
	ck_assert_uint_eq(base_runs, 1);
}
END_TEST

static gboolean share(const struct race_trial *one, const struct race_trial *two)
{
	for (guint i = 0; i < two->n; i++)
		for (guint k = 0; k < one->n; k++)
			if (one->hold[k].at == two->hold[i].at &&
			    one->hold[k].until == two->hold[i].until)
				return TRUE;
	return FALSE;
}

/*
 * Two guests at a time do not test the same holds, and a place that no vCPU reached is not tested
 * again.
 */
START_TEST(side_by_side)
{
	json_auto_t *visits = make_visits();
	g_autoptr(GError) error = NULL;
	rig_auto(race) race = race_new(visits, NULL, &error);
	const struct race_outcome nothing = {0}, reached = {.reached = {1, 1, 1, 1, 1, 1}};
	struct race_trial one, two, three;

	ck_assert(race_next(race, &one));
	ck_assert(race_next(race, &two));
	ck_assert(!share(&one, &two));
	/* a trial that was given back is chosen again */
	race_forget(race, &two);
	ck_assert(race_next(race, &three));
	ck_assert_ptr_eq(three.hold[0].at, two.hold[0].at);
	race_forget(race, &three);
	race_result(race, &one, &nothing);
	for (guint i = 0; i < 20; i++) {
		ck_assert(race_next(race, &three));
		ck_assert(!share(&one, &three));
		race_result(race, &three, &reached);
	}
}
END_TEST

START_TEST(bad_records)
{
	static const char *const bad[] = {
		"[]",
		"{}",
		"[{}]",
		"[{\"function\": \"a\"}]",
		"[{\"function\": \"a\", \"visits\": -1}]",
		"[{\"function\": \"a\", \"visits\": 1, \"beside\": {\"b\": 3}}]",
		"[{\"function\": \"a\", \"visits\": 1, \"beside\": 7}]",
	};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		json_auto_t *visits = json_loads(bad[i], 0, NULL);
		g_autoptr(GError) error = NULL;

		ck_assert_ptr_null(race_new(visits, NULL, &error));
		ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("race");
	TCase *tests = tcase_create("race");

	use_scratch(tests);
	tcase_add_test(tests, one_place);
	tcase_add_test(tests, two_places);
	tcase_add_test(tests, luck);
	tcase_add_test(tests, weak);
	tcase_add_test(tests, without_holds);
	tcase_add_test(tests, side_by_side);
	tcase_add_test(tests, bad_records);
	suite_add_tcase(suite, tests);
	suite_add_tcase(suite, search_cases());
	return suite_run(suite);
}
