// SPDX-License-Identifier: GPL-2.0-only
/*
 * Excludes nodes that fail. A node with a full disk ends its tasks quickly, so Slurm would soon
 * give it all other tasks, too. A node that caused the failure of several tasks in a row gets no
 * more tasks of this night or search.
 */
#include <string.h>

#include "slurm/internal.h"

#define FAULTS_MAX 3

static gboolean is_fault(enum verdict verdict)
{
	return verdict == VERDICT_INFRA || verdict == VERDICT_LOST;
}

void exclude_note(struct slurm *s, const char *node, enum verdict verdict)
{
	guint faults;

	if (!node || !*node || verdict == VERDICT_ABORTED)
		return;
	faults = is_fault(verdict) ? GPOINTER_TO_UINT(g_hash_table_lookup(s->faults, node)) + 1 : 0;
	g_hash_table_insert(s->faults, g_strdup(node), GUINT_TO_POINTER(faults));
	/*
	 * exclude at most half of all nodes: if more of them fail, the cause is probably not a node
	 */
	if (faults != FAULTS_MAX || 2 * (s->excluded->len + 1) > s->cluster.nodes)
		return;
	g_ptr_array_add(s->excluded, g_strdup(node));
	/* let the next poll also update the job arrays that were submitted before */
	s->update_at = 0;
}

char *exclude_list(const struct slurm *s)
{
	g_autoptr(GString) list = g_string_new(NULL);

	for (guint i = 0; i < s->excluded->len; i++)
		g_string_append_printf(list, "%s%s", i ? "," : "", (char *)s->excluded->pdata[i]);
	return g_string_free(g_steal_pointer(&list), FALSE);
}

static gboolean has_waiting(const struct batch *batch)
{
	for (guint i = 0; i < batch->n_tasks; i++)
		if (!batch->tasks[i].ended && batch->tasks[i].state == JOB_WAITING)
			return TRUE;
	return FALSE;
}

static void on_updated(struct command *command, int code, const char *out, const char *why,
		       void *data)
{
	struct slurm *s = data;

	(void)code;
	(void)out;
	(void)why;
	/* ignore errors: an update fails if the array has just ended */
	s->update = NULL;
	command_free(command);
}

void exclude_next(struct slurm *s)
{
	while (s->excluded->len && !s->update && s->update_at < s->batches->len) {
		const struct batch *batch = s->batches->pdata[s->update_at++];
		g_autofree char *list = exclude_list(s),
				*job = g_strdup_printf("JobId=%u", batch->job),
				*nodes = g_strdup_printf("ExcNodeList=%s", list);
		const char *const argv[] = {"scontrol", "update", job, nodes, NULL};

		/* arrays that are not submitted yet will get the list in their sbatch command */
		if (batch->state == BATCH_SUBMITTED && has_waiting(batch))
			s->update = command_start(argv, NULL, COMMAND_LIMIT_S, NULL, on_updated, s,
						  NULL);
	}
}
