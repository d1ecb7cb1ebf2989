/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the store's suite share. */
#ifndef RIG_TESTS_STORE_H
#define RIG_TESTS_STORE_H

#include <check.h>

#include "store/store.h"

/* The results folder of a test; made and removed by the fixture. */
extern char *scratch;

void setup(void);
void teardown(void);
/* Runs a program to its end, which must be good. */
void shell(const char *first, ...) G_GNUC_NULL_TERMINATED;

void add_index_tests(Suite *suite);

#endif
