// SPDX-License-Identifier: GPL-2.0-only
/* Makes errors with exit codes, and converts errors to exit codes. */
#include "util/error.h"

#include <stdio.h>

G_DEFINE_QUARK(rig-error, rig_error)

/* the name is in parentheses because error.h defines a macro with this name for analyzers */
gboolean(rig_fail)(GError **error, enum rig_error code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		*error = g_error_new_valist(RIG_ERROR, code, format, args);
	va_end(args);
	return FALSE;
}

int rig_exit_code(const GError *error)
{
	if (!error)
		return RIG_EXIT_PASS;
	/* GOption also sets a G_CONVERT_ERROR, for an argument that is not valid in the locale */
	if (error->domain == G_OPTION_ERROR || error->domain == G_CONVERT_ERROR)
		return RIG_EXIT_USAGE;
	return error->domain == RIG_ERROR ? error->code : RIG_EXIT_INFRA;
}

int rig_report_error(const GError *error)
{
	if (error)
		fprintf(stderr, "rig: %s\n", error->message);
	return rig_exit_code(error);
}
