/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the scenario suite share. */
#ifndef RIG_TESTS_SCENARIO_H
#define RIG_TESTS_SCENARIO_H

#include <check.h>

void add_scenario_file_tests(TCase *tcase);
void add_damaged_tests(TCase *tcase);

#endif
