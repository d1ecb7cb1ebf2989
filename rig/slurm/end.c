// SPDX-License-Identifier: GPL-2.0-only
/*
 * Handles the end of a task: determines its verdict, calls done(), handles the jobs that wait for
 * it, and writes its line in the file `ended`.
 */
#include <string.h>
#include <unistd.h>

#include "slurm/internal.h"
#include "util/error.h"

/* ---- the line in the file `ended` ---- */

static void note_end(struct task *task)
{
	struct slurm *s = task->batch->slurm;
	g_autofree char *line = g_strdup_printf("%s %u\n", task->batch->name, task->number);
	gsize n = strlen(line);

	if (!task->ended) {
		task->ended = TRUE;
		g_hash_table_remove(s->tasks, task->key);
		s->in_flight--;
		if (!--task->batch->left)
			task->batch->state = BATCH_OVER;
	}
	if (write(s->ended_fd, line, n) == (ssize_t)n)
		return;
	/*
	 * report the error, but continue: the line is needed only if the rig is killed, and usually
	 * the caller has recorded the end
	 */
	s->base.failed(g_error_new(RIG_ERROR, RIG_EXIT_INFRA, "cannot write '%s/ended'", s->dir),
		       s->base.failed_data);
}

/* ---- jobs that wait for the ended one ---- */

/* Removes the jobs in LIST that wait for JOB, and calls their done() with NULL. */
static void drop_from(GPtrArray *list, const struct place_job *job)
{
	for (guint i = 0; i < list->len;) {
		struct place_job *other = list->pdata[i];

		if (other->after == job) {
			g_ptr_array_remove_index(list, i);
			other->done(other, NULL);
		} else {
			i++;
		}
	}
}

static void drop_batches(struct slurm *s, const char *key)
{
	for (guint i = 0; i < s->batches->len; i++) {
		struct batch *batch = s->batches->pdata[i];

		if (batch->state == BATCH_OVER || g_strcmp0(batch->after, key))
			continue;
		submit_cancel(batch, FALSE);
		for (guint k = 0; k < batch->n_tasks; k++)
			if (!batch->tasks[k].ended)
				task_end(&batch->tasks[k], NULL);
	}
}

void slurm_release(struct slurm *s, const struct place_job *job, gboolean passed)
{
	if (!passed) {
		drop_from(s->queue, job);
		drop_from(s->blocked, job);
		return;
	}
	for (guint i = 0; i < s->blocked->len;) {
		struct place_job *other = s->blocked->pdata[i];

		if (other->after == job)
			g_ptr_array_add(s->queue, g_ptr_array_remove_index(s->blocked, i));
		else
			i++;
	}
	for (guint i = 0; i < s->queue->len; i++) {
		struct place_job *other = s->queue->pdata[i];

		if (other->after == job)
			other->after = NULL;
	}
	s->queue_sorted = FALSE;
}

/* ---- reporting the end of a task ---- */

void task_end(struct task *task, const struct child_result *result)
{
	struct slurm *s = task->batch->slurm;
	struct place_job *job = g_steal_pointer(&task->job);
	gboolean is_build = task->batch->kind == CHILD_BUILD,
		 passed = result && result->verdict == VERDICT_PASS;
	g_autofree char *key = g_strdup(task->key);

	if (result && result->wall_s > 0 && !is_build)
		s->mean_s += (result->wall_s - s->mean_s) / ++s->n_ended;
	/* release the waiting jobs first, because the caller may ask for them in done() */
	if (is_build && job && passed)
		slurm_release(s, job, TRUE);
	/* with a run, write the line only after the caller has recorded the result in done() */
	if (!result || !result->run)
		note_end(task);
	if (job)
		job->done(job, result);
	if (result && result->run)
		note_end(task);
	if (is_build && !passed) {
		if (job)
			slurm_release(s, job, FALSE);
		drop_batches(s, key);
	}
}

/* The verdict and reason for each final state of a job that returned no result. */
static const struct {
	enum job_state state;
	enum verdict verdict;
	enum child_end end;
	const char *what; /* a format; its argument is the name of the node */
} meanings[] = {
	{JOB_COMPLETED, VERDICT_LOST, CHILD_ENDED, "the job on node '%s' returned nothing"},
	{JOB_FAILED, VERDICT_INFRA, CHILD_ENDED, "the job on node '%s' failed"},
	{JOB_TIMEOUT, VERDICT_INFRA, CHILD_TIMED_OUT, "Slurm ended the job on node '%s'"},
	{JOB_CANCELLED, VERDICT_ABORTED, CHILD_STOPPED, "the job was cancelled%.0s"},
	{JOB_NODE_FAIL, VERDICT_LOST, CHILD_ENDED, "node '%s' was lost"},
	{JOB_PREEMPTED, VERDICT_LOST, CHILD_ENDED, "the job on node '%s' was preempted"},
	{JOB_OUT_OF_MEMORY, VERDICT_INFRA, CHILD_ENDED, "no memory left for the job on node '%s'"},
	{JOB_UNKNOWN, VERDICT_LOST, CHILD_ENDED, "the cluster has no record of the job%.0s"},
};

static char *problem_of(const struct task *task, const char *what)
{
	const struct batch *batch = task->batch;
	g_autofree char *log = batch_log(batch, task->number);
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_printf(text, what, *task->node ? task->node : "?");
	if (task->state == JOB_TIMEOUT)
		g_string_append_printf(text, " at its limit of %u min", batch->minutes);
	if (task->state == JOB_OUT_OF_MEMORY)
		g_string_append_printf(text, ", which had requested %u MiB", batch->memory_mib);
	if (task->state == JOB_FAILED && task->exit_code)
		g_string_append_printf(text, " with %s %d", task->exit_code < 0 ? "signal" : "code",
				       ABS(task->exit_code));
	g_string_append_printf(text, " (%u_%u)", batch->job, task->number);
	if (log)
		g_string_append_printf(text, ": %s", log);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

void task_end_without_result(struct task *task)
{
	struct child_result result = {.verdict = VERDICT_LOST, .cpu_s = -1, .wall_s = -1};
	gboolean is_build = task->batch->kind == CHILD_BUILD;

	for (guint i = 0; i < G_N_ELEMENTS(meanings); i++) {
		if (meanings[i].state != task->state)
			continue;
		result.verdict = meanings[i].verdict;
		result.end = meanings[i].end;
		result.problem = problem_of(task, meanings[i].what);
	}
	if (is_build && result.verdict == VERDICT_LOST)
		result.verdict = VERDICT_INFRA;
	exclude_note(task->batch->slurm, task->node, result.verdict);
	result.answer = json_object();
	task_end(task, &result);
	child_result_clear(&result);
}

/* ---- dropping the jobs that are in no array yet; stopping after an error ---- */

void slurm_drop_queue(struct slurm *s)
{
	while (s->queue->len) {
		struct place_job *job = g_ptr_array_steal_index(s->queue, s->queue->len - 1);

		job->done(job, NULL);
	}
}

void slurm_fail(struct slurm *s, GError *error)
{
	s->held = TRUE;
	slurm_drop_queue(s);
	s->base.failed(error, s->base.failed_data);
}
