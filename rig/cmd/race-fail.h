/* SPDX-License-Identifier: GPL-2.0-only */
/* rig race --fail: executes runs in each of which another call of a kernel function fails. */
#ifndef RIG_CMD_RACE_FAIL_H
#define RIG_CMD_RACE_FAIL_H

#include <jansson.h>

#include "race/walk.h"

/*
 * Prints the table of functions that can return an error. AROUND is the value of --around, which
 * selects some of them, or NULL. Returns the exit code.
 */
int race_fail_list(const char *around, gboolean as_json);
/*
 * Runs a walk (race/walk.h: each run lets another call fail) and prints its results. STATE is the
 * content of race.json if a stopped walk is continued, or NULL. Returns the exit code.
 */
int race_fail(const struct walk_options *options, json_t *words, json_t *state, gboolean as_json,
	      gboolean quiet);

#endif
