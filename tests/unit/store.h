/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the store suite. */
#ifndef RIG_TESTS_STORE_H
#define RIG_TESTS_STORE_H

#include <check.h>

#include "store/store.h"

/* The names of two runs in tests/data/store. */
#define FAILED "20261121T065445Z-cpu-vs-memory-hotplug-pc-q35-6.1.192-s510245973"
#define PASSED "20261121T065805Z-cpu-vs-memory-hotplug-pc-q35-6.1.192-s678714980"

/*
 * Copies a run of tests/data/store into the scratch folder. Returns the path of the copy; the
 * caller frees it.
 */
char *golden(const char *name);

/* Read (the caller frees the text), write and remove a file below DIR. */
char *slurp(const char *dir, const char *name);
void put(const char *dir, const char *name, const char *text, gssize len);
void drop(const char *dir, const char *name);

/* Starts a run in the scratch folder. */
struct run *begin(guint64 seed);
/* Returns the verdict of the run WHICH in the scratch folder, by run_open(). */
enum verdict verdict_of(const char *which);

void add_recheck_tests(Suite *suite);

#endif
