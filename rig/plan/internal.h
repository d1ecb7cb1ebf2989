/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of plan/ share. */
#ifndef RIG_PLAN_INTERNAL_H
#define RIG_PLAN_INTERNAL_H

#include "plan/plan.h"

/* request.c: checks of single words, before anything is loaded or built. RIG_EXIT_USAGE. */
gboolean request_check(const struct run_request *want, GError **error);
/* The launcher that WANT means: "direct" or "libvirt". */
const char *request_launcher(const struct run_request *want);
/* Is WORD, which may be NULL, one of CHOICES, a property of MACHINE called WHAT? */
gboolean request_choice(const char *what, const char *word, const char *const *choices,
			const struct machine *machine, GError **error);

/* inputs.c: what run.json says of the plan. docs/results.md. */
json_t *plan_inputs(const struct run_request *want, const struct run_plan *plan);

#endif
