/* SPDX-License-Identifier: GPL-2.0-only */
/* The cells of a walk (walk.h): for each, the call that fails and the result. Does no I/O. */
#ifndef RIG_RACE_WALK_CELLS_H
#define RIG_RACE_WALK_CELLS_H

#include "child/child.h"
#include "race/walk.h"

#define WALK_VERSION 1001 /* version of a walk's race.json; versions of searches are smaller */

struct walk_cells {
	/* of struct walk_cell; the first one is the run in which calls are counted */
	GPtrArray *list;
	/* char *, owned: functions that the kernel has, but the scenario did not call */
	GPtrArray *uncalled;
};

struct walk_cells *walk_cells_new(void);
void walk_cells_free(struct walk_cells *cells);

/*
 * Adds a cell for each combination of a function in COUNTED (the member `calls` of a verdict), one
 * of its first CALLS calls, and an errno that it can return. Adds the functions that were not
 * called to `uncalled`. If AROUND is not NULL, only the function AROUND, or the functions of the
 * file AROUND, are used.
 */
void walk_cells_fill(struct walk_cells *cells, json_t *counted, guint calls, const char *around);
/*
 * Returns the next cell to run. Returns NULL if there is none, or if the first run, which counts
 * calls, has not ended.
 */
struct walk_cell *walk_cells_next(const struct walk_cells *cells);
/* Reads the result of CELL. A run that cannot be judged is repeated, up to TRIES runs in all. */
void walk_cell_take(struct walk_cell *cell, const struct child_result *result, guint tries);

/*
 * Convert the cells to JSON for race.json, and read them back from STATE, the content of race.json.
 * walk_cells_read() returns FALSE if STATE is not valid.
 */
json_t *walk_cells_json(const struct walk_cells *cells);
gboolean walk_cells_read(struct walk_cells *cells, json_t *state);

#endif
