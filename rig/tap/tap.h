/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a script of the user prints, read as TAP (testanything.org, version 13 and 14) or KTAP
 * (Documentation/dev-tools/ktap.rst of the kernel), with what kselftest's runner puts before nested
 * lines. Text from a guest: bounded, and any bytes.
 */
#ifndef RIG_TAP_TAP_H
#define RIG_TAP_TAP_H

#include <glib.h>

#include "splat/splat.h"
#include "util/auto.h"

#define TAP_FAILURES_MAX 50

/* A `not ok`, a `Bail out!`, or a plan that was not fulfilled; several of one name are one. */
struct tap_failure {
	char *name; /* the test's description; what happened */
	char *text; /* the lines before it, and its own */
};

struct tap {
	gboolean seen;		       /* there is a version, a plan or a result: it is TAP */
	gboolean cut;		       /* the guest cut the output off, so results may be missing */
	guint passed, failed, skipped; /* results; `# TODO` and `# XFAIL` count as skipped */
	GPtrArray *failures;	       /* of struct tap_failure *, at most TAP_FAILURES_MAX */
};

/*
 * Parses the OUTPUT of one agent `run`, with its lines "== N: COMMAND", "== HOW IT ENDED, after T
 * s" and "== cut: …" (guest-init/agents/run.c, guest-init/output.c). Never NULL.
 */
struct tap *tap_parse(const char *output);
void tap_free(struct tap *tap);
RIG_DEFINE_AUTO(tap, tap_free)

/* A report of kind "test-failed". SCRIPT is its file's name, which is part of the signature. */
struct splat *tap_report(const struct tap_failure *failure, const char *script);

#endif
