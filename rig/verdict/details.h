/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads data from the content of a run's file `verdict` (rig-json(5)), for the index, the zoo,
 * bisect and the report. The object may have been written by any version and may be damaged, so
 * everything is checked.
 */
#ifndef RIG_VERDICT_DETAILS_H
#define RIG_VERDICT_DETAILS_H

#include <jansson.h>

#include "verdict/reason.h"
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
 * Returns TRUE if REPORTS has the report that EXPECTED ({"kind", "cycle"}) describes: it has this
 * kind, and its lock cycle has each class in `cycle`. If EXPECTED has no kind, the scenario expects
 * PASS: returns TRUE if VERDICT is PASS.
 */
gboolean details_meet(json_t *expected, json_t *reports, enum verdict verdict);

/*
 * Returns TRUE if REPORT is about a fault of the kernel; FALSE if it is a note, reports a limit of
 * lockdep, or reports a second boot.
 */
gboolean details_report_counts(json_t *report);

/*
 * Returns the kind of the reason with the index I in the member `reasons`: from `reason_kinds`, or,
 * in folders without that member, from the sentence.
 */
enum reason_kind details_reason_kind(json_t *details, size_t i);

/*
 * Returns the signature of the hang, or NULL if there was none. It is in the member
 * `hang.signature.bug`; in old folders in `hang.signature`.
 */
const char *details_hang_bug(json_t *details);

/*
 * Returns TRUE if the run reached its end, where the memory accounts are compared, and no report,
 * except excused ones, shows that a task was killed or blocked.
 */
gboolean details_finished(json_t *details);
/*
 * Returns the word for a run in a report (rig/report): the name of its verdict; but "EXPECTED" if
 * another verdict than PASS is what the scenario expects, or "MISSED" if the scenario expects a
 * report and the run passed.
 */
const char *details_word(enum verdict verdict, json_t *details);
/* Returns a text about lockdep at the end of the run, or NULL if nothing is recorded about it. */
const char *details_lockdep_text(json_t *details);
/*
 * Returns a text about the report that the scenario expects ("lockdep-circular: found, …"), newly
 * allocated, or NULL if the scenario expects none.
 */
char *details_expected_text(enum verdict verdict, json_t *details);
/* Returns TRUE if lockdep was on until the end of the run. */
gboolean details_armed(json_t *details);

/*
 * Returns TRUE if a run that did not catch a bug is evidence that its kernel does not have the bug.
 * FINISHED and ARMED are the results of details_finished() and details_armed(). NEEDS_LOCKDEP is
 * TRUE if only lockdep can detect the bug.
 */
gboolean verdict_shows_absence(enum verdict verdict, gboolean finished, gboolean armed,
			       gboolean needs_lockdep);

#endif
