// SPDX-License-Identifier: GPL-2.0-only
/* Tests the strategy of `rig race` with a simulated kernel, in which known holds cause a bug. */
#include <check.h>
#include <string.h>

#include "race/race.h"
#include "tests/unit/race.h"
#include "tests/unit/suite.h"
#include "util/rng.h"

#define FUNCTIONS 60

/*
 * A kernel with the functions f0 to f59; two vCPUs pass each of them, and each calls the next one.
 * The bug occurs with the probability RATE in a trial that has all of the NEEDED holds, and else
 * with RATE_ALONE. WAITS of the sweep's other holds wait at about the same time. A bug that is
 * SILENT is seen only at the end of a run.
 */
struct kernel {
	const char *needed[3];
	double rate, rate_alone;
	guint waits;
	gboolean silent;
	struct rng rng;
};

static json_t *make_visits(void)
{
	json_t *visits = json_array();

	for (int i = 0; i < FUNCTIONS; i++) {
		g_autofree char *name = g_strdup_printf("f%d", i),
				*next = g_strdup_printf("f%d", (i + 1) % FUNCTIONS);

		json_array_append_new(visits, json_pack("{s:s, s:i, s:{s:i, s:i}, s:[s]}",
							"function", name, "visits", 10 + i * 20,
							"beside", next, 5, name, 2, "calls", next));
	}
	return visits;
}

static struct race *make_race(const char *const *favoured, gboolean updates)
{
	json_auto_t *visits = make_visits();
	const struct race_record record = {
		.visits = visits, .seconds = 10, .favoured = favoured, .updates = updates};
	g_autoptr(GError) error = NULL;
	struct race *race = race_new(&record, &error);

	ck_assert_msg(race != NULL, "%s", error ? error->message : "");
	return race;
}

static gboolean has(const struct race_trial *trial, const char *hold)
{
	for (guint i = 0; i < trial->n; i++)
		if (!strcmp(trial->hold[i], hold))
			return TRUE;
	return FALSE;
}

static gboolean is_needed(const struct kernel *kernel, const char *hold)
{
	for (guint i = 0; i < G_N_ELEMENTS(kernel->needed) && kernel->needed[i]; i++)
		if (!strcmp(kernel->needed[i], hold))
			return TRUE;
	return FALSE;
}

static void run(struct kernel *kernel, const struct race_trial *trial, struct race_outcome *ret)
{
	guint rank = 0, others = 0;
	gboolean all = TRUE;

	*ret = (struct race_outcome){0};
	for (guint i = 0; i < G_N_ELEMENTS(kernel->needed) && kernel->needed[i]; i++)
		all &= has(trial, kernel->needed[i]);
	ret->failed = rng_between(&kernel->rng, 1, 1000) <=
		      (all ? kernel->rate : kernel->rate_alone) * 1000;
	for (guint i = 0; i < trial->n; i++) {
		/* few functions have an update */
		if (g_str_has_prefix(trial->hold[i], "update") &&
		    !g_str_has_suffix(trial->hold[i], "0"))
			continue;
		ret->reached[i] = ret->held[i] = 1;
		if (trial->phase != RACE_EXPLORE || !ret->failed || kernel->silent)
			continue;
		if (is_needed(kernel, trial->hold[i]) || others++ < kernel->waits)
			ret->suspect[i] = ++rank;
	}
}

/*
 * Runs at most MAX trials, until the search ends, and returns their number. Sets *RET_FIRST to the
 * number of trials up to the first failure.
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
		ck_assert_uint_le(trial.n, trial.phase == RACE_EXPLORE ? RACE_ARMS : RACE_GROUP);
		run(kernel, &trial, &outcome);
		race_result(race, &trial, &outcome);
		n++;
		if (outcome.failed && !*ret_first)
			*ret_first = n;
	}
	return n;
}

/*
 * A bug that needs a hold at one place, of any kind and frequency: a few sweeps try all places, and
 * only that hold remains.
 */
START_TEST(one_place)
{
	static const char *const forms[] = {"f%u", "return of f%u", "return of f%2$u in f%1$u",
					    "update in f%u"};

	for (guint seed = 0; seed < 40; seed++) {
		guint f = seed % 4 == 3 ? seed % 6 * 10 : (seed * 17) % FUNCTIONS;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		g_autofree char *hold = g_strdup_printf(forms[seed % 4], f, (f + 1) % FUNCTIONS);
#pragma GCC diagnostic pop
		struct kernel kernel = {.needed = {hold}, .rate = 0.9, .waits = 9};
		rig_auto(race) race = make_race(NULL, TRUE);
		guint first, n, failed, runs, base_failed, base_runs;
		struct race_trial found;

		kernel.rng = rng_stream(seed, "kernel");
		n = search(race, &kernel, 200, &first);
		ck_assert_int_eq(race_phase(race), RACE_OVER);
		ck_assert_uint_le(first, 10);
		race_found(race, &found);
		ck_assert_uint_eq(found.n, 1);
		ck_assert_str_eq(found.hold[0], hold);
		ck_assert(race_is_found(race));
		ck_assert_uint_ge(found.max_ms, 100);
		race_rates(race, &failed, &runs, &base_failed, &base_runs);
		ck_assert_uint_ge(failed, 3);
		ck_assert_uint_eq(runs, RACE_RUNS);
		ck_assert_uint_eq(base_failed, 0);
		ck_assert_uint_eq(base_runs, RACE_BASE_RUNS);
		ck_assert_uint_le(n, first + 25 + RACE_RUNS + RACE_BASE_RUNS);
	}
}
END_TEST

/* A bug that needs two holds together: the reduction removes neither. */
START_TEST(two_places)
{
	struct kernel kernel = {.needed = {"f0", "return of f40"}, .rate = 1, .waits = 4};
	const char *const favoured[] = {"f0", "f40", NULL};
	rig_auto(race) race = make_race(favoured, FALSE);
	struct race_trial found;
	guint first;

	kernel.rng = rng_stream(1, "kernel");
	search(race, &kernel, 300, &first);
	/* the favoured places are tried in the first trial */
	ck_assert_uint_eq(first, 1);
	ck_assert_int_eq(race_phase(race), RACE_OVER);
	race_found(race, &found);
	ck_assert_uint_eq(found.n, 2);
	ck_assert(has(&found, "f0") && has(&found, "return of f40"));
}
END_TEST

/*
 * A report of a wrong memory account does not show when the account was changed, so arms at updates
 * (read-modify-writes) are tried first. If QEMU cannot hold them, there are no such arms.
 */
START_TEST(lost_update)
{
	struct kernel kernel = {
		.needed = {"update in f30"}, .rate = 1, .silent = TRUE, .rng = rng_stream(1, "k")};
	rig_auto(race) race = make_race(NULL, TRUE);
	rig_auto(race) none = make_race(NULL, FALSE);
	struct race_trial found;
	guint first, n, functions, with, without;

	n = search(race, &kernel, 60, &first);
	ck_assert_int_eq(race_phase(race), RACE_OVER);
	ck_assert_uint_le(n, 40);
	race_found(race, &found);
	ck_assert_uint_eq(found.n, 1);
	ck_assert_str_eq(found.hold[0], "update in f30");
	race_size(race, &functions, &with);
	race_size(none, &functions, &without);
	ck_assert_uint_eq(functions, FUNCTIONS);
	ck_assert_uint_eq(with, without + 3 * FUNCTIONS);
}
END_TEST

/* With PCT (a random scheduler) each sweep has another seed; after a failure, holds are delays. */
START_TEST(random_priorities)
{
	json_auto_t *visits = make_visits();
	const struct race_record record = {
		.visits = visits, .seconds = 10, .updates = TRUE, .pct = TRUE};
	rig_auto(race) race = race_new(&record, NULL);
	struct race_outcome outcome = {0};
	struct race_trial trial;

	for (guint i = 1; i < 4; i++) {
		g_autofree char *line = g_strdup_printf("\npct %u ", i), *text = NULL;

		ck_assert(race_next(race, &trial));
		text = race_sweep(&trial);
		ck_assert_msg(strstr(text, line) != NULL, "%.99s", text);
		outcome.failed = i == 3;
		outcome.held[0] = outcome.suspect[0] = 1;
		race_result(race, &trial, &outcome);
	}
	ck_assert(race_next(race, &trial));
	ck_assert_int_eq(trial.phase, RACE_CONFIRM);
	ck_assert_uint_eq(trial.pct_seed, 0);
}
END_TEST

/* Arms (holds) of a sweep whose places are executed seldom come first; the others take turns. */
START_TEST(turns)
{
	rig_auto(race) race = make_race(NULL, FALSE);
	struct race_trial trial;

	ck_assert(race_next(race, &trial));
	ck_assert_int_eq(trial.phase, RACE_EXPLORE);
	ck_assert_uint_gt(trial.turns, 0);
	ck_assert_uint_lt(trial.turns, trial.n);
	ck_assert_uint_ge(trial.slots, 1);
	/* f4 is executed 9 times in a second, f5 11 times */
	for (guint i = 0; i < trial.n; i++) {
		const char *f = strrchr(trial.hold[i], ' ');
		gboolean often = g_ascii_strtoull((f ? f + 1 : trial.hold[i]) + 1, NULL, 10) > 4;

		ck_assert_int_eq(often, i >= trial.turns);
	}
}
END_TEST

/*
 * A place inside a loop is executed far more often than its function is entered. After the first
 * sweep it takes turns, or, if it is executed constantly, it gets no arm.
 */
START_TEST(rates_are_learned)
{
	rig_auto(race) race = make_race(NULL, FALSE);
	struct race_outcome outcome = {.seconds = 10};
	struct race_trial trial;

	ck_assert(race_next(race, &trial));
	ck_assert_str_eq(trial.hold[0], "f0");
	outcome.reached[0] = 10 * 1000;
	ck_assert_uint_gt(trial.turns, 1);
	for (guint i = 1; i < trial.n; i++)
		outcome.reached[i] = strcmp(trial.hold[i], "f1") ? 1 : 10 * 100;
	race_result(race, &trial, &outcome);
	ck_assert(race_next(race, &trial));
	ck_assert(!has(&trial, "f0"));
	ck_assert(has(&trial, "f1"));
	for (guint i = 0; i < trial.turns; i++)
		ck_assert_str_ne(trial.hold[i], "f1");
}
END_TEST

/* A failure that does not occur again is not a result, so the search continues. */
START_TEST(luck)
{
	rig_auto(race) race = make_race(NULL, FALSE);
	struct kernel kernel = {.rate = 1, .waits = 30}, never = {.rate = 0};
	struct race_outcome outcome;
	struct race_trial trial;
	guint n;

	ck_assert(race_next(race, &trial));
	run(&kernel, &trial, &outcome);
	race_result(race, &trial, &outcome);
	ck_assert_int_eq(race_phase(race), RACE_CONFIRM);
	for (n = 0; n < 40 && race_phase(race) != RACE_EXPLORE; n++) {
		ck_assert(race_next(race, &trial));
		/* such a trial is not run in parallel with another one */
		ck_assert(!race_next(race, &(struct race_trial){0}));
		run(&never, &trial, &outcome);
		race_result(race, &trial, &outcome);
	}
	ck_assert_int_eq(race_phase(race), RACE_EXPLORE);
	ck_assert_uint_eq(n, 5);
	race_found(race, &trial);
	ck_assert_uint_eq(trial.n, 0);
}
END_TEST

/* If the budget ends while the rates are measured, three runs with the holds are enough. */
START_TEST(found_before_the_end)
{
	struct kernel kernel = {.needed = {"f0"}, .rate = 1, .waits = 4};
	rig_auto(race) race = make_race(NULL, FALSE);
	const struct race_trial record = {.phase = RACE_BASE};
	const struct race_outcome passed = {0};
	guint failed = 0, runs = 0, base[2];

	race_result(race, &record, &passed);
	while (runs < 3) {
		struct race_outcome outcome;
		struct race_trial trial;

		ck_assert(!race_is_found(race));
		ck_assert(race_next(race, &trial));
		run(&kernel, &trial, &outcome);
		race_result(race, &trial, &outcome);
		race_rates(race, &failed, &runs, &base[0], &base[1]);
		runs = race_phase(race) == RACE_MEASURE ? runs : 0;
	}
	ck_assert_uint_eq(failed, 3);
	ck_assert_uint_eq(base[1], 1);
	ck_assert(race_is_found(race));
}
END_TEST

/*
 * Holds that fail in a fifth of the runs are no better than chance: the search continues and finds
 * the right one.
 */
START_TEST(weak)
{
	guint n_weak = 0;

	for (guint seed = 0; seed < 20; seed++) {
		struct kernel kernel = {
			.needed = {"f30"}, .rate = 1, .rate_alone = 0.2, .waits = 9};
		rig_auto(race) race = make_race(NULL, FALSE);
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
	rig_auto(race) race = make_race(NULL, FALSE);
	const struct race_outcome failed = {.failed = TRUE}, passed = {0};
	guint a, b, base_failed, base_runs;
	struct race_trial trial, other;

	ck_assert(race_next(race, &trial));
	race_result(race, &trial, &failed);
	ck_assert_int_eq(race_phase(race), RACE_EXPLORE);
	race_rates(race, &a, &b, &base_failed, &base_runs);
	ck_assert(base_failed == 1 && base_runs == 1);
	/* one run at a time is without holds; if it passes, sweeps follow */
	ck_assert(race_next(race, &trial) && trial.phase == RACE_BASE);
	ck_assert(!race_next(race, &other));
	race_result(race, &trial, &passed);
	ck_assert(race_next(race, &trial));
	ck_assert_int_eq(trial.phase, RACE_EXPLORE);
}
END_TEST

static guint shared(const struct race_trial *one, const struct race_trial *two)
{
	guint n = 0;

	for (guint i = 0; i < two->n; i++)
		n += has(one, two->hold[i]);
	return n;
}

/*
 * Two guests do not run the same sweep at the same time, and a trial that was forgotten is chosen
 * again.
 */
START_TEST(side_by_side)
{
	rig_auto(race) race = make_race(NULL, FALSE);
	struct race_trial one, two, three;

	ck_assert(race_next(race, &one));
	ck_assert(race_next(race, &two));
	ck_assert_uint_lt(shared(&one, &two), one.n);
	race_forget(race, &two);
	ck_assert(race_next(race, &three));
	ck_assert_str_eq(three.hold[three.n - 1], two.hold[two.n - 1]);
}
END_TEST

/* Arms (holds) that waited in a sweep with a new lock order are tried again before others. */
START_TEST(new_lock_order)
{
	guint again[2];

	for (int news = 0; news < 2; news++) {
		rig_auto(race) race = make_race(NULL, TRUE);
		struct race_outcome outcome = {.news = news}, none = {0};
		struct race_trial one, updates, two;

		ck_assert(race_next(race, &one));
		for (guint i = 0; i < one.n; i++)
			outcome.held[i] = 1;
		race_result(race, &one, &outcome);
		/* the second sweep has only holds at updates (read-modify-writes) */
		ck_assert(race_next(race, &updates));
		ck_assert(g_str_has_prefix(updates.hold[0], "update in "));
		race_result(race, &updates, &none);
		ck_assert(race_next(race, &two));
		again[news] = shared(&one, &two);
	}
	ck_assert_uint_gt(again[1], again[0]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("race");
	TCase *tests = tcase_create("race");

	use_scratch(tests);
	tcase_add_test(tests, one_place);
	tcase_add_test(tests, two_places);
	tcase_add_test(tests, lost_update);
	tcase_add_test(tests, random_priorities);
	tcase_add_test(tests, turns);
	tcase_add_test(tests, rates_are_learned);
	tcase_add_test(tests, luck);
	tcase_add_test(tests, found_before_the_end);
	tcase_add_test(tests, weak);
	tcase_add_test(tests, without_holds);
	tcase_add_test(tests, side_by_side);
	tcase_add_test(tests, new_lock_order);
	suite_add_tcase(suite, tests);
	suite_add_tcase(suite, search_cases());
	suite_add_tcase(suite, walk_cases());
	return suite_run(suite);
}
