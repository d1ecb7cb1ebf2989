/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the scenario suite. */
#ifndef RIG_TESTS_SCENARIO_H
#define RIG_TESTS_SCENARIO_H

#include <check.h>

#include "scenario/scenario.h"

/* Loads the data file NAME, which must be a valid scenario. */
struct scenario *scenario_good(const char *name);

void add_scenario_file_tests(TCase *tcase);
void add_fit_tests(TCase *tcase);
void add_fail_tests(TCase *tcase);
void add_damaged_tests(TCase *tcase);
void add_switch_tests(TCase *tcase);
void add_module_tests(TCase *tcase);

#endif
