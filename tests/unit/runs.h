/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes runs for the tests of the index and of the statistics. */
#ifndef RIG_TESTS_RUNS_H
#define RIG_TESTS_RUNS_H

#include <check.h>

#include "index/index.h"
#include "store/store.h"

/* The `details` of a verdict with one report, whose signature is BUG. */
#define REPORT(bug)                                                                           \
	"{\"reasons\": [\"x\"], \"reports\": [{\"kind\": \"warning\", \"weight\": \"fail\", " \
	"\"title\": \"T " bug "\", \"signature\": "                                           \
	"{\"bug\": \"" bug "\", \"path\": \"p\", \"exact\": \"e\"}}], "                       \
	"\"times\": {\"total_ns\": 5000000000, \"first_report_s\": 2.5}}"

/* Opens the index of the test's scratch folder. */
struct run_index *open_index(void);
guint count_runs(struct run_index *ix, struct index_filter filter);

/* Starts a run of SCENARIO without a verdict; LABELS is a JSON object or NULL. */
struct run *begin_run(const char *scenario, guint64 seed, const char *created, const char *labels);

/*
 * Writes the run's verdict with DETAILS (JSON, see the file `verdict`) and frees RUN. Returns the
 * run's name; the caller frees it.
 */
char *finish_run(struct run *run, enum verdict verdict, const char *details);

/* Calls begin_run() and finish_run(). */
void add_run(const char *scenario, guint64 seed, const char *created, enum verdict verdict,
	     const char *details);

#endif
