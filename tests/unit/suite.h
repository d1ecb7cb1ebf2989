/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all suites have in common: how they run, where their data is, and a scratch folder for each
 * test.
 */
#ifndef RIG_TESTS_SUITE_H
#define RIG_TESTS_SUITE_H

#include <check.h>
#include <glib.h>

/* The running test's folder, empty when it starts; NULL if the suite needs none. */
extern char *scratch;

/* Each test of `tests` has a scratch folder. Call it before other fixtures are added. */
void use_scratch(TCase *tests);

/* A path below the scratch folder. Owned by the caller. */
char *in_scratch(const char *name);

/* A path below tests/data. Owned by the caller. */
char *data_path(const char *name);

/* Runs a program to its end; its exit status must be 0. The last argument is NULL. */
void shell(const char *first, ...) G_GNUC_NULL_TERMINATED;

/*
 * Runs all tests, frees `suite` and returns the exit code of main(). Meanwhile TMPDIR is a folder
 * of the suite, which is deleted afterwards with everything that tests left there.
 */
int suite_run(Suite *suite);

#endif
