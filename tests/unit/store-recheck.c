// SPDX-License-Identifier: GPL-2.0-only
/* Tests judging run folders again. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/store.h"
#include "tests/unit/suite.h"

static gboolean recheck(const char *dir)
{
	g_autoptr(GError) error = NULL;
	gboolean changed = FALSE;

	ck_assert_msg(run_recheck(dir, &changed, &error), "%s", error ? error->message : "");
	return changed;
}

static const char *first_reason(const struct run_info *info)
{
	return json_string_value(json_array_get(json_object_get(info->details, "reasons"), 0));
}

/* A recheck finds the run's reports again; a second recheck changes nothing. */
START_TEST(recheck_finds_again)
{
	g_autofree char *dir = golden(FAILED), *report = NULL;
	rig_auto(run_info) info = NULL;

	/* recheck once, because the scanner may have changed since the run was made */
	recheck(dir);
	ck_assert(!recheck(dir));
	info = run_open(scratch, FAILED, NULL);
	ck_assert_int_eq(info->verdict, VERDICT_FAIL);
	ck_assert_str_eq(first_reason(info), "possible deadlock in cpu_device_down");
	report = slurp(dir, "splats/01-lockdep-circular.txt");
	ck_assert_ptr_nonnull(strstr(report, "cpu_add_remove_lock"));
}
END_TEST

/*
 * Derived files that are missing, wrong or replaced by links are created again, inside the folder.
 */
START_TEST(recheck_restores)
{
	g_autofree char *dir = golden(FAILED), *victim = in_scratch("victim"), *text = NULL;
	g_autofree char *link = g_build_filename(dir, "splats/01-lockdep-circular.txt", NULL);
	json_auto_t *verdict = json_pack("{s:s, s:[s], s:[]}", "verdict", "INFRA", "reasons",
					 "disk full", "reports");
	char *json = json_dumps(verdict, 0);
	rig_auto(run_info) info = NULL;

	put(scratch, "victim", "keep me\n", -1);
	put(dir, "verdict", json, -1);
	free(json);
	put(dir, "splats/07-nonsense.txt", "x", 1);
	drop(dir, "splats/01-lockdep-circular.txt");
	ck_assert_int_eq(symlink(victim, link), 0);
	ck_assert(recheck(dir));
	ck_assert(!recheck(dir));
	text = slurp(scratch, "victim");
	ck_assert_str_eq(text, "keep me\n");
	ck_assert(!g_file_test(link, G_FILE_TEST_IS_SYMLINK));
	info = run_open(scratch, FAILED, NULL);
	/* a reason that is not from a report is kept, and it was the first one */
	ck_assert_int_eq(info->verdict, VERDICT_INFRA);
	ck_assert_str_eq(first_reason(info), "disk full");
	ck_assert_uint_eq(json_array_size(json_object_get(info->details, "reports")), 1);
	g_free(link);
	link = g_build_filename(dir, "splats/07-nonsense.txt", NULL);
	ck_assert(!g_file_test(link, G_FILE_TEST_EXISTS));
}
END_TEST

/* Kinds of reasons are added to an old folder when it is written, but do not count as a change. */
START_TEST(recheck_adds_kinds)
{
	g_autofree char *dir = golden(FAILED), *text = NULL, *old = NULL;
	json_auto_t *details = NULL;
	rig_auto(run_info) info = NULL;

	recheck(dir);
	text = slurp(dir, "verdict");
	details = json_loads(text, 0, NULL);
	json_object_del(details, "reason_kinds");
	old = json_dumps(details, 0);
	put(dir, "verdict", old, -1);
	ck_assert(!recheck(dir));
	json_object_set_new(details, "reasons", json_pack("[s, s]", "firmware fault: x",
							  "possible deadlock in cpu_device_down"));
	json_object_del(json_array_get(json_object_get(details, "reports"), 0), "text");
	free(old);
	old = json_dumps(details, 0);
	put(dir, "verdict", old, -1);
	ck_assert(recheck(dir));
	ck_assert(!recheck(dir));
	info = run_open(scratch, FAILED, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(info->details, "reason_kinds")), 2);
	ck_assert_int_eq(details_reason_kind(info->details, 0), REASON_FIRMWARE);
	ck_assert_int_eq(details_reason_kind(info->details, 1), REASON_REPORT);
}
END_TEST

START_TEST(recheck_pass_stays)
{
	g_autofree char *dir = golden(PASSED), *before = slurp(dir, "verdict"), *after = NULL;

	ck_assert(!recheck(dir));
	after = slurp(dir, "verdict");
	ck_assert_str_eq(before, after);
}
END_TEST

/* The console of a PASS has a report, and the console of a FAIL has none: the verdicts change. */
START_TEST(recheck_turns)
{
	g_autofree char *failed = golden(FAILED), *passed = golden(PASSED),
			*bad = slurp(failed, "console.raw"), *good = slurp(passed, "console.raw");
	rig_auto(run_info) was_pass = NULL;
	rig_auto(run_info) was_fail = NULL;

	put(passed, "console.raw", bad, -1);
	put(failed, "console.raw", good, -1);
	ck_assert(recheck(passed));
	ck_assert(recheck(failed));
	was_pass = run_open(scratch, PASSED, NULL);
	was_fail = run_open(scratch, FAILED, NULL);
	ck_assert_int_eq(was_pass->verdict, VERDICT_FAIL);
	/* the run ended before the proofs that PASS needs */
	ck_assert_int_eq(was_fail->verdict, VERDICT_INFRA);
	ck_assert_ptr_nonnull(strstr(first_reason(was_fail), "the run is incomplete"));
	put(failed, "console.raw", bad, -1);
	ck_assert(recheck(failed));
	ck_assert_int_eq(verdict_of(FAILED), VERDICT_FAIL);
}
END_TEST

/*
 * A FAIL whose report is not a report by today's rules, in a folder with one proof missing. The
 * recheck must give the verdict that the run would have without that report, so it checks all
 * proofs.
 */
static const struct {
	const char *key;
	json_t *(*value)(void);
	enum verdict verdict;
} unproven[] = {
	{NULL, NULL, VERDICT_PASS},
	{"guest", json_null, VERDICT_LOST},
	{"powered_off", json_false, VERDICT_LOST},
	{"accounts", json_false, VERDICT_FAIL},
	{"lockdep_armed", json_false, VERDICT_INFRA},
	{"stopped", json_true, VERDICT_INFRA},
	{"unheard", NULL, VERDICT_INFRA},
};

START_TEST(recheck_proves_as_the_run)
{
	g_autofree char *dir = golden(PASSED), *text = slurp(dir, "verdict"), *now = NULL;
	json_auto_t *details = json_loads(text, 0, NULL);
	json_t *proof = json_pack("{s:s, s:b, s:b, s:b, s:b, s:i, s:b}", "guest", "ok",
				  "powered_off", 1, "accounts", 1, "lockdep_offered", 1,
				  "lockdep_armed", 1, "unheard", 0, "stopped", 0);

	if (unproven[_i].key)
		json_object_set_new(proof, unproven[_i].key,
				    unproven[_i].value ? unproven[_i].value() : json_integer(1));
	json_object_set_new(details, "proof", proof);
	json_object_set_new(details, "verdict", json_string("FAIL"));
	json_object_set_new(details, "reasons", json_pack("[s]", "WARNING in f"));
	json_object_set_new(details, "reports",
			    json_pack("[{s:s, s:s}]", "kind", "warning", "title", "WARNING in f"));
	now = json_dumps(details, 0);
	put(dir, "verdict", now, -1);
	ck_assert(recheck(dir));
	ck_assert_str_eq(verdict_name(verdict_of(PASSED)), verdict_name(unproven[_i].verdict));
	ck_assert(!recheck(dir));
}
END_TEST

#define STALL(s) \
	"[   " s ".000000][    C1] watchdog: BUG: soft lockup - CPU#1 stuck for 22s! " \
	"[block-state:35]\n" \
	"[   " s ".000000][    C1] CPU: 1 PID: 35 Comm: block-state Not tainted 6.1.192 #1\n" \
	"[   " s ".000000][    C1] RIP: 0010:offline_pages+0x257/0x6ca\n" \
	"[   " s ".000000][    C1] Call Trace:\n" \
	"[   " s ".000000][    C1]  <TASK>\n" \
	"[   " s ".000000][    C1]  memory_subsys_offline+0x68/0x116\n" \
	"[   " s ".000000][    C1]  </TASK>\n"

/*
 * The first stall was caused by holds and excused during the run (engine/holds.c); a second one
 * with the same key is a fault of the kernel. A recheck excuses only the first one, even if its key
 * is different by now.
 */
static const struct {
	gboolean excused[2];
	const char *key; /* key of the first stall; NULL stands for its key by the current rules */
	enum verdict verdict;
} stalls[] = {
	{{TRUE, TRUE}, NULL, VERDICT_PASS},
	{{TRUE, FALSE}, NULL, VERDICT_HANG},
	{{FALSE, TRUE}, NULL, VERDICT_HANG},
	{{FALSE, FALSE}, NULL, VERDICT_HANG},
	{{TRUE, TRUE}, "v1:soft-lockup:a_former_key", VERDICT_PASS},
};

START_TEST(recheck_excuses_what_holds_made)
{
	g_autofree char *dir = golden(PASSED), *console = slurp(dir, "console.raw"), *text = NULL,
			*now = NULL;
	g_autofree char *longer = g_strconcat(console, STALL("30"), STALL("60"), NULL);
	json_auto_t *details = NULL;
	json_t *reports;

	put(dir, "console.raw", longer, -1);
	ck_assert(recheck(dir));
	text = slurp(dir, "verdict");
	details = json_loads(text, 0, NULL);
	reports = json_object_get(details, "reports");
	ck_assert_uint_eq(json_array_size(reports), 2);
	for (guint i = 0; i < 2; i++) {
		json_t *report = json_array_get(reports, i);

		if (stalls[_i].key && !i)
			json_object_set_new(json_object_get(report, "signature"), "bug",
					    json_string(stalls[_i].key));
		if (stalls[_i].excused[i])
			json_object_set_new(report, "known",
					    json_pack("{s:s, s:s, s:s}", "reason", "a vCPU waited",
						      "link", "docs/director.md", "expires",
						      "this run"));
	}
	now = json_dumps(details, 0);
	put(dir, "verdict", now, -1);
	recheck(dir);
	ck_assert_str_eq(verdict_name(verdict_of(PASSED)), verdict_name(stalls[_i].verdict));
	ck_assert(!recheck(dir));
}
END_TEST

START_TEST(recheck_refuses)
{
	g_autofree char *dir = golden(FAILED), *splats = g_build_filename(dir, "splats", NULL);
	struct run *run = begin(3);
	g_autofree char *running = g_strdup(run_dir(run));
	g_autoptr(GError) error = NULL;
	gboolean changed;

	ck_assert(!run_recheck(running, &changed, &error));
	ck_assert_ptr_nonnull(strstr(error->message, "has not ended yet"));
	run_free(run);
	/* splats/ is a symbolic link to another folder */
	shell("mv", splats, scratch, NULL);
	ck_assert_int_eq(symlink("../splats", splats), 0);
	g_clear_error(&error);
	ck_assert(!run_recheck(dir, &changed, &error));
	ck_assert_ptr_nonnull(strstr(error->message, "splats"));
	drop(dir, "console.raw");
	g_clear_error(&error);
	ck_assert(!run_recheck(dir, &changed, &error));
	ck_assert_ptr_nonnull(strstr(error->message, "console.raw"));
}
END_TEST

/* A killed run gets its reports, but no verdict. */
START_TEST(recheck_aborted)
{
	g_autofree char *dir = golden(FAILED), *text = NULL,
			*splats = g_build_filename(dir, "splats", NULL);

	drop(dir, "verdict");
	shell("rm", "-r", splats, NULL);
	ck_assert(recheck(dir));
	text = slurp(dir, "splats/01-lockdep-circular.txt");
	ck_assert_int_eq(verdict_of(FAILED), VERDICT_ABORTED);
}
END_TEST

void add_recheck_tests(Suite *suite)
{
	TCase *tc = tcase_create("recheck");

	use_scratch(tc);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, recheck_finds_again);
	tcase_add_test(tc, recheck_restores);
	tcase_add_test(tc, recheck_adds_kinds);
	tcase_add_test(tc, recheck_pass_stays);
	tcase_add_test(tc, recheck_turns);
	tcase_add_loop_test(tc, recheck_proves_as_the_run, 0, G_N_ELEMENTS(unproven));
	tcase_add_loop_test(tc, recheck_excuses_what_holds_made, 0, G_N_ELEMENTS(stalls));
	tcase_add_test(tc, recheck_refuses);
	tcase_add_test(tc, recheck_aborted);
	suite_add_tcase(suite, tc);
}
