/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads data from the content of a run's file `verdict` (rig-json(5)), for the index, the zoo,
 * bisect and the report. The object may have been written by any version and may be damaged, so
 * everything is checked.
 */
#ifndef RIG_VERDICT_DETAILS_H
#define RIG_VERDICT_DETAILS_H

#include <jansson.h>

#include "verdict/verdict.h"

/* The result of a run, as evidence about its kernel. */
enum run_outcome {
	OUTCOME_GOOD, /* the run ended as the scenario expects */
	OUTCOME_BAD,  /* the run did not end as the scenario expects */
	OUTCOME_NONE, /* the run is not evidence: LOST, INFRA, SKIP, ABORTED, KNOWN, RUNNING */
};

/*
 * Returns the outcome of a run. If the scenario expects a report, a run with that report is
 * OUTCOME_GOOD, although its verdict is FAIL.
 */
enum run_outcome details_outcome(enum verdict verdict, json_t *details);

/*
 * Returns TRUE if REPORTS has the report that EXPECTED describes ({"kind", "cycle"}): it has this
 * kind, and its cycle has each class of `cycle`. If EXPECTED has no kind, the scenario expects
 * PASS, so VERDICT counts.
 */
gboolean details_meet(json_t *expected, json_t *reports, enum verdict verdict);

/*
 * Returns TRUE if REPORT is a fault of the kernel. FALSE for a note, a limit of lockdep, and a
 * second boot.
 */
gboolean details_report_counts(json_t *report);

/*
 * Returns the signature of the hang, or NULL if there was no hang. It is the member
 * `hang.signature.bug`, in old folders `hang.signature`.
 */
const char *details_hang_bug(json_t *details);

/*
 * Returns TRUE if the run reached its end, where the accounts are compared, and no report killed or
 * blocked a task.
 */
gboolean details_finished(json_t *details);
/* Returns TRUE if lockdep was armed until the end. */
gboolean details_armed(json_t *details);

/*
 * Returns TRUE if a run that has not caught a bug is evidence that its kernel does not have the
 * bug. FINISHED and ARMED are from the functions above; NEEDS_LOCKDEP is TRUE if only lockdep can
 * detect the bug.
 */
gboolean verdict_shows_absence(enum verdict verdict, gboolean finished, gboolean armed,
			       gboolean needs_lockdep);

#endif
