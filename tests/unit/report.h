/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the reports' suite share: invented runs, in memory. */
#ifndef RIG_TESTS_REPORT_H
#define RIG_TESTS_REPORT_H

#include <check.h>

#include "report/report.h"

/* Text of a guest, a folder's name or a file must stay text. */
#define HOSTILE \
	"<script>alert('1')</script> \" ' & ]]> \x01\x1b[31m \xff\xfe # not ok 1\nok 99 gotcha"

/*
 * A run of DAY (1 is 2026-11-01) and its N-th, of a scenario on a machine; TITLE: its report, or
 * NULL.
 */
struct run_info *fake_run(guint day, guint n, const char *scenario, const char *machine,
			  enum verdict verdict, const char *title);
GPtrArray *fake_runs(void); /* an empty array of struct run_info */

/*
 * Two nights with cells that pass, break, are fixed, flaky, hang, lost or skipped; and one hostile
 * run.
 */
GPtrArray *two_nights(void);


void add_model_tests(Suite *suite);
void add_format_tests(Suite *suite);
void add_html_tests(Suite *suite);

#endif
