/* SPDX-License-Identifier: GPL-2.0-only */
/* The code of a GError of the rig is the exit code of the rig for this error. */
#ifndef RIG_UTIL_ERROR_H
#define RIG_UTIL_ERROR_H

#include <glib.h>

#define RIG_ERROR (rig_error_quark())
GQuark rig_error_quark(void);

/* Codes of GErrors, which are also the exit codes of every command. */
enum rig_error {
	RIG_EXIT_PASS = 0,
	RIG_EXIT_FAIL = 1,  /* the kernel under test failed: report, failed check, hang */
	RIG_EXIT_USAGE = 2, /* invalid arguments or input files */
	RIG_EXIT_INFRA = 3, /* a fault of the host, or the guest was lost */
	RIG_EXIT_SKIP = 77, /* the test is not possible here; the message has the reason */
};

/*
 * Sets *ERROR to an error in the rig's domain, as g_set_error() does. Always returns FALSE, so that
 * a caller can write `return rig_fail(error, RIG_EXIT_USAGE, …);`.
 */
gboolean rig_fail(GError **error, enum rig_error code, const char *format, ...) G_GNUC_PRINTF(3, 4);
#ifdef __clang_analyzer__
/* Shows analyzers, which read one file at a time, that the result is always FALSE. */
#define rig_fail(...) (rig_fail(__VA_ARGS__), FALSE)
#endif

/*
 * Returns the exit code for ERROR. Errors of other domains than the rig's are faults of the host,
 * except those of GOption.
 */
int rig_exit_code(const GError *error);

/*
 * Prints "rig: MESSAGE" on standard error and returns rig_exit_code(). Only cmd/ and main.c print.
 */
int rig_report_error(const GError *error);

#endif
