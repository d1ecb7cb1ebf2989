/* SPDX-License-Identifier: GPL-2.0-only */
/* The plan of `rig validate`: what the user gave, and what the host can run. */
#ifndef RIG_CMD_VALIDATE_H
#define RIG_CMD_VALIDATE_H

#include <jansson.h>

#include "nightly/plan.h"

/* Words of the command line, NULL-terminated lists; NULL or 0: not given. */
struct validate_words {
	char **kernels, **machines, **scenarios, **patches, **fragments;
	int duration, repeat;
	gboolean no_lockdep;
};

/*
 * The parts of the plan, JSON arrays. `without` lists the machines that cannot be part of it, with
 * "machine" and "why".
 */
struct validate_parts {
	json_t *kernels, *machines, *scenarios, *excludes, *without;
};

/*
 * Makes the plan and fills P, which must be zero; validate_clear() frees it, also after an error. A
 * package's image may be fetched. Errors: RIG_EXIT_USAGE (wrong words), RIG_EXIT_SKIP (no machine
 * can run here).
 */
struct plan *validate_plan(const struct validate_words *want, struct validate_parts *p,
			   GError **error);
void validate_clear(struct validate_parts *p);

#endif
