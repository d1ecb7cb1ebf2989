// SPDX-License-Identifier: GPL-2.0-only
/* Verdicts: names, exit codes, and the rule that turns facts into one. */
#include <check.h>

#include "tests/unit/suite.h"
#include "verdict/verdict.h"

START_TEST(names_and_codes)
{
	static const int codes[] = {0, 1, 1, 3, 3, 77, 3, 3};

	for (int v = VERDICT_PASS; v <= VERDICT_RUNNING; v++) {
		enum verdict back;

		ck_assert(verdict_parse(verdict_name(v), &back));
		ck_assert_int_eq(back, v);
		ck_assert_int_eq(verdict_exit_code(v), codes[v]);
	}
	ck_assert(!verdict_parse("pass", &(enum verdict){0}));
	ck_assert(!verdict_parse(NULL, &(enum verdict){0}));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("verdict");
	TCase *tc = tcase_create("verdict");

	tcase_add_test(tc, names_and_codes);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
