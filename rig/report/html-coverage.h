/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes a single page about the coverage of runs, for `rig coverage --html`. */
#ifndef RIG_REPORT_HTML_COVERAGE_H
#define RIG_REPORT_HTML_COVERAGE_H

#include "cover/unite.h"

/*
 * Writes the page and its style sheet into the folder DIR, which is created if it does not exist.
 * Errors: RIG_EXIT_USAGE, DIR has files that no earlier report wrote; RIG_EXIT_INFRA.
 */
gboolean coverage_site_write(const struct coverage_union *united, const char *dir, GError **error);

#endif
