/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of plan/. */
#ifndef RIG_PLAN_INTERNAL_H
#define RIG_PLAN_INTERNAL_H

#include "plan/plan.h"

/* Checks single options, before anything is loaded or built (request.c). Error: RIG_EXIT_USAGE. */
gboolean request_check(const struct run_request *want, GError **error);
/* The launcher that WANT selects: "direct" or "libvirt". */
const char *request_launcher(const struct run_request *want);
/*
 * TRUE: WORD is one of CHOICES, or NULL. Otherwise an error RIG_EXIT_USAGE, which calls WORD a WHAT
 * of MACHINE.
 */
gboolean request_choice(const char *what, const char *word, const char *const *choices,
			const struct machine *machine, GError **error);

/* The plan's part of run.json, see docs/results.md (inputs.c). */
json_t *plan_inputs(const struct run_request *want, const struct run_plan *plan);

#endif
