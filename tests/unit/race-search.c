// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the searches of `rig race` with a fake rig, in which a hold at one function makes the run
 * fail.
 */
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>

#include "race/internal.h"
#include "race/race.h"
#include "tests/unit/race.h"
#include "tests/unit/suite.h"
#include "util/error.h"
#include "util/paths.h"

static char *rig, *folder;

static void begin(void)
{
	g_autofree char *fake = data_path("race/fake-rig"), *text = NULL;

	rig = in_scratch("rig");
	folder = in_scratch("race");
	ck_assert(rig_read_file(fake, 1 << 20, &text, NULL, NULL));
	ck_assert(rig_write_file(rig, text, -1, NULL));
	ck_assert_int_eq(g_chmod(rig, 0755), 0);
	g_unsetenv("FAKE_RACE");
}

static void end(void)
{
	g_clear_pointer(&rig, g_free);
	g_clear_pointer(&folder, g_free);
}

static struct race_options options(void)
{
	return (struct race_options){.scenario = "toy",
				     .guests = 1,
				     .cpus = 4,
				     .budget_s = 60,
				     .results = scratch,
				     .dir = folder,
				     .rig = rig,
				     .record_s = 7,
				     .sweep_s = 50,
				     .drop_holds = TRUE};
}

static struct race_search *start(const struct race_options *o, json_t *state)
{
	g_autoptr(GError) error = NULL;
	json_auto_t *words = json_pack("[s]", "toy");
	struct race_search *search = race_search_new(o, words, state, &error);

	ck_assert_msg(search != NULL, "%s", error ? error->message : "");
	return search;
}

static guint n_ended;

static void on_ended(const struct race_event *event, void *data)
{
	(void)data;
	ck_assert_str_eq(event->said, "because");
	n_ended++;
}

static json_t *read_state(void)
{
	g_autofree char *path = g_build_filename(folder, "race.json", NULL);
	json_t *state = json_load_file(path, 0, NULL);

	ck_assert_ptr_nonnull(state);
	return state;
}

START_TEST(found)
{
	g_autofree char *asked_path = in_scratch("asked"), *asked = NULL,
			*file = in_scratch("toy.yaml"), *text = NULL, *more = NULL;
	struct race_options o = options();
	rig_auto(race_search) search = start(&o, NULL);
	g_autoptr(GError) error = NULL;
	struct race_trial trial;
	enum race_end ended;

	n_ended = 0;
	race_search_watch(search, on_ended, NULL, NULL);
	ck_assert_msg(race_search_run(search, &ended, &error), "%s", error ? error->message : "");
	ck_assert_int_eq(ended, RACE_DONE);
	ck_assert_uint_ge(n_ended, 1 + RACE_RUNS + RACE_BASE_RUNS - 1);
	race_found(race_search_strategy(search), &trial);
	ck_assert_uint_eq(trial.n, 1);
	ck_assert_str_eq(trial.hold[0], "f7");
	ck_assert_str_eq(race_search_reason(search), "because");
	/*
	 * the first run counts functions (--visits) without holds, not even those of the scenario
	 */
	ck_assert(g_file_get_contents(asked_path, &asked, NULL, NULL));
	ck_assert(g_regex_match_simple(
		"^run --results [^ ]* --json --duration 7 .*--without holds --cpus 4 --visits "
		"hotplug -- toy\n"
		"run --results [^ ]* --json --duration 50 --patience 40 .*--without holds --cpus 4 "
		"--sweep [^ ]*/sweep-1-1 "
		"-- toy\n"
		"run --results [^ ]* --json --duration 25 --patience 40 .*--without holds --cpus 4 "
		"--sweep [^ ]*/sweep-2-2 "
		"-- toy\n",
		asked, 0, 0));
	/* the scenario's own holds are replaced, and all other lines stay */
	ck_assert(rig_write_file(file, "about: a\nholds:\n  - {at: x, until: y}\n# c\ncpus: 2\n",
				 -1, NULL));
	text = race_scenario(file, &trial, 0, NULL);
	ck_assert_str_eq(text, "about: a\ncpus: 2\n\n# found by rig race\nholds:\n"
			       "  - {at: f7, max: 100, times: 1000}\n");
	more = race_scenario(file, &trial, 4, NULL);
	ck_assert_str_eq(more, "about: a\n\n# found by rig race\ncpus: 4\nholds:\n"
			       "  - {at: f7, max: 100, times: 1000}\n");
}
END_TEST

/* A lost update has one symptom at the end of a run, and others in runs that end earlier. */
START_TEST(accounts_and_reports)
{
	struct race_options o = options();
	rig_auto(race_search) search = NULL;
	g_autoptr(GError) error = NULL;
	struct race_trial trial;
	enum race_end ended;

	g_setenv("FAKE_RACE", "accounts", TRUE);
	search = start(&o, NULL);
	ck_assert_msg(race_search_run(search, &ended, &error), "%s", error ? error->message : "");
	ck_assert_int_eq(ended, RACE_DONE);
	race_found(race_search_strategy(search), &trial);
	ck_assert_uint_eq(trial.n, 1);
	ck_assert_str_eq(trial.hold[0], "f7");
}
END_TEST

/* A second process continues a search from the state file of the first one. */
START_TEST(resumed)
{
	struct race_options o = options();
	json_auto_t *whole = NULL, *part = NULL;
	g_autoptr(GError) error = NULL;
	rig_auto(race_search) search = start(&o, NULL), *again = NULL;
	json_t *trials;
	enum race_end ended;
	struct race_trial one, two;

	ck_assert(race_search_run(search, &ended, &error));
	whole = read_state();
	part = json_deep_copy(whole);
	trials = json_object_get(part, "trials");
	while (json_array_size(trials) > 2)
		json_array_remove(trials, json_array_size(trials) - 1);
	again = start(&o, part);
	ck_assert(race_search_run(again, &ended, &error));
	ck_assert_int_eq(ended, RACE_DONE);
	race_found(race_search_strategy(search), &one);
	race_found(race_search_strategy(again), &two);
	ck_assert_str_eq(one.hold[0], two.hold[0]);
	/* a search that is over ends immediately when it is resumed */
	g_setenv("FAKE_RACE", "lost", TRUE);
	rig_auto(race_search) over = start(&o, whole);
	ck_assert(race_search_run(over, &ended, &error));
	ck_assert_int_eq(ended, RACE_DONE);
}
END_TEST

START_TEST(not_found)
{
	static const struct {
		const char *fake;
		int code;
	} cases[] = {{"lost", RIG_EXIT_INFRA}, {"unfit", RIG_EXIT_USAGE}};
	struct race_options o = options();
	enum race_end ended;

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		rig_auto(race_search) search = start(&o, NULL);
		g_autoptr(GError) error = NULL;

		g_setenv("FAKE_RACE", cases[i].fake, TRUE);
		ck_assert(!race_search_run(search, &ended, &error));
		ck_assert_int_eq(rig_exit_code(error), cases[i].code);
	}
	g_setenv("FAKE_RACE", "alone", TRUE);
	rig_auto(race_search) search = start(&o, NULL);
	g_autoptr(GError) error = NULL;
	ck_assert(race_search_run(search, &ended, &error));
	ck_assert_int_eq(ended, RACE_FAILS_ALONE);
}
END_TEST

START_TEST(bad_states)
{
	static const char *const bad[] = {
		"{}",
		"{\"version\": 9, \"trials\": []}",
		"{\"version\": 2, \"trials\": [1], \"visits\": [{\"function\": \"a\", \"visits\": "
		"1, "
		"\"beside\": {\"a\": 1}}]}",
	};
	struct race_options o = options();

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		json_auto_t *state = json_loads(bad[i], 0, NULL), *words = json_array();
		g_autoptr(GError) error = NULL;

		ck_assert_ptr_null(race_search_new(&o, words, state, &error));
		ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	}
}
END_TEST

START_TEST(around)
{
	g_auto(GStrv) favoured = NULL;
	g_autofree char *visits = NULL;
	g_autoptr(GError) error = NULL;

	ck_assert(race_around(NULL, scratch, &visits, &favoured, &error));
	ck_assert_str_eq(visits, "hotplug");
	g_clear_pointer(&visits, g_free);
	ck_assert(race_around("slab_mutex", scratch, &visits, &favoured, &error));
	ck_assert_str_eq(visits, "mm/slab_common.c,mm/slub.c");
	g_clear_pointer(&visits, g_free);
	ck_assert(race_around("mm/slub.c", scratch, &visits, &favoured, &error));
	ck_assert_str_eq(visits, "mm/slub.c");
	ck_assert_ptr_null(favoured);
	g_clear_pointer(&visits, g_free);
	/* a run, not a function of this name; here there is none */
	ck_assert(!race_around("last", scratch, &visits, &favoured, NULL));
	ck_assert(!race_around("no-such-run", scratch, &visits, &favoured, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
}
END_TEST

/*
 * Ranks the arms (holds) of a sweep, at which vCPUs waited at the seconds 10, 20, 30, 40 and 29;
 * all but the first two waited near the failure. FAILURE is added to the run's `verdict`.
 */
static void rank(const char *failure, struct race_outcome *ret)
{
	static const struct race_trial sweep = {
		.n = 5,
		.hold = {"device_add", "return of find in state_store", "kfree", "update 2 in add",
			 "return of __udelay in kcsan_setup_watchpoint"}};
	static const int last_ms[] = {10000, 20000, 30000, 40000, 29000};
	json_auto_t *details = json_loads(failure, 0, NULL), *arms = json_array();

	ck_assert_ptr_nonnull(details);
	for (guint i = 0; i < sweep.n; i++)
		json_array_append_new(arms,
				      json_pack("{s:i, s:i}", "arm", i, "last_ms", last_ms[i]));
	json_object_set(details, "arms", arms);
	*ret = (struct race_outcome){.failed = TRUE,
				     .held = {1, 1, 1, 1, 1},
				     .suspect = {[2] = 2, [3] = 1, [4] = 3}};
	suspects_rank(details, &sweep, ret);
}

/* The functions in which two tasks are stuck come first, although other tasks worked on. */
START_TEST(suspects_of_a_hang)
{
	static const guint expected[] = {2, 1, 4, 3, 5};
	struct race_outcome o;

	rank("{\"hang\": {\"tasks\": [{\"stack\": [{\"function\": \"device_add\"}, {}]}, "
	     "{\"stack\": [{\"function\": \"state_store\"}]}]}}",
	     &o);
	ck_assert_mem_eq(o.suspect, expected, sizeof(expected));
}
END_TEST

/*
 * Of the arms (holds) that waited near a failure, one whose function is in the report's stack comes
 * first; the stack does not add other arms.
 */
START_TEST(suspects_of_a_report)
{
	static const guint by_time[] = {0, 0, 2, 1, 3}, by_stack[] = {0, 0, 1, 2, 3},
			   of_kcsan[] = {0, 0, 3, 2, 1};
	struct race_outcome o;

	rank("{\"reports\": [{\"text\": \"BUG\\n device_add+0x1/0x2\\n "
	     "kfree.isra.0+0x1/0x2\"}]}",
	     &o);
	ck_assert_mem_eq(o.suspect, by_stack, sizeof(by_stack));
	rank("{\"reports\": [{\"kind\": \"warning\"}]}", &o);
	ck_assert_mem_eq(o.suspect, by_time, sizeof(by_time));
	/* the stack of a KCSAN report leaves out the function that delayed the task */
	rank("{\"reports\": [{\"kind\": \"kcsan\"}]}", &o);
	ck_assert_mem_eq(o.suspect, of_kcsan, sizeof(of_kcsan));
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
		"[{\"function\": \"a\", \"visits\": 1, \"beside\": 7}]",
		"[{\"function\": \"a\", \"visits\": 1, \"beside\": {\"b\": -3}, \"calls\": 7}]",
	};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		json_auto_t *visits = json_loads(bad[i], 0, NULL);
		const struct race_record record = {.visits = visits, .seconds = 1};
		g_autoptr(GError) error = NULL;

		ck_assert_ptr_null(race_new(&record, &error));
		ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	}
}
END_TEST

TCase *search_cases(void)
{
	TCase *tests = tcase_create("search");

	use_scratch(tests);
	tcase_add_checked_fixture(tests, begin, end);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, found);
	tcase_add_test(tests, accounts_and_reports);
	tcase_add_test(tests, resumed);
	tcase_add_test(tests, not_found);
	tcase_add_test(tests, bad_records);
	tcase_add_test(tests, bad_states);
	tcase_add_test(tests, around);
	tcase_add_test(tests, suspects_of_a_hang);
	tcase_add_test(tests, suspects_of_a_report);
	return tests;
}
