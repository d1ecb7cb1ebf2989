/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes the results as HTML pages in a folder, which can be opened from the disk, without a server
 * or network. index.html has the matrix; there is a page for each run, cell, signature and
 * bisection. The same runs give the same bytes.
 */
#ifndef RIG_REPORT_HTML_H
#define RIG_REPORT_HTML_H

#include <glib.h>

#include "report/model.h"

struct html_options {
	const char *dir;     /* path of the folder; it is created if it does not exist */
	const char *results; /* the folder in which bisections are searched for; NULL: none */
	/*
	 * Returns function, file and line of the frames in a report, one per line, or NULL if none
	 * are known. The caller frees the text. The callback may be NULL.
	 */
	char *(*symbolise)(const struct run_view *run, json_t *report, void *data);
	void *data;
};

/*
 * Writes the pages, and removes those of deleted runs. *RET_PAGES is the number of pages. Errors:
 * RIG_EXIT_USAGE (DIR is neither empty nor an earlier report), RIG_EXIT_INFRA (a page cannot be
 * written). The library for charts (libjs-chart.js) is copied from where Debian or `make install`
 * has installed it; if it is missing, tables replace the charts, and *ret_no_charts is set.
 */
gboolean html_write(const struct model *model, const struct html_options *options, guint *ret_pages,
		    gboolean *ret_no_charts, GError **error);

#endif
