/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the index suite share. */
#ifndef RIG_TESTS_INDEX_H
#define RIG_TESTS_INDEX_H

#include <check.h>

#include "index/index.h"

void add_place_tests(TCase *tcase);
void add_damage_tests(TCase *tcase);

/* The answers of IX as text: equal text means equal contents. To be freed. */
char *index_dump(struct run_index *ix);

#endif
