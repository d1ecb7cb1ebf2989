/* SPDX-License-Identifier: GPL-2.0-only */
/* A task on its node: `rig task`, which Slurm starts. And the formats of its two files. */
#ifndef RIG_SLURM_TASK_H
#define RIG_SLURM_TASK_H

#include "child/child.h"

/* Limits of a file of tasks, and of a result. */
#define TASK_FILE_MAX (256u << 20)

/* One line of NAME.batch; new reference. WORDS: as of struct child_command. */
json_t *task_line(const char *key, enum child_kind kind, guint limit_s, char *const *words);

/* result.json: new reference, and back. FALSE: not a result. child_result_clear(). */
json_t *task_result_json(const struct child_result *result);
gboolean task_result_parse(json_t *json, struct child_result *ret);

/*
 * Runs task NUMBER of the array BATCH of the record DIR in a temporary folder, and returns its
 * result and its run folders as DIR/returned/BATCH.NUMBER.RESTART, by rename. SIGTERM stops it, and
 * nothing is returned. Blocks, iterating the default main context. *RET_PASSED is FALSE only for a
 * build that failed. Errors: RIG_EXIT_INFRA.
 */
gboolean task_run(const char *dir, const char *batch, guint number, guint restart,
		  gboolean *ret_passed, GError **error);

#endif
