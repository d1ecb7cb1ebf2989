// SPDX-License-Identifier: GPL-2.0-only
/*
 * Implements the operations of the place (place_ops), and the timer, on_tick(), which calls the
 * other files.
 */
#include "slurm/slurm.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "slurm/internal.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"

/* This many seconds after scancel, tasks that Slurm has not ended are abandoned. */
#define GIVE_UP_S 60

/* ---- what the timer does ---- */

static void give_up(struct slurm *s)
{
	for (guint i = 0; i < s->batches->len; i++) {
		struct batch *batch = s->batches->pdata[i];

		for (guint k = 0; batch->state != BATCH_OVER && k < batch->n_tasks; k++) {
			struct place_job *job = g_steal_pointer(&batch->tasks[k].job);

			/*
			 * do not record the end, so that a later process asks Slurm for the task's
			 * state
			 */
			if (job)
				job->done(job, NULL);
		}
	}
}

static void hold(struct place *place);

static void tick(struct slurm *s)
{
	if (s->base.deadline_ns && rig_now_ns() > s->base.deadline_ns && !s->held)
		hold(&s->base);
	if (s->carry) {
		fetch_next(s);
		carry_next(s);
		builds_next(s);
	}
	returned_collect(s);
	poll_next(s);
	submit_next(s);
	exclude_next(s);
	if (s->give_up_ns && rig_now_ns() > s->give_up_ns)
		give_up(s);
}

static gboolean on_tick(void *data)
{
	tick(data);
	return G_SOURCE_CONTINUE;
}

static gboolean on_idle(void *data)
{
	struct slurm *s = data;

	s->idle = 0;
	tick(s);
	return G_SOURCE_REMOVE;
}

/* ---- adding, dropping and cancelling jobs ---- */

static void add(struct place *place, struct place_job *job)
{
	struct slurm *s = (struct slurm *)place;
	struct task *task = g_hash_table_lookup(s->tasks, job->key);

	if (task && !task->ended && !task->job) {
		task->job = job;
	} else if (!builds_take(s, job)) {
		g_ptr_array_add(s->queue, job);
		s->queue_sorted = FALSE;
	}
	/*
	 * the first jobs are submitted as soon as the main loop is idle; later ones are collected
	 * and submitted by the timer
	 */
	if (!s->tick) {
		s->tick = g_timeout_add_seconds(1, on_tick, s);
		s->idle = g_idle_add(on_idle, s);
	}
}

/* Drops the tasks of arrays that were not submitted yet. */
static void drop_unsubmitted(struct slurm *s)
{
	for (guint i = 0; i < s->batches->len; i++) {
		struct batch *batch = s->batches->pdata[i];

		for (guint k = 0; batch->state == BATCH_WRITTEN && k < batch->n_tasks; k++)
			if (!batch->tasks[k].ended)
				task_end(&batch->tasks[k], NULL);
	}
}

static void cancel_all(struct slurm *s, gboolean pending)
{
	for (guint i = 0; i < s->batches->len; i++) {
		struct batch *batch = s->batches->pdata[i];

		if (batch->state == BATCH_SUBMITTED)
			submit_cancel(batch, pending);
	}
	submit_next(s);
}

static void hold(struct place *place)
{
	struct slurm *s = (struct slurm *)place;

	s->held = TRUE;
	builds_drop(s, 0);
	slurm_drop_queue(s);
	drop_unsubmitted(s);
	cancel_all(s, TRUE);
}

static void stop(struct place *place, guint grace_s)
{
	struct slurm *s = (struct slurm *)place;

	s->held = TRUE;
	s->give_up_ns = rig_now_ns() + (grace_s + GIVE_UP_S) * RIG_NS_PER_S;
	builds_drop(s, MAX(grace_s, 1));
	slurm_drop_queue(s);
	drop_unsubmitted(s);
	cancel_all(s, FALSE);
}

/* ---- the progress line ---- */

struct census {
	guint waiting, running, requeued;
	double left_s;
};

static struct census take_census(const struct slurm *s)
{
	struct census c = {.waiting = s->queue->len + s->builds->len + s->blocked->len +
				      (s->building != NULL)};

	for (guint i = 0; i < s->batches->len; i++) {
		const struct batch *batch = s->batches->pdata[i];

		for (guint k = 0; batch->state != BATCH_OVER && k < batch->n_tasks; k++) {
			const struct task *task = &batch->tasks[k];

			if (task->ended)
				continue;
			c.running += task->state == JOB_RUNNING;
			c.waiting += task->state == JOB_WAITING;
			c.requeued += task->state == JOB_WAITING && task->restarts;
		}
	}
	c.left_s = c.running ? s->mean_s * (c.waiting + c.running / 2.0) / c.running : 0;
	return c;
}

/* Appends "n1 3, n2 2": the number of running tasks of each node, for the first few nodes. */
static void add_nodes(const struct slurm *s, GString *line)
{
	g_autoptr(GHashTable) nodes = g_hash_table_new(g_str_hash, g_str_equal);
	GHashTableIter iter;
	gpointer key, value;
	guint n = 0;

	for (guint i = 0; i < s->batches->len; i++) {
		struct batch *batch = s->batches->pdata[i];

		for (guint k = 0; batch->state != BATCH_OVER && k < batch->n_tasks; k++) {
			struct task *task = &batch->tasks[k];
			guint count = GPOINTER_TO_UINT(g_hash_table_lookup(nodes, task->node));

			if (!task->ended && task->state == JOB_RUNNING)
				g_hash_table_insert(nodes, task->node, GUINT_TO_POINTER(count + 1));
		}
	}
	g_hash_table_iter_init(&iter, nodes);
	while (g_hash_table_iter_next(&iter, &key, &value) && n++ < 4)
		g_string_append_printf(line, "%s%s %u", n > 1 ? ", " : " (", (char *)key,
				       GPOINTER_TO_UINT(value));
	if (n)
		g_string_append(line, g_hash_table_size(nodes) > 4 ? ", …)" : ")");
}

static char *progress(const struct place *place)
{
	const struct slurm *s = (const struct slurm *)place;
	struct census c = take_census(s);
	g_autoptr(GString) line = g_string_new(NULL);

	g_string_printf(line, "%u waiting", c.waiting);
	if (c.requeued)
		g_string_append_printf(line, " (%u requeued)", c.requeued);
	g_string_append_printf(line, ", %u running", c.running);
	add_nodes(s, line);
	if (!c.running && c.waiting && *s->reason)
		g_string_append_printf(line, " (%s)", s->reason);
	if (s->carry && s->building)
		g_string_append_printf(line, ", %s is prepared here", s->building->label);
	if (c.left_s > 0) {
		g_autofree char *left = rig_duration_text((gint64)(c.left_s * RIG_NS_PER_S));

		g_string_append_printf(line, ", about %s left", left);
	}
	if (s->excluded->len) {
		g_autofree char *nodes = exclude_list(s);

		g_string_append_printf(line, "; without %s, which failed", nodes);
	}
	if (s->silent) {
		g_autofree char *since = rig_duration_text(rig_now_ns() - s->answered_ns);

		g_string_append_printf(line, "; no answer from Slurm for %s: %s", since, s->silent);
	}
	return g_string_free(g_steal_pointer(&line), FALSE);
}

/* ---- place_open() ---- */

static gboolean slurm_open(struct place *place, const char *dir, const char *name, GError **error)
{
	struct slurm *s = (struct slurm *)place;
	g_autofree char *returned = g_build_filename(dir, "returned", NULL),
			*ended = g_build_filename(dir, "ended", NULL);

	s->dir = g_canonicalize_filename(dir, NULL);
	if (g_mkdir_with_parents(returned, 0755) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s': %s", returned,
				g_strerror(errno));
	if (!record_open(s, name, error))
		return FALSE;
	s->reconciling = s->batches->len > 0;
	s->answered_ns = rig_now_ns();
	s->ended_fd = open(ended, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
	return s->ended_fd >= 0 ||
	       rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': %s", ended, g_strerror(errno));
}

/* ---- place_leave(): the jobs continue without the rig ---- */

static gboolean leave(struct place *place, GError **error)
{
	struct slurm *s = (struct slurm *)place;

	tick(s);
	/*
	 * jobs beyond the limits of the cluster are left to the next process. If the controller
	 * does not answer, wait only while kernels are built
	 */
	while (!s->held && (!builds_are_idle(s) ||
			    (!s->silent && (!submit_is_idle(s) || s->reconciling))))
		g_main_context_iteration(NULL, TRUE);
	s->left = TRUE;
	g_clear_handle_id(&s->tick, g_source_remove);
	g_clear_handle_id(&s->idle, g_source_remove);
	return !s->silent ||
	       rig_fail(error, RIG_EXIT_INFRA, "Slurm does not answer: %s", s->silent);
}

static char *leave_waits(const struct place *place)
{
	const struct slurm *s = (const struct slurm *)place;

	if (builds_are_idle(s))
		return NULL;
	return g_strdup("the nodes share no folder with this host, so only this process can copy a "
			"kernel from the node that builds it to the others; it will end when all "
			"kernels are built and copied and all runs are submitted");
}

static void slurm_free(struct place *place)
{
	struct slurm *s = (struct slurm *)place;

	g_clear_handle_id(&s->tick, g_source_remove);
	g_clear_handle_id(&s->idle, g_source_remove);
	if (s->dir)
		returned_sweep(s);
	command_free(s->submit);
	command_free(s->poll);
	command_free(s->past);
	command_free(s->cancel);
	command_free(s->update);
	queue_reader_free(s->reader);
	child_free(s->build);
	child_result_clear(&s->built);
	carry_free(s);
	g_ptr_array_unref(s->builds);
	g_ptr_array_unref(s->blocked);
	g_ptr_array_unref(s->queue);
	g_ptr_array_unref(s->batches);
	g_ptr_array_unref(s->to_cancel);
	g_ptr_array_unref(s->excluded);
	g_hash_table_unref(s->faults);
	g_hash_table_unref(s->tasks);
	if (s->ended_fd >= 0)
		close(s->ended_fd);
	cluster_clear(&s->cluster);
	g_free(s->dir);
	g_free(s->name);
	g_free(s->silent);
	g_free((char *)s->options.results);
	g_free((char *)s->options.rig);
	g_free((char *)s->options.partition);
	g_free((char *)s->options.account);
	g_free((char *)s->options.qos);
	g_free((char *)s->options.constraint);
	g_strfreev((char **)s->options.sbatch_args);
	g_free(s);
}

/* ---- operations of the place ---- */

struct place *slurm_place(const struct slurm_options *o, GError **error)
{
	static const struct place_ops ops = {.open = slurm_open,
					     .add = add,
					     .hold = hold,
					     .stop = stop,
					     .progress = progress,
					     .leave = leave,
					     .leave_waits = leave_waits,
					     .free = slurm_free};
	struct slurm *s = g_new0(struct slurm, 1);

	s->base.ops = &ops;
	s->ended_fd = -1;
	s->options = (struct slurm_options){
		.results = g_strdup(o->results),
		.rig = g_strdup(o->rig),
		.partition = g_strdup(o->partition),
		.account = g_strdup(o->account),
		.qos = g_strdup(o->qos),
		.constraint = g_strdup(o->constraint),
		.nice = o->nice,
		.carry = o->carry,
		.sbatch_args = g_strdupv((char **)o->sbatch_args),
	};
	s->queue = g_ptr_array_new();
	s->builds = g_ptr_array_new();
	s->blocked = g_ptr_array_new();
	carry_init(s);
	s->batches = g_ptr_array_new_with_free_func(batch_free);
	s->to_cancel = g_ptr_array_new_with_free_func(g_free);
	s->excluded = g_ptr_array_new_with_free_func(g_free);
	s->faults = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	s->tasks = g_hash_table_new(g_str_hash, g_str_equal);
	if (!cluster_look(&s->options, &s->cluster, error)) {
		slurm_free(&s->base);
		return NULL;
	}
	s->array_max = s->cluster.array_max;
	s->base.room = s->cluster.room;
	s->base.total = s->cluster.total;
	return &s->base;
}
