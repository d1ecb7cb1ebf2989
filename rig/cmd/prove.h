/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of `rig prove`. */
#ifndef RIG_CMD_PROVE_H
#define RIG_CMD_PROVE_H

#include "store/store.h"

/*
 * Returns the lock classes of the cycle that WHAT names: 'A --> B', a log file, or a run of
 * RESULTS. In the last case, *ret_run is set to the run (run_info_free()). CYCLE, if not NULL,
 * replaces the cycle of the run or log. The caller owns the result. Errors: RIG_EXIT_USAGE.
 */
char **prove_cycle(const char *what, const char *cycle, const char *results,
		   struct run_info **ret_run, GError **error);
/* Returns the name of the scenario that is run for these lock classes if the user gives none. */
const char *prove_scenario(char **classes);

#endif
