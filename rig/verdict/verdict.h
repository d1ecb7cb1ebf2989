/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verdicts: their names, their exit codes, and how runs with each verdict are counted. These
 * are defined nowhere else. facts.h has the rule for a verdict, details.h reads the file `verdict`
 * of a run folder; docs/results.md explains both.
 */
#ifndef RIG_VERDICT_VERDICT_H
#define RIG_VERDICT_VERDICT_H

#include <glib.h>

#include "splat/splat.h"

enum verdict {
	VERDICT_PASS,	 /* no reason against it was found, and all proofs exist (facts.h) */
	VERDICT_FAIL,	 /* the kernel reported a fault, or a check of the rig failed */
	VERDICT_HANG,	 /* a part of the guest stopped making progress */
	VERDICT_LOST,	 /* the guest disappeared without a known reason */
	/* a fault of the host, or lockdep was off before the end: the run proves nothing */
	VERDICT_INFRA,
	VERDICT_SKIP,	 /* the test is not possible here */
	VERDICT_ABORTED, /* the rig ended before there was a verdict */
	/* only known issues were found; at least one prevented a proof that PASS needs */
	VERDICT_KNOWN,
	VERDICT_RUNNING, /* there is no verdict yet; never written to a file */
};

/* Returns the name of a verdict, for example "PASS". */
const char *verdict_name(enum verdict verdict);
/* Sets *ret to the verdict called TEXT, which may be NULL. Returns FALSE if there is none. */
gboolean verdict_parse(const char *text, enum verdict *ret);
/*
 * Returns the exit code of a verdict: for PASS and KNOWN 0, FAIL and HANG 1, SKIP 77, all others 3.
 */
int verdict_exit_code(enum verdict verdict);

/* Returns TRUE for PASS, FAIL and HANG: the run was judged, and counts in rates. */
gboolean verdict_is_judged(enum verdict verdict);
/* Returns TRUE for FAIL and HANG. */
gboolean verdict_is_alarm(enum verdict verdict);

/* The meaning of a report for the verdict of its run. */
struct report_meaning {
	enum verdict verdict; /* FAIL, HANG, INFRA (lockdep turned itself off) or KNOWN */
	/* a task was killed or blocked, so the run cannot continue as planned */
	gboolean fatal;
	char *reason; /* a sentence for the verdict's reasons; the caller frees it */
};

/*
 * Determines the meaning of SPLAT. Returns FALSE, with *RET unchanged, if the report does not
 * affect the verdict: a note, a second boot, an excused report (known_is_excuse()), or a known
 * issue that neither killed or blocked a task nor turned lockdep off.
 */
gboolean verdict_of_report(const struct splat *splat, struct report_meaning *ret);

/*
 * Returns TRUE if a report of KIND means that a task was killed or is blocked, so that later
 * reports may be its consequences.
 */
gboolean report_is_fatal(const char *kind);
/* Returns TRUE if KIND is that of a hang analysis (rig/hang). */
gboolean report_is_explanation(const char *kind);
/*
 * Returns TRUE if reports of KIND are parsed from the console. Returns FALSE if the rig makes them:
 * a hang analysis, a finding in the lock orders of the boot, a failed test of a script (rig/tap).
 */
gboolean report_is_from_console(const char *kind);

#endif
