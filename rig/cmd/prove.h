/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to `rig prove`. */
#ifndef RIG_CMD_PROVE_H
#define RIG_CMD_PROVE_H

#include "store/store.h"

/*
 * The lock classes of the cycle in WHAT: 'A --> B', a log, or a run of RESULTS, to which *RET_RUN
 * is then set (run_info_free()). CYCLE, if not NULL, replaces the cycle of the run or log. The
 * caller's. Errors: RIG_EXIT_USAGE.
 */
char **prove_cycle(const char *what, const char *cycle, const char *results,
		   struct run_info **ret_run, GError **error);
/* The scenario that is known to take these locks. */
const char *prove_scenario(char **classes);

#endif
