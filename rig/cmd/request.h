/* SPDX-License-Identifier: GPL-2.0-only */
/* One run as commands ask for it, with progress on the terminal. */
#ifndef RIG_CMD_REQUEST_H
#define RIG_CMD_REQUEST_H

#include "plan/plan.h"
#include "store/store.h"

/*
 * Plans and runs WANT; *ret is the judged run (run_info_free()). Blocks. QUIET: nothing on standard
 * output. Errors come before there is a run folder: those of plan_make() and engine_run().
 */
gboolean request_run(const struct run_request *want, gboolean quiet, struct run_info **ret,
		     GError **error);

/* Builds WANT's kernel alone. */
gboolean request_build(const struct run_request *want, gboolean quiet, GError **error);

#endif
