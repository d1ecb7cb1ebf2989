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
 * Makes the place that the options select. *RET is NULL if they select this host. HERE has the
 * paths and limits of this host. RECORD is the folder in which place_open() of an earlier process
 * has stored its options, or NULL; options that were not given now are taken from it. Errors:
 * RIG_EXIT_USAGE, and those of slurm_place().
 */
gboolean where_place(const struct place_options *here, const char *record, struct place **ret,
		     GError **error);

/* Checks that the options are valid together. where_place() does this as well. */
gboolean where_check(GError **error);
/* Returns TRUE if --on slurm was given. */
gboolean where_is_slurm(void);

/* Returns TRUE if --on was given. */
gboolean where_is_given(void);

/* The options of --on slurm, with RESULTS as the results folder; the strings are borrowed. */
struct slurm_options;
const struct slurm_options *where_slurm(const char *results);

#endif
