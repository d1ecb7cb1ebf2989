/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the race suite. */
#ifndef RIG_TESTS_UNIT_RACE_H
#define RIG_TESTS_UNIT_RACE_H

#include <check.h>

/* race-search.c */
TCase *search_cases(void);
/* race-walk.c */
TCase *walk_cases(void);

#endif
