// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests that a bisection also finds its bug in the explanation of a hang, which is one of the
 * reports of a run.
 */
#include <string.h>

#include "bisect/evidence.h"
#include "bisect/result.h"
#include "tests/unit/bisect.h"

#define HANG(kind, bug)                                                       \
	"{\"verdict\": \"HANG\", \"details\": {\"times\": {\"boot_ns\": 5}, " \
	"\"hang\": {\"signature\": {\"bug\": \"" bug                          \
	"\"}}, \"reasons\": [\"it hung\"], \"reports\": [{\"kind\": \"" kind  \
	"\", \"title\": \"t\", \"signature\": "                               \
	"{\"bug\": \"" bug "\"}}]}}"
#define LEAK HANG("hang-leak", "v1:hang-leak:mem_hotplug_lock")
#define CYCLE HANG("hang-cycle", "v1:hang-cycle:&dev->mutex --> mem_hotplug_lock")
/* old folders: the hang analysis is not among the reports, and its signature is a text */
#define ALONE                                                                 \
	"{\"verdict\": \"HANG\", \"details\": {\"times\": {\"boot_ns\": 5}, " \
	"\"hang\": {\"signature\": \"v1:hang-leak:x\"}, \"reasons\": [\"it hung\"]}}"
/* the current format: the signature is an object */
#define OBJECT                                                                \
	"{\"verdict\": \"HANG\", \"details\": {\"times\": {\"boot_ns\": 5}, " \
	"\"hang\": {\"signature\": {\"bug\": \"v1:hang-leak:x\"}}, \"reasons\": [\"it hung\"]}}"
/*
 * a known issue killed a task before the guest's memory was counted at the end of the run, so the
 * run does not show that other bugs are absent
 */
#define KILLED                                                                  \
	"{\"verdict\": \"KNOWN\", \"details\": {\"times\": {\"boot_ns\": 5}, "  \
	"\"lockdep\": {\"armed\": true, \"state\": \"on\"}, "                   \
	"\"reports\": [{\"kind\": \"paging\", \"known\": {\"reason\": \"r\"}, " \
	"\"signature\": {\"bug\": \"v1:paging:f\"}}]}}"
#define NO_WORD "{\"verdict\": \"HANG\", \"details\": {\"times\": {\"boot_ns\": 5}}}"

static const struct {
	const char *answer;
	struct target target;
	enum outcome outcome;
} hangs[] = {
	{LEAK, {(char *)"v1:hang-leak:mem_hotplug_lock", FALSE}, OUTCOME_CAUGHT},
	{LEAK, {(char *)"hang-leak", TRUE}, OUTCOME_CAUGHT},
	{LEAK, {(char *)"hang", TRUE}, OUTCOME_CAUGHT},
	{NO_WORD, {(char *)"hang", TRUE}, OUTCOME_CAUGHT},
	{ALONE, {(char *)"v1:hang-leak:x", FALSE}, OUTCOME_CAUGHT},
	{OBJECT, {(char *)"v1:hang-leak:x", FALSE}, OUTCOME_CAUGHT},
	{KILLED, {(char *)"v1:hang-leak:x", FALSE}, OUTCOME_OTHER},
	{KILLED, {(char *)"v1:paging:f", FALSE}, OUTCOME_CAUGHT},
	/* the run hung, but not in the way that the search looks for */
	{CYCLE, {(char *)"v1:hang-leak:mem_hotplug_lock", FALSE}, OUTCOME_OTHER},
	{CYCLE, {(char *)"hang-leak", TRUE}, OUTCOME_OTHER},
	{NO_WORD, {(char *)"hang-leak", TRUE}, OUTCOME_OTHER},
};

#define PASSED(ran_once)                                                    \
	"{\"verdict\": \"PASS\", \"details\": {\"times\": {\"boot_ns\": 5}, "  \
	"\"counts\": {" ran_once "}, \"lockdep\": {\"state\": \"on\", \"armed\": true}}}"

/* A run in which the host did not execute all steps does not show that a lock order is absent. */
START_TEST(a_path_that_was_not_executed)
{
	static const struct {
		const char *answer, *target;
		enum outcome outcome;
	} runs[] = {
		{PASSED("\"ran_once\": true"), "v1:lock-edge:a --> b", OUTCOME_CLEAN},
		{PASSED("\"ran_once\": false"), "v1:lock-edge:a --> b", OUTCOME_OTHER},
		{PASSED("\"ran_once\": false"), "v1:lockdep-circular:a --> b", OUTCOME_CLEAN},
		{PASSED(""), "v1:lock-edge:a --> b", OUTCOME_CLEAN},
	};

	for (guint i = 0; i < G_N_ELEMENTS(runs); i++) {
		json_auto_t *answer = json_loads(runs[i].answer, 0, NULL);
		const struct target target = {(char *)runs[i].target, FALSE};
		rig_auto(evidence) evidence = evidence_new(1);

		evidence_read(evidence, answer);
		evidence_judge(evidence, &target);
		ck_assert_str_eq(outcome_name(evidence->outcome), outcome_name(runs[i].outcome));
	}
}
END_TEST

static struct evidence *read_answer(const char *text, guint position)
{
	json_auto_t *answer = json_loads(text, 0, NULL);
	struct evidence *evidence = evidence_new(position);

	ck_assert_ptr_nonnull(answer);
	evidence_read(evidence, answer);
	return evidence;
}

START_TEST(a_hang_has_a_signature)
{
	rig_auto(evidence) evidence = read_answer(hangs[_i].answer, 1);

	evidence_judge(evidence, &hangs[_i].target);
	ck_assert_str_eq(outcome_name(evidence->outcome), outcome_name(hangs[_i].outcome));
}
END_TEST

#define REPORT(kind) \
	"{\"kind\": \"" kind "\", \"title\": \"t\", \"signature\": {\"bug\": \"v1:" kind ":x\"}}"
#define REPORTED(reports) "{\"verdict\": \"FAIL\", \"details\": {\"reports\": [" reports "]}}"

/*
 * The kind of the target that the search chooses if each of RUNS runs of the bad end has a warning,
 * and HANGS of them also hang.
 */
static const struct {
	guint runs, hangs;
	const char *kind; /* NULL if no target can be chosen yet */
} target_cases[] = {
	{2, 2, "hang-cycle"},
	/* one run in four hangs: the hang is the target, not the warning that every run has */
	{8, 2, "hang-cycle"},
	{2, 0, NULL},
	{23, 0, NULL},
	{24, 0, "warning"}, /* after 24 runs without a hang, the warning is the target */
	/* one run hung, which is too few to choose the target: more runs are needed */
	{24, 1, NULL},
	{30, 1, "warning"},
};

START_TEST(a_hang_becomes_the_target)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)evidence_free);
	const struct sighting *learned;
	guint times, runs;

	/* the last runs hang */
	for (guint i = 0; i < target_cases[_i].runs; i++) {
		gboolean hung = i + target_cases[_i].hangs >= target_cases[_i].runs;

		g_ptr_array_add(
			all,
			read_answer(hung ? REPORTED(REPORT("warning") ", " REPORT("hang-cycle"))
					 : REPORTED(REPORT("warning")),
				    1));
	}
	learned = evidence_find_target(all, 1, 0, &times, &runs);
	ck_assert_uint_eq(runs, target_cases[_i].runs);
	ck_assert_str_eq(learned ? learned->kind : "not yet",
			 target_cases[_i].kind ? target_cases[_i].kind : "not yet");
	/* if runs of the good end also hang, the hang is not the target */
	g_ptr_array_add(all, read_answer(REPORTED(REPORT("hang-cycle")), 0));
	learned = evidence_find_target(all, 1, 0, &times, &runs);
	ck_assert(!learned || strcmp(learned->kind, "hang-cycle") != 0);
}
END_TEST

/* The rate at which runs show the bug is printed if there was a run, and not if there was none. */
START_TEST(no_run_no_rate)
{
	json_t *result = json_pack("{s:i, s:{s:f, s:f, s:f}}", "boots", _i, "detection", "rate",
				   0.32, "low", 0.02, "high", 1.0);
	g_autofree char *text = result_text(result), *html = result_html(result);

	ck_assert_int_eq(strstr(text, "in 32 % of the runs") != NULL, _i);
	ck_assert_int_eq(strstr(html, "in 32 % of the runs") != NULL, _i);
	json_decref(result);
}
END_TEST

TCase *bisect_evidence_case(void)
{
	TCase *tcase = tcase_create("evidence");

	tcase_add_test(tcase, a_path_that_was_not_executed);
	tcase_add_loop_test(tcase, a_hang_has_a_signature, 0, G_N_ELEMENTS(hangs));
	tcase_add_loop_test(tcase, a_hang_becomes_the_target, 0, G_N_ELEMENTS(target_cases));
	tcase_add_loop_test(tcase, no_run_no_rate, 0, 2);
	return tcase;
}
