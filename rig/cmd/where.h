/* SPDX-License-Identifier: GPL-2.0-only */
/* Handles the option --on and others, which determine where a command runs its cells. */
#ifndef RIG_CMD_WHERE_H
#define RIG_CMD_WHERE_H

#include "place/place.h"

/*
 * Returns an option table with the rows of OWN, --on, --partition and the other options of this
 * file. Free it with g_free().
 */
GOptionEntry *where_options(const GOptionEntry *own);

/*
 * Makes the place, where jobs are executed, that the options select. *RET is NULL if they select
 * this host. HERE has the paths and limits of this host. RECORD is NULL, or the folder in which an
 * earlier process has stored its options (place_open()); options that are not given now are read
 * from there. Errors: RIG_EXIT_USAGE, and those of slurm_place().
 */
gboolean where_place(const struct place_options *here, const char *record, struct place **ret,
		     GError **error);

/*
 * Checks that the options of this file do not contradict each other. where_place() checks this,
 * too.
 */
gboolean where_check(GError **error);
/* Returns TRUE if --on slurm was given. */
gboolean where_is_slurm(void);

/* Returns TRUE if --on was given. */
gboolean where_is_given(void);

/* The options of --on slurm, with RESULTS as the results folder; the strings are borrowed. */
struct slurm_options;
const struct slurm_options *where_slurm(const char *results);

#endif
