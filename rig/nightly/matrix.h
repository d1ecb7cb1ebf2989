/* SPDX-License-Identifier: GPL-2.0-only */
/* A night as a table of scenarios and machines, and the differences between machines. */
#ifndef RIG_NIGHTLY_MATRIX_H
#define RIG_NIGHTLY_MATRIX_H

#include <glib.h>
#include <jansson.h>

/*
 * Returns the findings of the run in folder RUN: signatures, sorted, NULL-terminated, which the
 * caller frees; or NULL.
 */
typedef char **(*matrix_found)(const char *run, void *data);

/*
 * Makes the table of NIGHT, which is night.json; docs/validate.md is the format. Several cells of
 * one scenario and machine become one entry, the worst. FOUND is called for each run that was not
 * as expected. New reference.
 */
json_t *matrix_of(json_t *night, matrix_found found, void *data);

/*
 * The exit code: 1 if a run was not as expected, else 3 if a cell has no result (no kernel, a lost
 * guest, not started), else 77 if all were skipped, else 0.
 */
int matrix_exit_code(json_t *matrix);

#endif
