/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the index suite. */
#ifndef RIG_TESTS_INDEX_H
#define RIG_TESTS_INDEX_H

#include <check.h>

#include "index/index.h"

void add_place_tests(TCase *tcase);
void add_damage_tests(TCase *tcase);

/*
 * Returns the results of all queries of IX as text, which is equal for indexes with equal contents.
 * The caller frees it.
 */
char *index_dump(struct run_index *ix);

#endif
