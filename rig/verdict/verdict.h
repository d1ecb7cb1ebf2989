/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Verdicts: their names, their exit codes, and what each one means to a caller that counts runs. No
 * other code decides that. facts.h has the rule that makes a verdict, details.h reads the file
 * `verdict` of a run folder; docs/results.md explains both.
 */
#ifndef RIG_VERDICT_VERDICT_H
#define RIG_VERDICT_VERDICT_H

#include <glib.h>

#include "splat/splat.h"

enum verdict {
	VERDICT_PASS,	 /* proven: facts.h has the list of proofs */
	VERDICT_FAIL,	 /* the kernel reported a fault, or a check of the rig failed */
	VERDICT_HANG,	 /* something in the guest stopped making progress */
	VERDICT_LOST,	 /* the guest disappeared */
	VERDICT_INFRA,	 /* the host's fault, or lockdep ended early: nothing is proven */
	VERDICT_SKIP,	 /* cannot be tested here */
	VERDICT_ABORTED, /* the rig ended before it had a verdict */
	VERDICT_KNOWN, /* only a known issue was seen, and it prevented the proof that PASS needs */
	VERDICT_RUNNING, /* no verdict yet; never written */
};

const char *verdict_name(enum verdict verdict);		     /* "PASS" */
/* FALSE for another word and for NULL */
gboolean verdict_parse(const char *text, enum verdict *ret);
int verdict_exit_code(enum verdict verdict); /* of each: 0 1 1 3 3 77 3 0 3 */

/* PASS, FAIL or HANG: the run was judged, and counts in rates. */
gboolean verdict_is_judged(enum verdict verdict);
/* FAIL or HANG. */
gboolean verdict_is_alarm(enum verdict verdict);

/* What a report means for its run. */
struct report_meaning {
	enum verdict verdict; /* FAIL, HANG, INFRA (lockdep turned itself off), KNOWN */
	gboolean fatal;	      /* it killed or blocked a task: the run cannot continue as planned */
	char *reason;	      /* a sentence for the verdict's reasons, to be freed */
};

/*
 * FALSE, with *ret untouched: the report does not affect the verdict. That is a note, a second
 * boot, an excused stall (known_is_excuse()), and a known issue that neither killed a task nor
 * turned lockdep off.
 */
gboolean verdict_of_report(const struct splat *splat, struct report_meaning *ret);

/* Did a report of KIND kill or block a task, so that what follows may be its consequence? */
gboolean report_is_fatal(const char *kind);
/* TRUE for a hang-analysis report (rig/hang). */
gboolean report_is_explanation(const char *kind);
/*
 * FALSE for a report that the rig made: an explanation, a finding in the lock orders of the boot, a
 * failed test of a script (rig/tap).
 */
gboolean report_is_from_console(const char *kind);

#endif
