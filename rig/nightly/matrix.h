/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes a table of scenarios and machines from a night, with the differences between machines. */
#ifndef RIG_NIGHTLY_MATRIX_H
#define RIG_NIGHTLY_MATRIX_H

#include <glib.h>
#include <jansson.h>

/*
 * Returns the sorted signatures of the findings of the run named RUN, as a NULL-terminated array
 * that the caller frees; or NULL if there are none.
 */
typedef char **(*matrix_found)(const char *run, void *data);

/*
 * Makes the table of NIGHT, the content of night.json; rig-validate(1) describes the format.
 * Several cells with the same scenario and machine become one entry, with the worst status. FOUND
 * is called for each run that did not end as expected. New reference.
 */
json_t *matrix_of(json_t *night, matrix_found found, void *data);

/*
 * Returns the exit code: 1 if a run did not end as expected; otherwise 3 if a cell has no result,
 * because its kernel was not built, the guest was lost, or the cell was not started; otherwise 77
 * if all cells were skipped; otherwise 0.
 */
int matrix_exit_code(json_t *matrix);

#endif
