// SPDX-License-Identifier: GPL-2.0-only
/* Tests rig/bisect: the calculations, and searches for a known change. */
#include <check.h>

#include "tests/unit/suite.h"
#include "tests/unit/bisect.h"

int main(void)
{
	Suite *suite = suite_create("bisect");

	suite_add_tcase(suite, bisect_posterior_case());
	suite_add_tcase(suite, bisect_evidence_case());
	suite_add_tcase(suite, bisect_span_case());
	suite_add_tcase(suite, bisect_search_case());
	suite_add_tcase(suite, bisect_simulate_case());
	return suite_run(suite);
}
