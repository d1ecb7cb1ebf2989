// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts jobs into job arrays. Jobs with the same needs that wait for the same build become one
 * array, in the order of their ranks; each build is an array of one task. Only one sbatch and one
 * scancel run at a time.
 */
#include <stdlib.h>
#include <string.h>

#include "slurm/internal.h"
#include "util/clock.h"
#include "util/error.h"

/* ---- putting jobs into arrays ---- */

static int by_rank(gconstpointer a, gconstpointer b)
{
	const struct place_job *x = *(struct place_job *const *)a,
			       *y = *(struct place_job *const *)b;
	gboolean x_build = x->kind == CHILD_BUILD, y_build = y->kind == CHILD_BUILD;

	if (x_build != y_build)
		return x_build ? -1 : 1;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static gboolean is_alike(const struct slurm *s, const struct place_job *a,
			 const struct place_job *b)
{
	struct batch x = {0}, y = {0};

	if (a->kind != b->kind || a->after != b->after || a->kind == CHILD_BUILD)
		return FALSE;
	batch_needs(s, a, &x);
	batch_needs(s, b, &y);
	return x.cpus == y.cpus && x.memory_mib == y.memory_mib && x.minutes == y.minutes;
}

/*
 * Removes the queue's first job, and others that can be in one array with it, from the queue; at
 * most ROOM jobs. Returns them in a new array.
 */
static GPtrArray *take_alike(struct slurm *s, guint room)
{
	GPtrArray *jobs = g_ptr_array_new(), *rest = g_ptr_array_new();
	const struct place_job *first = s->queue->pdata[0];

	for (guint i = 0; i < s->queue->len; i++) {
		struct place_job *job = s->queue->pdata[i];

		if (job == first || (jobs->len < room && is_alike(s, first, job)))
			g_ptr_array_add(jobs, job);
		else
			g_ptr_array_add(rest, job);
	}
	g_ptr_array_unref(s->queue);
	s->queue = rest;
	return jobs;
}

/*
 * Returns the maximum number of tasks of this place that are in the cluster's queue at a time;
 * other users share that queue.
 */
static guint most_tasks(const struct slurm *s)
{
	return MAX(1, s->cluster.jobs_max / 2);
}

static guint most_of_array(const struct slurm *s)
{
	return s->carry ? MIN(s->array_max, CARRY_ARRAY_MAX) : s->array_max;
}

static void drop_too_long(struct slurm *s)
{
	gint64 left_ns = s->base.deadline_ns ? s->base.deadline_ns - rig_now_ns() : G_MAXINT64;

	for (guint i = 0; s->base.deadline_ns && i < s->queue->len;) {
		struct place_job *job = s->queue->pdata[i];

		if (job->item.estimate_s * RIG_NS_PER_S > left_ns) {
			g_ptr_array_remove_index(s->queue, i);
			job->done(job, NULL);
		} else {
			i++;
		}
	}
}

static void make_arrays(struct slurm *s)
{
	GError *error = NULL;

	drop_too_long(s);
	if (!s->queue_sorted)
		g_ptr_array_sort(s->queue, by_rank);
	s->queue_sorted = TRUE;
	while (s->queue->len) {
		guint most = most_tasks(s), most_now = MIN(most, most_of_array(s));
		guint room = MIN(most_now, most - MIN(most, s->in_flight));
		g_autoptr(GPtrArray) jobs = NULL;

		/* each sbatch call is slow, so wait until there is room for many tasks */
		if (room < MIN(s->queue->len, MAX(1, most_now / 4)))
			return;
		jobs = take_alike(s, room);
		if (batch_new(s, jobs, &error))
			continue;
		for (guint i = 0; i < jobs->len; i++)
			((struct place_job *)jobs->pdata[i])->done(jobs->pdata[i], NULL);
		slurm_fail(s, error);
		return;
	}
}

/* ---- calling sbatch ---- */

static void add(GPtrArray *argv, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add(GPtrArray *argv, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(argv, g_strdup_vprintf(format, args));
	va_end(args);
}

static char *program_of(const struct slurm *s)
{
	g_autofree char *self = s->options.rig ? g_strdup(s->options.rig)
					       : g_file_read_link("/proc/self/exe", NULL);

	return g_canonicalize_filename(self ? self : "rig", NULL);
}

/* Returns the Slurm number of the array whose build must pass first, or 0 if none. */
static guint dependency_of(const struct batch *batch)
{
	const struct task *build =
		batch->after ? g_hash_table_lookup(batch->slurm->tasks, batch->after) : NULL;

	return build && !build->ended ? build->batch->job : 0;
}

/*
 * Adds the program that the tasks run: SCRIPT; or, if SCRIPT is NULL, the rig, which reads the
 * record in the shared folder.
 */
static void add_program(GPtrArray *argv, const struct batch *batch, const char *script)
{
	const struct slurm *s = batch->slurm;
	g_autofree char *rig = program_of(s), *rig_quoted = g_shell_quote(rig),
			*dir_quoted = g_shell_quote(s->dir);

	if (script) {
		add(argv, "--chdir=/");
		add(argv, "--output=%s/%s.%%a.log", s->carried_record, batch->name);
		add(argv, "%s", script);
	} else {
		add(argv, "--output=%s/%s.log/%%a", s->dir, batch->name);
		add(argv, "--wrap=exec %s task %s %s", rig_quoted, dir_quoted, batch->name);
	}
}

static GPtrArray *sbatch_words(const struct batch *batch, const char *script)
{
	const struct slurm *s = batch->slurm;
	GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);

	add(argv, "sbatch");
	add(argv, "--parsable");
	add(argv, "--job-name=%s-%s", s->name, batch->name);
	add(argv, "--array=0-%u", batch->n_tasks - 1);
	add(argv, "--nodes=1");
	add(argv, "--ntasks=1");
	add(argv, "--cpus-per-task=%u", batch->cpus);
	add(argv, "--mem=%uM", batch->memory_mib);
	add(argv, "--time=%u", batch->minutes);
	add(argv, "--requeue");
	add(argv, "--open-mode=append");
	if (dependency_of(batch)) {
		add(argv, "--dependency=afterok:%u", dependency_of(batch));
		add(argv, "--kill-on-invalid-dep=yes");
	}
	if (s->excluded->len) {
		g_autofree char *nodes = exclude_list(s);

		add(argv, "--exclude=%s", nodes);
	}
	cluster_add_options(&s->options, argv);
	add_program(argv, batch, script);
	g_ptr_array_add(argv, NULL);
	return argv;
}

static gboolean contains_any(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strstr(text, *words))
			return TRUE;
	return FALSE;
}

/*
 * Returns TRUE if, in spite of the exit code CODE and the message WHY, sbatch may have submitted
 * the array, or may accept it later.
 */
static gboolean is_temporary(int code, const char *why)
{
	static const char *const words[] = {"contact",	    "timed out",  "temporarily",
					    "transmitted",  "connection", "Connection",
					    "ommunication", NULL};

	return code < 0 || contains_any(why, words);
}

/*
 * Returns TRUE if sbatch refused the array, with the message WHY, because this user or the cluster
 * would exceed a limit on the number of tasks.
 */
static gboolean is_limit(const char *why)
{
	static const char *const words[] = {"submit limit", "job limit", "MaxSubmit",
					    "MaxJob",	    "array",	 NULL};

	return contains_any(why, words);
}

/* Puts the jobs of BATCH back into the queue. */
static void give_back(struct slurm *s, struct batch *batch)
{
	for (guint i = 0; i < batch->n_tasks; i++) {
		struct place_job *job = g_steal_pointer(&batch->tasks[i].job);

		if (job && !batch->tasks[i].ended)
			g_ptr_array_add(s->queue, job);
	}
	s->queue_sorted = FALSE;
	batch_forget(batch);
}

static void refuse(struct slurm *s, struct batch *batch, const char *why)
{
	if (is_limit(why) && (batch->n_tasks > 1 || s->in_flight > batch->left)) {
		s->array_max = MAX(1, batch->n_tasks / 2);
		give_back(s, batch);
		return;
	}
	give_back(s, batch);
	slurm_fail(s, g_error_new(RIG_ERROR, RIG_EXIT_USAGE, "sbatch refuses a job: %s", why));
}

static void on_submitted(struct command *command, int code, const char *out, const char *why,
			 void *data)
{
	struct slurm *s = data;
	struct batch *batch = g_steal_pointer(&s->submitting);
	guint job = g_ascii_strtoull(out, NULL, 10);
	GError *error = NULL;

	s->submit = NULL;
	if (!code && job) {
		if (!batch_set_job(batch, job, &error))
			slurm_fail(s, error);
		/* all tasks were dropped while sbatch ran */
		if (!batch->left)
			submit_cancel(batch, FALSE);
	} else if (is_temporary(code, why)) {
		batch->state = BATCH_UNSURE;
		batch->submitted_ns = rig_now_ns();
	} else {
		refuse(s, batch, why);
	}
	command_free(command);
}

static void submit(struct slurm *s, struct batch *batch)
{
	GError *error = NULL;
	g_autofree char *script = s->carry ? carry_script(batch, &error) : NULL;
	g_autoptr(GPtrArray) argv = sbatch_words(batch, script);

	if (error) {
		slurm_fail(s, error);
		return;
	}

	s->submitting = batch;
	batch->state = BATCH_UNSURE;
	batch->submitted_ns = G_MAXINT64;
	s->submit = command_start((const char *const *)argv->pdata, NULL, COMMAND_LIMIT_S, NULL,
				  on_submitted, s, &error);
	if (!s->submit)
		slurm_fail(s, error);
}

/* ---- calling scancel ---- */

void submit_cancel(struct batch *batch, gboolean pending)
{
	struct slurm *s = batch->slurm;

	if (batch->job)
		g_ptr_array_add(
			s->to_cancel,
			g_strdup_printf("%s%u", pending ? "--state=PENDING " : "", batch->job));
}

void submit_cancel_task(struct task *task)
{
	if (task->batch->job)
		g_ptr_array_add(task->batch->slurm->to_cancel,
				g_strdup_printf("%u_%u", task->batch->job, task->number));
}

static void on_cancelled(struct command *command, int code, const char *out, const char *why,
			 void *data)
{
	struct slurm *s = data;

	(void)code;
	(void)out;
	(void)why;
	/*
	 * ignore errors, because a task may have ended already; the next poll shows the remaining
	 * ones
	 */
	s->cancel = NULL;
	command_free(command);
}

/* Starts one scancel, for the entries of s->to_cancel with the same options as the first entry. */
static void cancel(struct slurm *s)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	gboolean pending = g_str_has_prefix(s->to_cancel->pdata[0], "--");

	add(argv, "scancel");
	if (pending)
		add(argv, "--state=PENDING");
	for (guint i = 0; i < s->to_cancel->len;) {
		const char *word = s->to_cancel->pdata[i], *blank = strchr(word, ' ');

		if ((blank != NULL) == pending && argv->len < 1000) {
			add(argv, "%s", blank ? blank + 1 : word);
			g_ptr_array_remove_index(s->to_cancel, i);
		} else {
			i++;
		}
	}
	g_ptr_array_add(argv, NULL);
	s->cancel = command_start((const char *const *)argv->pdata, NULL, COMMAND_LIMIT_S, NULL,
				  on_cancelled, s, NULL);
}

/* ---- the next array ---- */

static struct batch *next_batch(const struct slurm *s)
{
	for (guint i = 0; i < s->batches->len; i++) {
		struct batch *batch = s->batches->pdata[i];

		if (batch->state == BATCH_WRITTEN)
			return batch;
	}
	return NULL;
}

gboolean submit_is_idle(const struct slurm *s)
{
	return !s->submit && !s->cancel && !s->to_cancel->len && !next_batch(s);
}

void submit_next(struct slurm *s)
{
	struct batch *batch;

	if (s->to_cancel->len && !s->cancel)
		cancel(s);
	if (s->reconciling)
		return;
	if (!s->held)
		make_arrays(s);
	batch = s->submit ? NULL : next_batch(s);
	/* send the files of the array first; it is submitted when the nodes have them */
	if (batch && batch->files)
		carry_send(s, g_steal_pointer(&batch->files));
	if (batch && !s->silent && !carry_is_busy(s))
		submit(s, batch);
}
