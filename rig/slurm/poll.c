// SPDX-License-Identifier: GPL-2.0-only
/*
 * Evaluates one squeue call for all tasks. If a task has ended without a result, or squeue no
 * longer lists it, the rig waits for its result to become visible, because network file systems
 * cache folders. Then the verdict is derived from the task's last Slurm state. While squeue fails,
 * no task is judged.
 */
#include <stdio.h>
#include <string.h>

#include "slurm/internal.h"
#include "util/clock.h"

/*
 * How long the rig waits for a result: RETURNED_NS if the task ended with code 0 or its state is
 * unknown, NOTHING_NS if it ended otherwise.
 */
#define RETURNED_NS (60 * RIG_NS_PER_S)
#define NOTHING_NS (10 * RIG_NS_PER_S)
#define LOG_LINE_MAX 8192
/*
 * This word is in the reason that Slurm shows for a job that it could not start and keeps in the
 * queue for ever.
 */
#define LAUNCH_FAILED "launch"

/* ---- records of squeue, sacct and the completion log ---- */

struct seen {
	struct batch *batch;
	const struct queue_record *record;
	guint poll;
};

static void see_task(guint number, void *data)
{
	const struct seen *seen = data;
	const struct queue_record *record = seen->record;
	struct task *task;

	if (number >= seen->batch->n_tasks)
		return;
	task = &seen->batch->tasks[number];
	/* Slurm had lost the node and requeued the task, but the task has returned its result */
	if (task->ended && record->state == JOB_WAITING)
		submit_cancel_task(task);
	task->seen = seen->poll;
	task->state = record->state;
	task->restarts = record->restarts;
	task->exit_code = record->exit_code;
	g_strlcpy(task->node, record->node, sizeof(task->node));
	if (record->state == JOB_RUNNING && record->id)
		carry_note_job(task->batch->slurm, task->node, record->id);
	if (record->state == JOB_WAITING && strstr(record->reason, LAUNCH_FAILED) &&
	    strstr(record->reason, "held"))
		task->state = JOB_FAILED;
}

/* Returns TRUE if REASON, for which a task waits, is usual and passes without action of a user. */
static gboolean is_usual(const char *reason)
{
	static const char *const usual[] = {"",		  "None",      "Priority",     "Resources",
					    "Dependency", "BeginTime", "NodeCleaning", "Cleaning"};

	for (guint i = 0; i < G_N_ELEMENTS(usual); i++)
		if (!strcmp(reason, usual[i]))
			return TRUE;
	return FALSE;
}

/*
 * Handles a record of squeue. An array whose Slurm number is not recorded yet is found by its name.
 */
static void on_record(const struct queue_record *record, void *data)
{
	struct slurm *s = data;
	struct batch *batch = batch_named(s, record->name);
	struct seen seen = {batch, record, s->polls};

	if (batch && record->state == JOB_WAITING && !is_usual(record->reason))
		g_strlcpy(s->reason, record->reason, sizeof(s->reason));
	if (batch && batch->state == BATCH_UNSURE && batch != s->submitting)
		batch_set_job(batch, record->job, NULL);
	if (batch && batch->job == record->job)
		queue_tasks(record->tasks, see_task, &seen);
}

/* Handles a record of the completion log or of sacct. Ignores it if squeue lists the task. */
static void on_past(const struct queue_record *record, struct slurm *s)
{
	struct batch *batch = batch_named(s, record->name);
	guint64 number = g_ascii_strtoull(record->tasks, NULL, 10);
	struct seen seen = {batch, record, 0};

	if (!batch || batch->job != record->job || number >= batch->n_tasks ||
	    batch->tasks[number].seen == s->polls || !job_state_is_end(record->state))
		return;
	see_task(number, &seen);
}

/* ---- the completion log ---- */

static void read_log(struct slurm *s)
{
	char line[LOG_LINE_MAX];
	FILE *file = s->cluster.log ? fopen(s->cluster.log, "re") : NULL;

	if (!file)
		return;
	if (fseeko(file, s->log_at, SEEK_SET) == 0)
		while (fgets(line, sizeof(line), file)) {
			struct queue_record record;

			/* the last line may still be incomplete */
			if (!strchr(line, '\n') && feof(file))
				break;
			s->log_at = ftello(file);
			g_strchomp(line);
			if (strstr(line, s->name) && queue_read_log(line, &record))
				on_past(&record, s);
		}
	fclose(file);
}

/* ---- calling sacct ---- */

static gboolean is_missing(const struct task *task)
{
	const struct slurm *s = task->batch->slurm;

	return !task->ended && task->batch->state == BATCH_SUBMITTED && task->seen != s->polls &&
	       task->batch->submitted_ns < s->poll_ns;
}

static void on_sacct(struct command *command, int code, const char *out, const char *why,
		     void *data)
{
	struct slurm *s = data;
	g_auto(GStrv) lines = g_strsplit(code ? "" : out, "\n", -1);

	(void)why;
	s->past = NULL;
	for (char **line = lines; *line; line++) {
		struct queue_record record;

		if (queue_read_sacct(*line, &record))
			on_past(&record, s);
	}
	command_free(command);
}

/* Calls sacct for the arrays in BATCHES. */
static void ask_sacct(struct slurm *s, GPtrArray *batches)
{
	g_autoptr(GString) jobs = g_string_new(NULL);
	const char *argv[] = {"sacct", "-X", "-n",
			      "-P",    "-o", "JobID,JobName,State,ExitCode,NodeList",
			      "-j",    NULL, NULL};

	for (guint i = 0; i < batches->len; i++)
		g_string_append_printf(jobs, "%s%u", i ? "," : "",
				       ((struct batch *)batches->pdata[i])->job);
	argv[7] = jobs->str;
	s->past = command_start(argv, NULL, COMMAND_LIMIT_S, NULL, on_sacct, s, NULL);
}

static void look_into_past(struct slurm *s)
{
	g_autoptr(GPtrArray) batches = g_ptr_array_new();

	for (guint i = 0; i < s->batches->len; i++) {
		struct batch *batch = s->batches->pdata[i];
		gboolean missing = FALSE;

		for (guint k = 0; k < batch->n_tasks && !missing; k++)
			missing = is_missing(&batch->tasks[k]);
		if (missing)
			g_ptr_array_add(batches, batch);
	}
	if (!batches->len)
		return;
	read_log(s);
	if (s->cluster.has_sacct && !s->past)
		ask_sacct(s, batches);
}

/* ---- evaluation of a task without a result ---- */

/*
 * Slurm has preempted TASK and not requeued it: puts its job back into the rig's queue, so that a
 * new array runs it.
 */
static void again(struct task *task)
{
	struct slurm *s = task->batch->slurm;
	struct place_job *job = g_steal_pointer(&task->job);

	task_end(task, NULL);
	if (job) {
		g_ptr_array_add(s->queue, job);
		s->queue_sorted = FALSE;
	}
}

static void judge(struct task *task)
{
	struct slurm *s = task->batch->slurm;
	gint64 now_ns = rig_now_ns();
	gboolean missing = is_missing(task);

	if (task->ended || task->copying || (!job_state_is_end(task->state) && !missing)) {
		task->missing_ns = 0;
		return;
	}
	if (!task->missing_ns)
		task->missing_ns = now_ns;
	if (s->carry && task->state != JOB_CANCELLED) {
		fetch_want(task);
		if (!fetch_is_over(task))
			return;
	}
	/* no result can come from a cancelled task */
	if (task->state != JOB_CANCELLED &&
	    now_ns - task->missing_ns <
		    (task->state == JOB_COMPLETED || !job_state_is_end(task->state) ? RETURNED_NS
										    : NOTHING_NS))
		return;
	if (!job_state_is_end(task->state))
		task->state = JOB_UNKNOWN;
	if (task->state == JOB_CANCELLED && s->held)
		task_end(task, NULL);
	else if (task->state == JOB_PREEMPTED && !s->held)
		again(task);
	else
		task_end_without_result(task);
}

/*
 * Handles an array for which sbatch may have failed. If squeue does not list the array, it was not
 * submitted, and its jobs return to the queue.
 */
static void resolve_unsure(struct batch *batch)
{
	struct slurm *s = batch->slurm;

	if (batch->state != BATCH_UNSURE || batch == s->submitting ||
	    batch->submitted_ns > s->poll_ns)
		return;
	batch->state = BATCH_WRITTEN;
	for (guint i = 0; i < batch->n_tasks; i++) {
		struct place_job *job = batch->tasks[i].job;

		/*
		 * a task without a job is from an earlier process; the caller has not added it
		 * again, so it is not needed
		 */
		if (!job || batch->tasks[i].ended)
			continue;
		batch->tasks[i].job = NULL;
		if (s->held)
			job->done(job, NULL);
		else
			g_ptr_array_add(s->queue, job);
	}
	s->queue_sorted = FALSE;
	batch_forget(batch);
}

/*
 * Cancels the tasks of BATCH whose jobs the caller has not added again after a restart, because it
 * does not need them any more.
 */
static void drop_unclaimed(struct batch *batch)
{
	for (guint i = 0; i < batch->n_tasks; i++) {
		struct task *task = &batch->tasks[i];

		if (task->ended || task->job || batch->state != BATCH_SUBMITTED)
			continue;
		if (!job_state_is_end(task->state))
			submit_cancel_task(task);
		task_end(task, NULL);
	}
}

/*
 * Calls scancel again for BATCH after the place was told to start no more jobs (`held`), or to
 * stop: the earlier calls had no effect if the controller did not respond.
 */
static void cancel_again(struct batch *batch)
{
	struct slurm *s = batch->slurm;
	gboolean waits = FALSE, runs = FALSE;

	for (guint i = 0; i < batch->n_tasks; i++) {
		const struct task *task = &batch->tasks[i];

		waits |= !task->ended && task->state == JOB_WAITING;
		runs |= !task->ended && task->state == JOB_RUNNING;
	}
	if (s->held && !s->left && (waits || (runs && s->give_up_ns)))
		submit_cancel(batch, !s->give_up_ns);
}

static void judge_all(struct slurm *s)
{
	for (guint i = 0; i < s->batches->len; i++) {
		struct batch *batch = s->batches->pdata[i];

		if (batch->state == BATCH_OVER)
			continue;
		resolve_unsure(batch);
		if (s->reconciling)
			drop_unclaimed(batch);
		for (guint k = 0; k < batch->n_tasks; k++)
			judge(&batch->tasks[k]);
		if (batch->state == BATCH_SUBMITTED)
			cancel_again(batch);
	}
	s->reconciling = FALSE;
}

/* ---- calling squeue ---- */

static void on_output(const char *bytes, gsize n, void *data)
{
	struct slurm *s = data;

	queue_reader_feed(s->reader, bytes, n);
}

static void on_polled(struct command *command, int code, const char *out, const char *why,
		      void *data)
{
	struct slurm *s = data;
	gboolean whole = queue_reader_is_whole(s->reader);
	g_autofree char *problem = g_strdup(queue_reader_error(s->reader));

	(void)out;
	s->poll = NULL;
	s->polled_ns = rig_now_ns();
	g_clear_pointer(&s->reader, queue_reader_free);
	g_clear_pointer(&s->silent, g_free);
	if (code || !whole || problem) {
		s->silent = g_strdup(*why ? why : problem ? problem : "squeue did not answer");
	} else {
		s->answered_ns = s->polled_ns;
		/*
		 * read the results before states are judged: a result has more information than a
		 * state
		 */
		returned_collect(s);
		carry_forget_jobs(s);
		look_into_past(s);
		judge_all(s);
	}
	command_free(command);
}

void poll_next(struct slurm *s)
{
	const char *const argv[] = {"squeue", "--json", "--all", "--states=all", NULL};
	gint64 now_ns = rig_now_ns();

	if (s->poll || (!s->in_flight && !s->reconciling) ||
	    (s->polls && now_ns - s->polled_ns < POLL_NS))
		return;
	s->poll_ns = now_ns;
	s->polls++;
	*s->reason = '\0';
	s->reader = queue_reader_new(s->name, on_record, s);
	s->poll = command_start(argv, NULL, COMMAND_LIMIT_S, on_output, on_polled, s, NULL);
	if (!s->poll)
		g_clear_pointer(&s->reader, queue_reader_free);
}
