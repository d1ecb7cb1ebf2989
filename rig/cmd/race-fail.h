/* SPDX-License-Identifier: GPL-2.0-only */
/* rig race --fail: makes a call of a function that can fail fail, another one in each run. */
#ifndef RIG_CMD_RACE_FAIL_H
#define RIG_CMD_RACE_FAIL_H

#include <jansson.h>

#include "race/walk.h"

/*
 * Prints the table of functions that can fail, or only those that AROUND (--around, or NULL)
 * selects. Returns the exit code.
 */
int race_fail_list(const char *around, gboolean as_json);
/*
 * Runs a walk and prints its results. Returns the exit code. STATE: race.json of an earlier
 * process, or NULL.
 */
int race_fail(const struct walk_options *options, json_t *words, json_t *state, gboolean as_json,
	      gboolean quiet);

#endif
