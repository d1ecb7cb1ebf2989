/* SPDX-License-Identifier: GPL-2.0-only */
/* Executes a run request of a command, with progress on the terminal. */
#ifndef RIG_CMD_REQUEST_H
#define RIG_CMD_REQUEST_H

#include "plan/plan.h"
#include "store/store.h"

enum request_shown {
	SHOW_NOTHING,
	SHOW_BUILD, /* the build of a kernel that is not in the cache */
	SHOW_ALL    /* also the kernel from the cache, the plan, and the progress of the run */
};

/*
 * Plans and executes WANT; *RET is the finished run with its verdict (run_info_free()). Blocks.
 * SHOWN says what is printed to standard output. Errors: those of plan_make() and engine_run(),
 * which can only occur before the run folder exists.
 */
gboolean request_run(const struct run_request *want, enum request_shown shown,
		     struct run_info **ret, GError **error);

/* Builds only WANT's kernel. */
gboolean request_build(const struct run_request *want, gboolean quiet, GError **error);

#endif
