/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to `rig prove`. */
#ifndef RIG_CMD_PROVE_H
#define RIG_CMD_PROVE_H

#include "store/store.h"

/*
 * The lock classes that WHAT is about: 'A --> B', a log, or a run of RESULTS, which *RET_RUN is
 * then set to (run_info_free()). CYCLE (or NULL) is the cycle where WHAT is a run or log with
 * another one. The caller's. Errors: RIG_EXIT_USAGE.
 */
char **prove_cycle(const char *what, const char *cycle, const char *results,
		   struct run_info **ret_run, GError **error);
/* The scenario that is known to take these locks. */
const char *prove_scenario(char **classes);

#endif
