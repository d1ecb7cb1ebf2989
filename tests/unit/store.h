/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the store's suite share. */
#ifndef RIG_TESTS_STORE_H
#define RIG_TESTS_STORE_H

#include <check.h>

#include "store/index.h"
#include "store/store.h"

/* The results folder of a test; made and removed by the fixture. */
/* Runs a program to its end, which must be good. */
void shell(const char *first, ...) G_GNUC_NULL_TERMINATED;

/* `details` of a verdict with one report of that signature. */
#define REPORT(bug) "{\"reasons\": [\"x\"], \"reports\": [{\"kind\": \"warning\", \"weight\": \"fail\", \"title\": \"T " bug \
		    "\", \"signature\": {\"bug\": \"" bug "\", \"path\": \"p\", \"exact\": \"e\"}}], \"times\": " \
		    "{\"total_ns\": 5000000000, \"first_report_s\": 2.5}}"

/* store-index.c: the index over `scratch`. */
struct run_index *open_index(void);
guint count_runs(struct run_index *ix, struct index_filter filter);
/* A run of SCENARIO that goes on; LABELS is a JSON object or NULL. */
struct run *begin_run(const char *scenario, guint64 seed, const char *created, const char *labels);
/* Ends and frees it, with DETAILS (JSON) as of `verdict`. Its name, the caller's. */
char *finish_run(struct run *run, enum verdict verdict, const char *details);
/* Both. */
void add_run(const char *scenario, guint64 seed, const char *created, enum verdict verdict, const char *details);

void add_index_tests(Suite *suite);
void add_compare_tests(Suite *suite);

#endif
