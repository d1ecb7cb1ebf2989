/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the runs of a night. */
#ifndef RIG_CMD_NIGHT_RUNS_H
#define RIG_CMD_NIGHT_RUNS_H

#include "index/index.h"

/*
 * Returns the runs of the night called NIGHT, or of the day NIGHT ("2026-11-21"), oldest first: an
 * array of struct index_run, released with g_ptr_array_unref(). Returns NULL with an error
 * (RIG_EXIT_USAGE) if there are none.
 */
GPtrArray *night_runs_of(struct run_index *ix, const char *night, GError **error);
/*
 * Returns the name of the newest night, NULL without an error if there is none, or NULL with an
 * error. Free it with g_free().
 */
char *night_runs_last(struct run_index *ix, GError **error);

#endif
