/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes the results as HTML pages in a folder, which can be opened from the disk, without a server
 * or network. index.html has the matrix, and each run, cell, signature and bisection has a page. If
 * a report of the same runs is written again, its pages have the same bytes.
 */
#ifndef RIG_REPORT_HTML_H
#define RIG_REPORT_HTML_H

#include <glib.h>

#include "report/model.h"

struct html_options {
	const char *dir;     /* path of the folder; it is created if it does not exist */
	/* the folder with the results of bisections; NULL if the report has none */
	const char *results;
	/*
	 * Returns function, file and line of the frames in a report, one per line, or NULL if none
	 * are known. The caller frees the text. The callback may be NULL.
	 */
	char *(*symbolise)(const struct run_view *run, json_t *report, void *data);
	void *data;
};

/*
 * Writes the pages, and removes the pages of runs that were deleted. Sets *RET_PAGES to the number
 * of pages. Copies the library for charts from the package libjs-chart.js, or from where `make
 * install` has put it. If it is missing, the pages have tables instead of charts, and
 * *ret_no_charts is set to TRUE. Errors: RIG_EXIT_USAGE, DIR is neither empty nor an earlier
 * report; RIG_EXIT_INFRA, a page cannot be written.
 */
gboolean html_write(const struct model *model, const struct html_options *options, guint *ret_pages,
		    gboolean *ret_no_charts, GError **error);

#endif
