/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the plugin suite. */
#ifndef RIG_TESTS_PLUGIN_H
#define RIG_TESTS_PLUGIN_H

#include <check.h>

void add_order_tests(TCase *tcase);
void add_condition_tests(TCase *tcase);
void add_pct_tests(TCase *tcase);
void add_object_tests(TCase *tcase);
void add_cover_tests(TCase *tcase);
void add_lock_tests(TCase *tcase);
void add_spinlock_tests(TCase *tcase);
void add_trap_tests(TCase *tcase);

#endif
