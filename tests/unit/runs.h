/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs made for the tests of the index and of the statistics; both suites are linked with runs.c.
 */
#ifndef RIG_TESTS_RUNS_H
#define RIG_TESTS_RUNS_H

#include <check.h>

#include "index/index.h"
#include "store/store.h"

/* `details` of a verdict with one report of that signature. */
#define REPORT(bug)                                                                           \
	"{\"reasons\": [\"x\"], \"reports\": [{\"kind\": \"warning\", \"weight\": \"fail\", " \
	"\"title\": \"T " bug "\", \"signature\": "                                           \
	"{\"bug\": \"" bug "\", \"path\": \"p\", \"exact\": \"e\"}}], "                       \
	"\"times\": {\"total_ns\": 5000000000, \"first_report_s\": 2.5}}"

/* The index over the test's scratch folder. */
struct run_index *open_index(void);
guint count_runs(struct run_index *ix, struct index_filter filter);

/* A run of SCENARIO that has no verdict yet; LABELS is a JSON object or NULL. */
struct run *begin_run(const char *scenario, guint64 seed, const char *created, const char *labels);

/*
 * Writes its verdict with DETAILS (JSON, as of the file `verdict`) and frees it. Its name, to be
 * freed.
 */
char *finish_run(struct run *run, enum verdict verdict, const char *details);

/* begin_run() and finish_run(). */
void add_run(const char *scenario, guint64 seed, const char *created, enum verdict verdict,
	     const char *details);

#endif
