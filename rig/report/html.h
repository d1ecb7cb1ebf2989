/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pages: a folder that opens from the disk, without server or network. index.html is the
 * matrix; there is a page for each run, cell, signature and bisection. The same runs give the same
 * bytes.
 */
#ifndef RIG_REPORT_HTML_H
#define RIG_REPORT_HTML_H

#include <glib.h>

#include "report/model.h"

struct html_options {
	const char *dir; /* made where it does not exist */
	const char *results; /* where bisections are looked for; NULL: there are none */
	/*
	 * Function, file and line of a report's frames, one a line; NULL where nothing is known.
	 * May be NULL. The text is the callee's to make and the pages' to free.
	 */
	char *(*symbolise)(const struct run_view *run, json_t *report, void *data);
	void *data;
};

/*
 * Writes the pages, and removes those of deleted runs. *RET_PAGES gets their number. Errors
 * (RIG_EXIT_USAGE): DIR is neither empty nor an earlier report; (RIG_EXIT_INFRA): a page cannot be
 * written. The charts' library (libjs-chart.js) is copied from where Debian or `make install` put
 * it; without it there are tables in the place of charts, and *ret_no_charts is set.
 */
gboolean html_write(const struct model *model, const struct html_options *options, guint *ret_pages,
		    gboolean *ret_no_charts, GError **error);

#endif
