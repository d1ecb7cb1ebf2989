/* SPDX-License-Identifier: GPL-2.0-only */
/* The page about the coverage of runs, by itself (`rig coverage --html`). */
#ifndef RIG_REPORT_HTML_COVERAGE_H
#define RIG_REPORT_HTML_COVERAGE_H

#include "cover/unite.h"

/*
 * Writes the page and its style into the folder DIR, which is created if it does not exist. Errors:
 * RIG_EXIT_USAGE (DIR has files that are not of an earlier page), RIG_EXIT_INFRA.
 */
gboolean coverage_site_write(const struct coverage_union *united, const char *dir, GError **error);

#endif
