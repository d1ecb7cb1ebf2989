/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by `rig nightly` and `rig validate`. */
#ifndef RIG_CMD_NIGHTLY_H
#define RIG_CMD_NIGHTLY_H

#include "nightly/nightly.h"

/*
 * Converts TEXT, a time such as "90s", "30m" or "2h", to seconds in *RET. If TEXT is NULL, *RET is
 * not changed. Error: RIG_EXIT_USAGE.
 */
gboolean nightly_budget(const char *text, double *ret, GError **error);

/* Returns the command that continues NIGHT, for messages. The caller frees it. */
char *nightly_resume_words(const struct night *night);

/* Prints all nights below RESULTS, with JSON as an array. Returns the exit code. */
int nightly_list(const char *results, gboolean json);

/* Prints the result of night_dry_run(): what a night would do. */
void nightly_print_dry_run(json_t *dry_run);

/*
 * Runs NIGHT until it ends. Blocks. Unless QUIET is TRUE, prints each run when it ends. Returns the
 * content of night.json (new reference), or NULL with an error (RIG_EXIT_INFRA).
 */
json_t *nightly_run(struct night *night, gboolean quiet, GError **error);

#endif
