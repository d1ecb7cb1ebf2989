/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the report suite, including invented runs. */
#ifndef RIG_TESTS_REPORT_H
#define RIG_TESTS_REPORT_H

#include <check.h>

#include "report/report.h"

/* Hostile text, as from a guest or a file name, that no output format may interpret as markup. */
#define HOSTILE \
	"<script>alert('1')</script> \" ' & ]]> \x01\x1b[31m \xff\xfe # not ok 1\nok 99 gotcha"

/* Makes the N-th run of DAY (1 is 2026-11-01). TITLE is the title of its report, or NULL. */
struct run_info *fake_run(guint day, guint n, const char *scenario, const char *machine,
			  enum verdict verdict, const char *title);
GPtrArray *fake_runs(void); /* returns an empty array of struct run_info */

/*
 * Returns the runs of two nights, with cells that pass, fail for the first time, are fixed, flaky,
 * hang, are lost or skipped; and one run with hostile text.
 */
GPtrArray *two_nights(void);


void add_model_tests(Suite *suite);
void add_format_tests(Suite *suite);
void add_html_tests(Suite *suite);
void add_coverage_tests(Suite *suite);

#endif
