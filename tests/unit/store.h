/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the store's suite share. */
#ifndef RIG_TESTS_STORE_H
#define RIG_TESTS_STORE_H

#include <check.h>

#include "store/store.h"

/* Two runs of tests/data/store. */
#define FAILED "20261121T065445Z-cpu-vs-memory-hotplug-pc-q35-6.1.192-s510245973"
#define PASSED "20261121T065805Z-cpu-vs-memory-hotplug-pc-q35-6.1.192-s678714980"

/* Copies a run of tests/data/store into the scratch folder. The copy's path, to be freed. */
char *golden(const char *name);

/* Read (to be freed), write and remove a file below DIR. */
char *slurp(const char *dir, const char *name);
void put(const char *dir, const char *name, const char *text, gssize len);
void drop(const char *dir, const char *name);

/* A run that is being written, in the scratch folder. */
struct run *begin(guint64 seed);
/* The verdict that a reader finds for the run WHICH of the scratch folder. */
enum verdict verdict_of(const char *which);

void add_recheck_tests(Suite *suite);

#endif
