/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the hang suite. */
#ifndef RIG_TESTS_HANG_H
#define RIG_TESTS_HANG_H

#include <check.h>

void add_register_tests(TCase *tcase);
void add_emulator_tests(TCase *tcase);
void add_compare_tests(TCase *tcase);
void add_memory_tests(Suite *suite);

#endif
