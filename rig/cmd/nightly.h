/* SPDX-License-Identifier: GPL-2.0-only */
/* What `rig nightly` and `rig validate` have in common. */
#ifndef RIG_CMD_NIGHTLY_H
#define RIG_CMD_NIGHTLY_H

#include "nightly/nightly.h"

/*
 * "90s", "30m", "2h" to seconds; TEXT may be NULL and leaves *RET as it is. Error: RIG_EXIT_USAGE.
 */
gboolean nightly_budget(const char *text, double *ret, GError **error);

/* Prints the result of night_dry_run(). */
void nightly_print_dry_run(json_t *dry_run);

/*
 * Runs NIGHT, which has begun, to its end. Unless QUIET, prints each run when it ends. Blocks.
 * Returns night.json (new reference), or NULL with an error (RIG_EXIT_INFRA).
 */
json_t *nightly_run(struct night *night, gboolean quiet, GError **error);

#endif
