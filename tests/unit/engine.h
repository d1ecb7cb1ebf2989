/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the engine suite share. */
#ifndef RIG_TESTS_ENGINE_H
#define RIG_TESTS_ENGINE_H

#include <check.h>

#include "engine/engine.h"

/*
 * A run of WANTED in the scratch folder with the fake QEMU, controlled by $FAKE_QEMU. The folder's
 * name is the caller's.
 */
enum verdict run_once(const struct run_plan *wanted, char **ret_dir);

/*
 * Sets the fake's script, and disables the sandbox, because the fake reads a console or lock orders
 * from files.
 */
void play(const char *script);

/*
 * run_once() with the scenario NAME of the data folder and, unless EDIT is NULL, a timeline that
 * EDIT has changed.
 */
enum verdict run_edited(const struct run_plan *wanted, const char *name,
			void (*edit)(json_t *timeline), char **ret_dir);

/* TRUE: a reason in the verdict of the run folder DIR has PART in it. */
gboolean has_reason(const char *dir, const char *part);

void add_hotplug_check_tests(TCase *tcase);
void add_watch_tests(TCase *tcase); /* use a scratch folder */
void add_locks_tests(TCase *tcase); /* use a scratch folder, too */
void add_timeline_tests(TCase *tcase); /* use a scratch folder, too */

void add_fail_tests(TCase *tcase); /* use a scratch folder, too */
void add_agent_tests(TCase *tcase); /* use a scratch folder, too */
TCase *starved_tests(void); /* have a case of their own, as they take long */

#endif
