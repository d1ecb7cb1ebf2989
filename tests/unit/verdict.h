/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the verdict suite. */
#ifndef RIG_TESTS_VERDICT_H
#define RIG_TESTS_VERDICT_H

#include <check.h>

void add_known_tests(Suite *suite);

#endif
