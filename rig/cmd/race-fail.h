/* SPDX-License-Identifier: GPL-2.0-only */
/* rig race --fail: makes calls of functions that can fail do so, one in each run. */
#ifndef RIG_CMD_RACE_FAIL_H
#define RIG_CMD_RACE_FAIL_H

#include <jansson.h>

#include "race/walk.h"

/* Prints the table of functions; the exit code. */
int race_fail_list(gboolean as_json);
/* Walks and prints; the exit code. STATE: of an earlier process, or NULL. */
int race_fail(const struct walk_options *options, json_t *words, json_t *state, gboolean as_json,
	      gboolean quiet);

#endif
