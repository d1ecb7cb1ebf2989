/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the engine suite. */
#ifndef RIG_TESTS_ENGINE_H
#define RIG_TESTS_ENGINE_H

#include <check.h>

#include "engine/engine.h"

/*
 * Runs WANTED in the scratch folder with the fake QEMU, which $FAKE_QEMU controls, and returns the
 * verdict. Sets *RET_DIR to the path of the run folder, which the caller owns.
 */
enum verdict run_once(const struct run_plan *wanted, char **ret_dir);

/*
 * Sets $FAKE_QEMU to SCRIPT, and disables the sandbox, because the fake reads consoles and lock
 * orders from files.
 */
void play(const char *script);

/*
 * Like run_once(), with the scenario NAME of the data folder, or an absolute path, whose timeline
 * EDIT (or NULL) changes before the run.
 */
enum verdict run_edited(const struct run_plan *wanted, const char *name,
			void (*edit)(json_t *timeline), char **ret_dir);

/* Returns TRUE if the verdict in the run folder DIR has a reason that contains PART. */
gboolean has_reason(const char *dir, const char *part);

void add_hotplug_check_tests(TCase *tcase);

/* These tests use a scratch folder. */
void add_watch_tests(TCase *tcase);
void add_locks_tests(TCase *tcase);
void add_timeline_tests(TCase *tcase);
void add_fail_tests(TCase *tcase);
void add_agent_tests(TCase *tcase);
void add_kind_tests(TCase *tcase);
void add_starved_tests(TCase *tcase);
void add_nvdimm_tests(TCase *tcase);

#endif
