/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of plan/ share. */
#ifndef RIG_PLAN_INTERNAL_H
#define RIG_PLAN_INTERNAL_H

#include "plan/plan.h"

/* request.c: checks single options, before anything is loaded or built. RIG_EXIT_USAGE. */
gboolean request_check(const struct run_request *want, GError **error);
/* The launcher that WANT selects: "direct" or "libvirt". */
const char *request_launcher(const struct run_request *want);
/*
 * TRUE: WORD (or NULL) is one of CHOICES, a property of MACHINE called WHAT. Else RIG_EXIT_USAGE.
 */
gboolean request_choice(const char *what, const char *word, const char *const *choices,
			const struct machine *machine, GError **error);

/* inputs.c: the plan's part of run.json. docs/results.md. */
json_t *plan_inputs(const struct run_request *want, const struct run_plan *plan);

#endif
