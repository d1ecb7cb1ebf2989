/* SPDX-License-Identifier: GPL-2.0-only */
/* Verdicts: their names and exit codes, and what one report means for one. docs/results.md lists them. */
#ifndef RIG_VERDICT_VERDICT_H
#define RIG_VERDICT_VERDICT_H

#include <glib.h>

#include "splat/splat.h"

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_HANG, VERDICT_LOST, VERDICT_INFRA, VERDICT_SKIP,
	       VERDICT_ABORTED, VERDICT_RUNNING };

const char *verdict_name(enum verdict verdict);		       /* "PASS" */
gboolean verdict_parse(const char *text, enum verdict *ret);
int verdict_exit_code(enum verdict verdict);		       /* 0 1 1 3 3 77 3 3 */

/*
 * What a report says of the run it is in, and the sentence for the verdict's reasons. False for a
 * report that is only worth keeping, and for a known issue.
 */
gboolean verdict_of_report(const struct splat *splat, enum verdict *ret, char **ret_reason);

/* Is it not the console's, but why the guest hung (rig/hang)? Those are kept when a run is judged again. */
gboolean report_is_explanation(const char *kind);

#endif
