/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parses the output of a user's script as TAP (testanything.org, versions 13 and 14) or KTAP
 * (Documentation/dev-tools/ktap.rst of the kernel). Prefixes that kselftest's runner adds to nested
 * lines are removed. The text comes from a guest, so it may have any bytes, and the sizes of all
 * results are limited.
 */
#ifndef RIG_TAP_TAP_H
#define RIG_TAP_TAP_H

#include <glib.h>

#include "splat/splat.h"
#include "util/auto.h"

#define TAP_FAILURES_MAX 50

/*
 * A failure: a result `not ok`, a `Bail out!`, or a plan that the results do not match. If several
 * have the same name, only the first is stored.
 */
struct tap_failure {
	char *name; /* the description of the test, or a text about what happened */
	char *text; /* the lines before the failure, and its own line */
};

struct tap {
	gboolean seen; /* the output is TAP: it has a version, a plan or a result */
	gboolean cut;  /* the guest cut the output off, so results may be missing */
	/* numbers of tests; those marked `# TODO` and `# XFAIL` count as skipped */
	guint passed, failed, skipped;
	GPtrArray *failures; /* of struct tap_failure *, at most TAP_FAILURES_MAX */
};

/*
 * Parses OUTPUT, all output of one agent `run`. The agent has added the lines "== N: COMMAND", "==
 * HOW IT ENDED, after T s" and "== cut: …" to it (guest-init/agents/run.c, guest-init/output.c).
 * Never returns NULL.
 */
struct tap *tap_parse(const char *output);
void tap_free(struct tap *tap);
RIG_DEFINE_AUTO(tap, tap_free)

/*
 * Makes a report of kind "test-failed" of FAILURE; the caller owns it. SCRIPT is the name of the
 * script's file, which becomes part of the signature.
 */
struct splat *tap_report(const struct tap_failure *failure, const char *script);

#endif
