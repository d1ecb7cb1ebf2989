// SPDX-License-Identifier: GPL-2.0-only
/* Tests how TAP and KTAP output of scripts is read: results, failures and their signatures. */
#include <check.h>
#include <string.h>

#include "tap/tap.h"
#include "tests/unit/suite.h"

#define BEGIN "== 1: t.sh\n"
#define END "\n== ended with exit code 0, after 1.0 s\n"

static const struct {
	const char *output;
	guint passed, failed, skipped;
	const char *failures[4]; /* names */
} cases[] = {
	{BEGIN "TAP version 13\n1..3\nok 1 one\nnot ok 2 - two\nok 3 # SKIP no memory" END,
	 1,
	 1,
	 1,
	 {"two"}},
	/* lines that are not TAP */
	{BEGIN "ok done\nnot ok at all\n1..a\nokay 1" END, 0, 0, 0, {NULL}},
	/* kselftest's runner: nested lines have "# " before them, and are not in the plan */
	{BEGIN
	 "TAP version 13\n1..1\n# selftests: mm: x.sh\n# TAP version 13\n# 1..2\n# ok 1 a\n"
	 "# not ok 2 b\n"
	 "not ok 1 selftests: mm: x.sh # exit=1" END,
	 1,
	 2,
	 0,
	 {"b", "selftests: mm: x.sh"}},
	/* KTAP: nested lines are indented */
	{BEGIN
	 "KTAP version 1\n1..1\n  KTAP version 1\n  1..2\n    ok 1 inner\n"
	 "    not ok 2 other # TIMEOUT 45 seconds\n"
	 "  ok 1 suite\nok 1 all" END,
	 3,
	 1,
	 0,
	 {"other"}},
	{BEGIN "1..0 # SKIP no such device" END, 0, 0, 1, {NULL}},
	{BEGIN "ok 1 a # TODO later\nnot ok 2 b # todo later\nnot ok 3 c # XFAIL" END,
	 0,
	 0,
	 3,
	 {NULL}},
	/* a result with a description, and one without */
	{BEGIN "not ok 7\nnot ok 8 issue #12 again" END, 0, 2, 0, {"test 7", "issue"}},
	{BEGIN "1..3\nok 1 a" END, 1, 1, 0, {"2 of 3 planned tests have no result"}},
	/* a killed script: the agent reports that, so missing results are not reported */
	{BEGIN "1..3\nok 1 a\n== did not end within 5 s, after 5.0 s\n", 1, 0, 0, {NULL}},
	{BEGIN "1..3\nok 1 a\nBail out! no memory" END, 1, 1, 0, {"bailed out: no memory"}},
	/* a failure in both executions is listed once; each execution has its own plan */
	{BEGIN "1..1\nnot ok 1 a" END "== 2: t.sh\n1..1\nnot ok 1 a" END, 0, 2, 0, {"a"}},
	{"", 0, 0, 0, {NULL}},
	{"not ok 99999999999999999999999 x\n1..99999999999999999999\n\xff\x01 not ok 1",
	 0,
	 1,
	 0,
	 {"x"}},
};

START_TEST(outputs)
{
	rig_auto(tap) tap = tap_parse(cases[_i].output);
	guint n = 0;

	ck_assert_uint_eq(tap->passed, cases[_i].passed);
	ck_assert_uint_eq(tap->failed, cases[_i].failed);
	ck_assert_uint_eq(tap->skipped, cases[_i].skipped);
	ck_assert(!tap->cut);
	ck_assert_int_eq(tap->seen, tap->passed + tap->failed + tap->skipped > 0);
	for (; n < tap->failures->len; n++)
		ck_assert_str_eq(((struct tap_failure *)tap->failures->pdata[n])->name,
				 cases[_i].failures[n]);
	ck_assert_ptr_null(cases[_i].failures[n]);
}
END_TEST

/* Output that was cut may lack results, so a difference from the plan is not reported. */
START_TEST(cut_output)
{
	rig_auto(tap) tap =
		tap_parse(BEGIN "1..3\nok 1 a\n\n== cut: the output is longer than 256 KiB\n" END);

	ck_assert(tap->cut && tap->seen);
	ck_assert_uint_eq(tap->failed, 0);
}
END_TEST

START_TEST(signatures)
{
	rig_auto(tap) tap = tap_parse(
		BEGIN "before\nnot ok 1 memory block 0x1f000 of 4096, test 12\x1b[0m\nafter\n" END);
	rig_auto(splat) splat = NULL;

	ck_assert_uint_eq(tap->failures->len, 1);
	splat = tap_report(tap->failures->pdata[0], "scripts/t.sh");
	ck_assert_str_eq(splat->kind, "test-failed");
	ck_assert_str_eq(splat->title, "t.sh: not ok: memory block 0x1f000 of 4096, test 12^[[0m");
	ck_assert_str_eq(splat->bug, "v1:test-failed:t.sh: memory block N of N, test 12^[[0m");
	ck_assert_str_eq(splat->text,
			 "== 1: t.sh\nbefore\nnot ok 1 memory block 0x1f000 of 4096, test 12^[[0m");
}
END_TEST

START_TEST(many_failures)
{
	g_autoptr(GString) text = g_string_new(BEGIN);

	for (guint i = 0; i < 20000; i++)
		g_string_append_printf(text, "not ok %u name %u\n", i, i);
	rig_auto(tap) tap = tap_parse(text->str);

	ck_assert_uint_eq(tap->failed, 20000);
	ck_assert_uint_eq(tap->failures->len, TAP_FAILURES_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tap");
	TCase *tc = tcase_create("tap");

	tcase_add_loop_test(tc, outputs, 0, G_N_ELEMENTS(cases));
	tcase_add_test(tc, cut_output);
	tcase_add_test(tc, signatures);
	tcase_add_test(tc, many_failures);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
