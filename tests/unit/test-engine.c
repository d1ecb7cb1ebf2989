// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests rig/engine: invariants of the table over all pairs of state and event, and whole runs with
 * the fake QEMU, which can fail in ways that a real guest cannot.
 */
#include <check.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "engine/session.h"
#include "tests/unit/suite.h"
#include "tests/unit/engine.h"
#include "util/error.h"

/* ---- the table of states and events ---- */

START_TEST(gone_is_the_end)
{
	for (int s = 0; s < N_STATES; s++)
		ck_assert_int_eq(table_next(s, EV_GONE), STATE_DONE);
	for (int e = 0; e < N_EVENTS; e++)
		ck_assert_int_eq(table_next(STATE_DONE, e), STATE_DONE);
}
END_TEST

START_TEST(abort_and_fault_end_it)
{
	for (int s = 0; s < STATE_DONE; s++) {
		ck_assert_int_eq(table_next(s, EV_ABORT), STATE_ENDING);
		ck_assert_int_eq(table_next(s, EV_FAULT), STATE_ENDING);
	}
}
END_TEST

/* Even if the guest does nothing, deadlines lead to the state in which QEMU is killed. */
START_TEST(deadlines_lead_to_the_end)
{
	for (int first = 0; first < STATE_DONE; first++) {
		enum state s = first;

		for (int i = 0; i < N_STATES; i++)
			s = table_next(s, EV_TIMER);
		ck_assert_msg(s == STATE_ENDING, "%s ends in %s", state_name(first), state_name(s));
	}
}
END_TEST

/* With a guest that answers every request, the states follow in order. */
START_TEST(answers_lead_through_all_states)
{
	static const struct {
		enum event event;
		enum state next;
	} story[] = {
		{EV_HELLO, STATE_BASELINE},  {EV_ANSWER, STATE_START},	{EV_ANSWER, STATE_HAMMER},
		{EV_TIMER, STATE_DRAIN},     {EV_IDLE, STATE_STOP},	{EV_ANSWER, STATE_TEARDOWN},
		{EV_ANSWER, STATE_ACCOUNT},  {EV_ANSWER, STATE_ORDERS}, {EV_ANSWER, STATE_FINISH},
		{EV_ANSWER, STATE_POWEROFF}, {EV_GONE, STATE_DONE}};
	enum state s = STATE_BOOT;

	for (guint i = 0; i < G_N_ELEMENTS(story); i++) {
		s = table_next(s, story[i].event);
		ck_assert_int_eq(s, story[i].next);
	}
}
END_TEST

/* A failing report and a stall are never ignored while the kernel is tested. */
START_TEST(alarms_are_not_missed)
{
	for (int s = 0; s <= STATE_POWEROFF; s++) {
		ck_assert_int_eq(table_next(s, EV_REPORT), STATE_REPORTED);
		if (s != STATE_POWEROFF)
			ck_assert_int_eq(table_next(s, EV_STALL), STATE_POSTMORTEM);
	}
}
END_TEST

/* No event leads back to an earlier state. */
START_TEST(states_only_go_forward)
{
	for (int s = 0; s < N_STATES; s++)
		for (int e = 0; e < N_EVENTS; e++)
			ck_assert_int_ge(table_next(s, e), s);
}
END_TEST

/* ---- whole runs with the fake QEMU ---- */

static const struct {
	const char *fake; /* words of $FAKE_QEMU */
	enum verdict verdict;
	const char *reason; /* part of one of the reasons, or NULL */
	unsigned duration_s;
} runs[] = {
#include "tests/data/engine/runs.inc"
};

static struct timeline *edited(const struct scenario *scenario, const struct run_plan *plan,
			       void (*edit)(json_t *json), GError **error)
{
	rig_auto(timeline) compiled = timeline_compile(scenario, plan->machine, plan->seed);
	json_auto_t *json = timeline_json(compiled);

	if (!edit)
		return g_steal_pointer(&compiled);
	edit(json);
	return timeline_parse(json, "edited", scenario, plan->machine, error);
}

enum verdict run_edited(const struct run_plan *wanted, const char *name, void (*edit)(json_t *json),
			char **ret_dir)
{
	g_autofree char *file = g_path_is_absolute(name) ? g_strdup(name) : data_path(name);
	g_autofree char *emulator = g_strdup_printf("%s/fake-qemu", g_getenv("RIG_TEST_BIN"));
	g_autoptr(GError) error = NULL;
	char *no_patches[] = {NULL};
	struct kernel kernel = {
		.name = (char *)"fake",
		.hash = (char *)"0",
		.image = emulator,
		.patches = no_patches,
	};
	struct run_plan plan = *wanted;
	rig_auto(scenario) scenario = scenario_load(file, &error);
	rig_auto(timeline) timeline = NULL;
	json_t *inputs = wanted->inputs ? json_incref(wanted->inputs) : json_object();
	enum verdict verdict;

	ck_assert_msg(scenario != NULL, "%s", error ? error->message : "");
	plan.scenario = scenario;
	plan.machine = machine_find("pc-q35", NULL);
	plan.timeline = timeline = edited(scenario, &plan, edit, &error);
	ck_assert_msg(timeline != NULL, "%s", error ? error->message : "");
	plan.kernel = &kernel;
	plan.initrd = emulator;
	plan.emulator = emulator;
	plan.results = scratch;
	plan.accel = ACCEL_TCG;
	plan.accel_why = "fake";
	plan.patience_s = wanted->patience_s ? wanted->patience_s : 2;
	plan.inputs = inputs;
	ck_assert_msg(engine_run(&plan, NULL, NULL, ret_dir, &verdict, &error), "%s",
		      error ? error->message : "");
	json_decref(inputs);
	return verdict;
}

enum verdict run_once(const struct run_plan *wanted, char **ret_dir)
{
	return run_edited(wanted, "engine/small.yaml", NULL, ret_dir);
}

gboolean has_reason(const char *dir, const char *part)
{
	rig_auto(run_info) info = run_open(scratch, dir, NULL);
	json_t *reason;
	size_t i;

	ck_assert_ptr_nonnull(info);
	json_array_foreach (json_object_get(info->details, "reasons"), i, reason)
		if (strstr(json_string_value(reason), part))
			return TRUE;
	return FALSE;
}

START_TEST(run_ends_in)
{
	struct run_plan plan = {.seed = 7,
				.dump_limit = G_GUINT64_CONSTANT(2) << 30,
				.duration_s = runs[_i].duration_s};
	g_autofree char *dir = NULL, *verdict_file = NULL, *text = NULL;
	enum verdict verdict;

	g_setenv("FAKE_QEMU", runs[_i].fake, TRUE);
	verdict = run_once(&plan, &dir);
	verdict_file = g_build_filename(dir, "verdict", NULL);
	ck_assert(g_file_get_contents(verdict_file, &text, NULL, NULL));
	ck_assert_msg(verdict == runs[_i].verdict, "'%s' ended in %s: %.3000s", runs[_i].fake,
		      verdict_name(verdict), text);
	if (runs[_i].reason)
		ck_assert_msg(has_reason(dir, runs[_i].reason), "'%s': %s", runs[_i].fake, text);
}
END_TEST

static gboolean interrupt(gpointer data)
{
	(void)data;
	raise(SIGTERM);
	return G_SOURCE_REMOVE;
}

/* After a signal at any time, the run is ABORTED, and QEMU has exited when the call returns. */
START_TEST(a_signal_aborts)
{
	static const guint after_ms[] = {0, 20, 100, 300, 600, 900};
	/* with the usual 2 s, a busy host can make the run a hang before the signal */
	struct run_plan plan = {.seed = 7, .patience_s = 30};
	g_autofree char *dir = NULL;

	g_setenv("FAKE_QEMU", "", TRUE);
	g_timeout_add(after_ms[_i], interrupt, NULL);
	ck_assert_int_eq(run_once(&plan, &dir), VERDICT_ABORTED);
}
END_TEST

/*
 * The same seed gives the same steps with the same sizes: compare the journals without their times.
 */
START_TEST(one_seed_one_timeline)
{
	char *steps[2] = {NULL, NULL};

	g_setenv("FAKE_QEMU", "", TRUE);
	for (int i = 0; i < 2; i++) {
		struct run_plan plan = {.seed = 99, .duration_s = 1};
		g_autofree char *dir = NULL, *file = NULL, *text = NULL;
		g_autoptr(GString) kept = g_string_new(NULL);
		g_auto(GStrv) lines = NULL;

		ck_assert_int_eq(run_once(&plan, &dir), VERDICT_PASS);
		file = g_build_filename(dir, "journal", NULL);
		ck_assert(g_file_get_contents(file, &text, NULL, NULL));
		lines = g_strsplit(text, "\n", -1);
		for (guint n = 0; lines[n] && kept->len < 4000; n++)
			if (strstr(lines[n], "\"step\""))
				g_string_append(kept, strstr(lines[n], "\"what\""));
		steps[i] = g_string_free(g_steal_pointer(&kept), FALSE);
	}
	ck_assert_uint_gt(strlen(steps[0]), 500);
	/* the number of steps in a second differs, so one journal is the beginning of the other */
	ck_assert(g_str_has_prefix(steps[0], steps[1]) || g_str_has_prefix(steps[1], steps[0]) ||
		  !strncmp(steps[0], steps[1], 1000));
	g_free(steps[0]);
	g_free(steps[1]);
}
END_TEST

void play(const char *script)
{
	g_setenv("FAKE_QEMU", script, TRUE);
	g_setenv("RIG_SANDBOX", "off", TRUE);
}

/* A report on the console fails the run, and is stored. */
START_TEST(a_report_fails)
{
	struct run_plan plan = {.seed = 7};
	g_autofree char *dir = NULL, *report = data_path("engine/report.txt");
	g_autofree char *fake = g_strdup_printf("console-file=%s", report);
	g_autofree char *kept = NULL;

	play(fake);
	ck_assert_int_eq(run_once(&plan, &dir), VERDICT_FAIL);
	ck_assert(has_reason(dir, "try_remove_memory"));
	kept = g_build_filename(dir, "splats", "01-warning.txt", NULL);
	ck_assert(g_file_test(kept, G_FILE_TEST_EXISTS));
}
END_TEST

/*
 * If the console becomes silent inside a report, the report counts at once, but is stored
 * completely.
 */
START_TEST(a_pause_cuts_no_report)
{
	struct run_plan plan = {.seed = 7, .patience_s = 30}; /* as in a_signal_aborts */
	g_autofree char *dir = NULL, *report = data_path("engine/report.txt");
	g_autofree char *fake = g_strdup_printf("console-file=%s;console-pause=900", report);
	g_autoptr(GError) error = NULL;
	gboolean changed = TRUE;

	play(fake);
	ck_assert_int_eq(run_once(&plan, &dir), VERDICT_FAIL);
	ck_assert_msg(run_recheck(dir, &changed, &error), "%s", error ? error->message : "");
	ck_assert_msg(!changed, "the console says something else than the run");
	rig_auto(run_info) info = run_open(scratch, dir, NULL);
	json_t *reports = json_object_get(info->details, "reports");

	ck_assert_uint_eq(json_array_size(reports), 1);
	ck_assert(json_is_false(json_object_get(json_array_get(reports, 0), "corrupted")));
	ck_assert_uint_eq(json_array_size(json_object_get(info->details, "reasons")), 1);
}
END_TEST

/* Writes that fail, as on a full disk, end the run as the host's fault, and soon. */
START_TEST(a_full_disk_is_infra)
{
	struct run_plan plan = {.seed = 7, .duration_s = 60};
	/*
	 * writes of this process beyond the limit fail with EFBIG, as with ENOSPC on a full disk.
	 * The limit is above the space reserved for the verdict, but QMP's trace reaches it quickly
	 */
	const struct rlimit limit = {512 << 10, 512 << 10};
	g_autofree char *dir = NULL;

	g_setenv("FAKE_QEMU", "", TRUE);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(run_once(&plan, &dir), VERDICT_INFRA);
	ck_assert(has_reason(dir, "disk full"));
}
END_TEST

/* The memory of a guest that hangs is only stored up to a certain size; the fake has 1 GiB. */
START_TEST(a_memory_image_has_a_limit)
{
	static const struct {
		guint64 limit;
		const char *words;
		gboolean kept;
	} limits[] = {
		{G_GUINT64_CONSTANT(1) << 30, "\"outcome\":\"ok\"", TRUE},
		{512 << 20, "the limit is 512", FALSE},
		{0, "the limit is 0", FALSE},
	};
	struct run_plan plan = {.seed = 7, .dump_limit = limits[_i].limit};
	g_autofree char *dir = NULL, *journal = NULL, *image = NULL, *text = NULL;

	g_setenv("FAKE_QEMU", "agent-stuck", TRUE);
	ck_assert_int_eq(run_once(&plan, &dir), VERDICT_HANG);
	journal = g_build_filename(dir, "journal", NULL);
	image = g_build_filename(dir, "postmortem", "memory.elf", NULL);
	ck_assert(g_file_get_contents(journal, &text, NULL, NULL));
	ck_assert_msg(strstr(text, limits[_i].words), "%s", text);
	ck_assert(g_file_test(image, G_FILE_TEST_EXISTS) == limits[_i].kept);
}
END_TEST

/* On powerpc the post-mortem's NMI makes an oops. It does not count as a finding. */
START_TEST(an_oops_of_our_nmi_is_excused)
{
	struct run_plan plan = {.seed = 7, .duration_s = 60};
	g_autofree char *dir = NULL, *console = NULL, *text = NULL;
	gboolean changed = TRUE;

	g_setenv("FAKE_QEMU", "hang-at=plug;nmi-oops", TRUE);
	ck_assert_int_eq(run_once(&plan, &dir), VERDICT_HANG);
	console = g_build_filename(dir, "console.raw", NULL);
	ck_assert(g_file_get_contents(console, &text, NULL, NULL));
	ck_assert_ptr_nonnull(strstr(text, "Oops: System Reset"));
	ck_assert(!has_reason(dir, "Oops"));
	ck_assert(run_recheck(dir, &changed, NULL) && !changed);
}
END_TEST

/* The answer to FINISH arrives during the post-mortem, and must not end it. */
START_TEST(a_late_answer_ends_no_postmortem)
{
	struct run_plan plan = {.seed = 7};
	g_autofree char *dir = NULL, *journal = NULL, *text = NULL;

	g_setenv("FAKE_QEMU", "finish-late;no-reply=human-monitor-command", TRUE);
	ck_assert_int_eq(run_once(&plan, &dir), VERDICT_HANG);
	journal = g_build_filename(dir, "journal", NULL);
	ck_assert(g_file_get_contents(journal, &text, NULL, NULL));
	ck_assert_msg(strstr(text, "\"what\":\"dump\"") != NULL, "%s", text);
}
END_TEST

#define RUNS_IN_A_CASE 23 /* how many of the RUNS are in one test case */

static TCase *case_of_runs(Suite *suite, const char *name)
{
	TCase *tests = suite_case(suite, name);

	use_scratch(tests);
	tcase_set_timeout(tests, 120);
	return tests;
}

int main(void)
{
	static const char *const ends[] = {"ends of runs 1", "ends of runs 2", "ends of runs 3"};
	Suite *suite = suite_create("engine");
	TCase *tests = suite_case(suite, "table");

	tcase_add_test(tests, gone_is_the_end);
	tcase_add_test(tests, abort_and_fault_end_it);
	tcase_add_test(tests, deadlines_lead_to_the_end);
	tcase_add_test(tests, answers_lead_through_all_states);
	tcase_add_test(tests, alarms_are_not_missed);
	tcase_add_test(tests, states_only_go_forward);
	add_hotplug_check_tests(tests);

	G_STATIC_ASSERT(G_N_ELEMENTS(runs) <= G_N_ELEMENTS(ends) * RUNS_IN_A_CASE);
	for (int i = 0; i < (int)G_N_ELEMENTS(ends); i++)
		tcase_add_loop_test(case_of_runs(suite, ends[i]), run_ends_in, i * RUNS_IN_A_CASE,
				    MIN((i + 1) * RUNS_IN_A_CASE, (int)G_N_ELEMENTS(runs)));

	tests = case_of_runs(suite, "runs");
	add_watch_tests(tests);
	tcase_add_loop_test(tests, a_signal_aborts, 0, 6);
	tcase_add_test(tests, one_seed_one_timeline);
	tcase_add_test(tests, a_report_fails);
	tcase_add_test(tests, a_late_answer_ends_no_postmortem);
	tcase_add_test(tests, an_oops_of_our_nmi_is_excused);
	tcase_add_test(tests, a_pause_cuts_no_report);
	tcase_add_test(tests, a_full_disk_is_infra);
	tcase_add_loop_test(tests, a_memory_image_has_a_limit, 0, 3);
	add_timeline_tests(tests);

	tests = case_of_runs(suite, "starved");
	add_starved_tests(tests);

	tests = case_of_runs(suite, "locks");
	add_locks_tests(tests);
	add_agent_tests(tests);
	add_kind_tests(tests);
	add_nvdimm_tests(tests);
	add_fail_tests(tests);
	return suite_run(suite);
}
