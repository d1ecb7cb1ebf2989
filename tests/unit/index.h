/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the index suite share. */
#ifndef RIG_TESTS_INDEX_H
#define RIG_TESTS_INDEX_H

#include <check.h>

void add_place_tests(TCase *tcase);

#endif
