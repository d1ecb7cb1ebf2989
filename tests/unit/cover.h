/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the cover suite. */
#ifndef RIG_TESTS_COVER_H
#define RIG_TESTS_COVER_H

#include <check.h>

void add_file_tests(TCase *tcase);

#endif
