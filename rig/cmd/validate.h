/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes the plan of `rig validate` from the command line, for the machines this host can run. */
#ifndef RIG_CMD_VALIDATE_H
#define RIG_CMD_VALIDATE_H

#include <jansson.h>

#include "nightly/plan.h"

/* Values of options, NULL or 0 if an option was not given. The lists are NULL-terminated. */
struct validate_words {
	char **kernels, **machines, **scenarios, **patches, **fragments;
	int duration, repeat;
	gboolean no_lockdep;
};

/*
 * The parts of the plan, as JSON arrays. `without` has an object with "machine" and "why" for each
 * machine that is left out.
 */
struct validate_parts {
	json_t *kernels, *machines, *scenarios, *excludes, *without;
};

/*
 * Makes the plan and fills P, which must be zeroed; validate_clear() frees it, also after an error.
 * May download a package. Errors: RIG_EXIT_USAGE (invalid arguments), RIG_EXIT_SKIP (this host can
 * run none of the machines).
 */
struct plan *validate_plan(const struct validate_words *want, struct validate_parts *p,
			   GError **error);
void validate_clear(struct validate_parts *p);

#endif
