/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by the files of nightly/. Each file calls only files above it in this list:
 *
 *	plan.c		reads plans
 *	night.c		creates a night in memory
 *	files.c		reads and writes the folder of a night
 *	estimate.c	estimates needs and durations, sorts cells by start
 *	expand.c	makes cells from a plan
 *	begin.c		starts a new night
 *	resume.c	continues a night that was started before
 *	result.c	makes night.json
 *	keep.c		deletes old runs and kernels after a night
 *	matrix.c	makes a table from night.json (matrix.h)
 *	dry-run.c	lists what a night would do
 *	jobs.c		starts runs and builds as jobs of a place; records their ends
 *	run.c		the main loop: adds the jobs, stops at signals and the file `stop`
 */
#ifndef RIG_NIGHTLY_INTERNAL_H
#define RIG_NIGHTLY_INTERNAL_H

#include "nightly/nightly.h"

#define NIGHT_VERSION 1
#define NIGHT_FILE_MAX (256u << 20)

/* ---- night.c ---- */

/*
 * Makes a night (one execution of a plan) without cells, with an open index. Errors:
 * RIG_EXIT_INFRA.
 */
struct night *night_new_empty(const struct night_options *options, GError **error);
struct night_cell *night_cell_new(void);
void night_cell_free(gpointer data);
void night_build_free(gpointer data);
void night_excluded_free(gpointer data);

/*
 * Finds the builds that the cells (runs of the night) need. Sets night->builds, and `build` of each
 * cell.
 */
void night_find_builds(struct night *night);
struct night_cell *night_find_cell(const struct night *night, const char *key);

/*
 * Adds a copy of ATTEMPT, a run of CELL, to CELL and updates CELL's status. Does nothing if CELL
 * already has an attempt with this number.
 */
void night_add_attempt(struct night *night, struct night_cell *cell, const struct attempt *attempt);
/* Returns TRUE if the cell must be run (again). */
gboolean night_needs_more(const struct night *night, const struct night_cell *cell);
/* Sets the cell's status from its attempts (runs) and its build. */
void night_update_status(const struct night *night, struct night_cell *cell);

/* ---- files.c ---- */

/*
 * Locks the night and opens its journal. Errors: RIG_EXIT_USAGE (another process runs the night),
 * RIG_EXIT_INFRA (disk).
 */
gboolean night_open_files(struct night *night, GError **error);
/*
 * Appends LINE, which is stolen, to the journal and syncs the file to disk. Errors: RIG_EXIT_INFRA.
 */
gboolean night_note(struct night *night, json_t *line, GError **error);
json_t *night_strings(char *const *list);
json_t *night_attempt_json(const struct attempt *attempt);
/* Returns the JSON object in the file DIR/NAME (new reference), or NULL. */
json_t *night_read_json(const char *dir, const char *name);
/* Returns the ids of all nights below RESULTS, oldest first. Free them with g_strfreev(). */
char **night_ids(const char *results);

/* ---- estimate.c ---- */

void night_estimate(struct night *night, const struct night_cell *cell, struct pack_item *item);
/*
 * Returns all cells (borrowed) in the order in which they are started: the longest first, or
 * shuffled.
 */
GPtrArray *night_order(const struct night *night);

/* ---- expand.c ---- */

/*
 * Sets `cells`, `builds` and `excluded` of NIGHT from PLAN, with needs and estimates of the cells.
 * Error: RIG_EXIT_USAGE if an entry of `exclude` matches no cell, or if no cell can be run.
 */
gboolean night_expand(struct night *night, const struct plan *plan, GError **error);

/* ---- result.c: parts of night.json that a dry run also has; all return new references ---- */

json_t *night_cell_json(const struct night *night, const struct night_cell *cell);
json_t *night_excluded_json(const struct night *night);
json_t *night_host_json(const struct night *night);

#endif
