/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of output formats. A new format needs a function and a row in report.c. */
#ifndef RIG_REPORT_REPORT_H
#define RIG_REPORT_REPORT_H

#include <glib.h>

#include "report/model.h"

struct report_format {
	const char *name;  /* the name of its option, for example "junit" */
	const char *about; /* text for --help */
	gboolean file;	   /* the output is written to a file, not to standard output */
	/*
	 * Returns the whole document, in valid UTF-8 with a newline at its end. The caller owns it.
	 */
	char *(*write)(const struct model *model, GError **error);
};

extern const struct report_format report_formats[];
extern const guint n_report_formats;

#endif
