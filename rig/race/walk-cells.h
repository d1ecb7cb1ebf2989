/* SPDX-License-Identifier: GPL-2.0-only */
/* The cells of a walk: which calls fail, and what came of each. Prints and runs nothing. */
#ifndef RIG_RACE_WALK_CELLS_H
#define RIG_RACE_WALK_CELLS_H

#include "child/child.h"
#include "race/walk.h"

#define WALK_VERSION 1001 /* of a walk's race.json; those of searches are smaller */

struct walk_cells {
	GPtrArray *list;     /* of struct walk_cell; the first is the run in which calls are
			      * counted */
	GPtrArray *uncalled; /* char *, owned */
};

struct walk_cells *walk_cells_new(void);
void walk_cells_free(struct walk_cells *cells);

/*
 * Adds the cells of the functions in COUNTED, `calls` of a verdict: the first CALLS of each one
 * that was called. AROUND (or NULL): only this function, or those of this file.
 */
void walk_cells_fill(struct walk_cells *cells, json_t *counted, guint calls, const char *around);
/* The next open cell that no run works on; while calls are counted only that one. NULL: none. */
struct walk_cell *walk_cells_next(const struct walk_cells *cells);
/* Reads what became of CELL. A run that cannot be judged is repeated, TRIES in all. */
void walk_cell_take(struct walk_cell *cell, const struct child_result *result, guint tries);

/* For race.json; read back from its text STATE. FALSE: it is invalid. */
json_t *walk_cells_json(const struct walk_cells *cells);
gboolean walk_cells_read(struct walk_cells *cells, json_t *state);

#endif
