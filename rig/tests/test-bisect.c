// SPDX-License-Identifier: GPL-2.0-only
/* bisect: the arithmetic, and searches against a made-up truth. */
#include <check.h>

#include "tests/bisect.h"

int main(void)
{
	Suite *suite = suite_create("bisect");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, bisect_posterior_case());
	suite_add_tcase(suite, bisect_evidence_case());
	suite_add_tcase(suite, bisect_span_case());
	suite_add_tcase(suite, bisect_search_case());
	suite_add_tcase(suite, bisect_simulate_case());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
