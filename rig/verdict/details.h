/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the object of a run's file `verdict` says (docs/results.md): questions that the index, the
 * zoo, bisect and the report ask. The object may be of any age and of any type: everything is
 * checked.
 */
#ifndef RIG_VERDICT_DETAILS_H
#define RIG_VERDICT_DETAILS_H

#include <jansson.h>

#include "verdict/verdict.h"

/* What a run says of its kernel. */
enum run_outcome {
	OUTCOME_GOOD, /* it ended as the scenario expects */
	OUTCOME_BAD,  /* it did not */
	OUTCOME_NONE, /* not judged: LOST, INFRA, SKIP, ABORTED, KNOWN, RUNNING */
};

/* A scenario that expects a report is as expected with it; the verdict is about the kernel. */
enum run_outcome details_outcome(enum verdict verdict, json_t *details);

/*
 * Is what EXPECTED ({"kind", "cycle"} of a verdict) asks for among REPORTS? Each class of `cycle`
 * is in the report's cycle. Without a kind the scenario expects PASS.
 */
gboolean details_meet(json_t *expected, json_t *reports, enum verdict verdict);

/*
 * Does REPORT say something of the kernel? FALSE for a note, the lock validator's limits and a
 * second boot.
 */
gboolean details_report_counts(json_t *report);

/*
 * The hang's signature: `hang.signature.bug`, or in old folders the text `hang.signature`. Or NULL.
 */
const char *details_hang_bug(json_t *details);

/*
 * Did the run come to the accounts at its end, with no task killed or blocked by a report on the
 * way?
 */
gboolean details_finished(json_t *details);
/* Was lockdep armed to the end? */
gboolean details_armed(json_t *details);

/*
 * TRUE: a run without the bug is evidence that the kernel does not have it. FINISHED and ARMED as
 * above; NEEDS_LOCKDEP: only lockdep detects the bug.
 */
gboolean verdict_shows_absence(enum verdict verdict, gboolean finished, gboolean armed,
			       gboolean needs_lockdep);

#endif
