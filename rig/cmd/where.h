/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of commands that run many cells: where they run. */
#ifndef RIG_CMD_WHERE_H
#define RIG_CMD_WHERE_H

#include "place/place.h"

/* OWN and the options --on, --partition and so on, as one list: g_free(). */
GOptionEntry *where_options(const GOptionEntry *own);

/*
 * The place that the options name. RECORD: of an earlier process (place_open()), which gives the
 * options that were not given now; or NULL. *RET is NULL if the cells run on this host. Errors:
 * RIG_EXIT_USAGE, and as of slurm_place().
 */
gboolean where_place(const struct place_options *here, const char *record, struct place **ret,
		     GError **error);

/* Are the options valid together? where_place() asks as well. */
gboolean where_check(GError **error);
/* TRUE: --on slurm was given. */
gboolean where_is_slurm(void);

/* TRUE: --on was given. */
gboolean where_is_given(void);

/* The options of --on slurm, for RESULTS: borrowed. */
struct slurm_options;
const struct slurm_options *where_slurm(const char *results);

#endif
