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

/* The result of a run for its kernel. */
enum run_outcome {
	OUTCOME_GOOD, /* it ended as the scenario expects */
	OUTCOME_BAD,  /* it did not */
	OUTCOME_NONE, /* not judged: LOST, INFRA, SKIP, ABORTED, KNOWN, RUNNING */
};

/*
 * The outcome of a run. If the scenario expects a report, a run with that report is
 * OUTCOME_GOOD, although its verdict is FAIL.
 */
enum run_outcome details_outcome(enum verdict verdict, json_t *details);

/*
 * TRUE: REPORTS contains the report that EXPECTED ({"kind", "cycle"} of a verdict) describes: of
 * that kind, with each class of `cycle` in its cycle. Without a kind the scenario expects PASS.
 */
gboolean details_meet(json_t *expected, json_t *reports, enum verdict verdict);

/*
 * TRUE: REPORT counts against the kernel. FALSE for a note, the lock validator's limits and a
 * second boot.
 */
gboolean details_report_counts(json_t *report);

/*
 * The hang's signature: `hang.signature.bug`, or in old folders the text `hang.signature`. Or NULL.
 */
const char *details_hang_bug(json_t *details);

/*
 * TRUE: the run reached its end, where memory accounts are compared, and no report killed or
 * blocked a task before.
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
