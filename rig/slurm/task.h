/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a task on its node, where Slurm starts `rig task`; and reads and writes its two files,
 * NAME.batch and result.json. DIR is the record folder (slurm.h), or the copy of it on a node that
 * shares no folder with the submitting host.
 */
#ifndef RIG_SLURM_TASK_H
#define RIG_SLURM_TASK_H

#include "child/child.h"

/* Maximum size of a file of tasks, and of a result. */
#define TASK_FILE_MAX (256u << 20)

/*
 * Returns one line of NAME.batch, as a new reference. WORDS are the arguments of the rig,
 * NULL-terminated.
 */
json_t *task_line(const char *key, enum child_kind kind, guint limit_s, char *const *words);

/*
 * Convert a result to and from result.json. task_result_json() returns a new reference.
 * task_result_parse() returns FALSE if JSON is not a result; free *ret with child_result_clear().
 */
json_t *task_result_json(const struct child_result *result);
gboolean task_result_parse(json_t *json, struct child_result *ret);

/*
 * Runs task NUMBER of the array BATCH of DIR in a temporary folder. Its result and run
 * folders are returned as DIR/returned/BATCH.NUMBER.RESTART, by rename; after SIGTERM, the task
 * stops and nothing is returned. With KERNEL, a build also returns its kernel, in the folder
 * `kernel`. Blocks, iterating the default main context. *RET_PASSED is FALSE only for a build that
 * failed. Errors: RIG_EXIT_INFRA.
 */
gboolean task_run(const char *dir, const char *batch, guint number, guint restart, gboolean kernel,
		  gboolean *ret_passed, GError **error);

/*
 * Sends results from a node to the submitting host, if they share no folder; runs on the node.
 * ARRIVED lists the results that the host has received (BATCH.NUMBER.RESTART, "b1.3.0"); they are
 * deleted, with the logs of their tasks. At most SEND_MAX of the other results in DIR/returned, and
 * the other logs, are written to FD as one archive (util/archive.h), which may be empty. Blocks.
 * Errors: RIG_EXIT_USAGE (there is no folder DIR), RIG_EXIT_INFRA.
 */
gboolean task_send(const char *dir, char *const *arrived, int fd, GError **error);

#endif
