/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parses the output of a user's script as TAP (testanything.org, versions 13 and 14) or KTAP
 * (Documentation/dev-tools/ktap.rst of the kernel), including the prefixes that kselftest's runner
 * adds to nested lines. The text comes from a guest, so it may have any bytes, and all results have
 * limits.
 */
#ifndef RIG_TAP_TAP_H
#define RIG_TAP_TAP_H

#include <glib.h>

#include "splat/splat.h"
#include "util/auto.h"

#define TAP_FAILURES_MAX 50

/*
 * A `not ok`, a `Bail out!`, or a plan that was not fulfilled. Only the first of several failures
 * with the same name is stored.
 */
struct tap_failure {
	char *name; /* the test's description, or what happened */
	char *text; /* the lines before the failure, and its own line */
};

struct tap {
	gboolean seen; /* the output is TAP: it has a version, a plan or a result */
	gboolean cut;  /* the guest cut the output off, so results may be missing */
	/* numbers of results; `# TODO` and `# XFAIL` count as skipped */
	guint passed, failed, skipped;
	GPtrArray *failures; /* of struct tap_failure *, at most TAP_FAILURES_MAX */
};

/*
 * Parses the OUTPUT of one agent `run`, with its lines "== N: COMMAND", "== HOW IT ENDED, after T
 * s" and "== cut: …" (guest-init/agents/run.c, guest-init/output.c). Never NULL.
 */
struct tap *tap_parse(const char *output);
void tap_free(struct tap *tap);
RIG_DEFINE_AUTO(tap, tap_free)

/*
 * Makes a report of kind "test-failed", which the caller owns. SCRIPT, the name of the script's
 * file, becomes part of the signature.
 */
struct splat *tap_report(const struct tap_failure *failure, const char *script);

#endif
