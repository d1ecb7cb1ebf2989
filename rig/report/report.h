/* SPDX-License-Identifier: GPL-2.0-only */
/* The outputs: one row each. A new one is a function and a row in report.c. */
#ifndef RIG_REPORT_REPORT_H
#define RIG_REPORT_REPORT_H

#include <glib.h>

#include "report/model.h"

struct report_format {
	const char *name;  /* "junit": the option's name */
	const char *about; /* text for --help */
	gboolean file;	   /* goes into a file, else to standard output */
	/* The whole document, valid UTF-8, ending with a newline. The caller's. */
	char *(*write)(const struct model *model, GError **error);
};

extern const struct report_format report_formats[];
extern const guint n_report_formats;

#endif
