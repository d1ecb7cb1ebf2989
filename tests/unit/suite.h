/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions for all suites: they run tests, find test data, and make a scratch folder for each
 * test.
 */
#ifndef RIG_TESTS_SUITE_H
#define RIG_TESTS_SUITE_H

#include <check.h>
#include <glib.h>

/* The folder of the running test, which is empty at its start; NULL if the suite uses none. */
extern char *scratch;

/* Gives each test of TESTS a scratch folder. Must be called before other fixtures are added. */
void use_scratch(TCase *tests);

/* Returns a path below the scratch folder. Owned by the caller. */
char *in_scratch(const char *name);

/* Returns a path below tests/data. Owned by the caller. */
char *data_path(const char *name);

/* Runs a program to its end; its exit status must be 0. The last argument is NULL. */
void shell(const char *first, ...) G_GNUC_NULL_TERMINATED;

/*
 * Makes a test case of SUITE that runs in a process of its own, at the same time as the suite's
 * other test cases; used for tests that mostly wait. All test cases of such a suite must be made by
 * this function. NAME must not be freed.
 */
TCase *suite_case(Suite *suite, const char *name);

/*
 * Runs all tests, frees SUITE and returns the exit code for main(). While the tests run, TMPDIR is
 * a folder of the suite; it is deleted afterwards, with all files that tests left there.
 */
int suite_run(Suite *suite);

#endif
