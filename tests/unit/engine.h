/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the engine suite share. */
#ifndef RIG_TESTS_ENGINE_H
#define RIG_TESTS_ENGINE_H

#include <check.h>

void add_hotplug_check_tests(TCase *tcase);
void add_watch_tests(TCase *tcase); /* use a scratch folder */

#endif
