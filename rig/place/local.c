// SPDX-License-Identifier: GPL-2.0-only
/*
 * The place (place.h) that runs jobs on this host. Builds start first, one at a time. A build gets
 * half of the processors if runs fit on the other half, otherwise all of them. Runs start in their
 * order, as soon as they fit (pack.h).
 */
#include <string.h>

#include "place/place.h"
#include "util/clock.h"
#include "util/error.h"

#define HOST_RESERVE (1ull << 30) /* memory that is reserved for other programs of the host */

struct local {
	struct place base;
	struct place_options options;
	GPtrArray *builds;  /* struct place_job: builds that have not started */
	GPtrArray *blocked; /* struct place_job: jobs that wait for the end of another job */
	GPtrArray *ready;   /* the `item` of each job that can start, sorted by rank */
	GPtrArray *running; /* struct running */
	struct pack_room free;
	gboolean held;
	guint idle;
};

struct running {
	struct local *local;
	struct place_job *job;
	struct child *child;
	struct pack_room need;
};

static struct place_job *job_of(const struct pack_item *item)
{
	return (struct place_job *)((char *)item - offsetof(struct place_job, item));
}

static void schedule(struct local *local);

/* ---- queues of waiting jobs ---- */

static void add_ready(struct local *local, struct place_job *job)
{
	guint at = local->ready->len;

	while (at && job_of(local->ready->pdata[at - 1])->rank > job->rank)
		at--;
	g_ptr_array_insert(local->ready, at, &job->item);
}

static gboolean on_idle(void *data)
{
	struct local *local = data;

	local->idle = 0;
	schedule(local);
	return G_SOURCE_REMOVE;
}

static void add(struct place *place, struct place_job *job)
{
	struct local *local = (struct local *)place;

	if (job->kind == CHILD_BUILD)
		g_ptr_array_add(local->builds, job);
	else if (job->after)
		g_ptr_array_add(local->blocked, job);
	else
		add_ready(local, job);
	if (!local->idle)
		local->idle = g_idle_add(on_idle, local);
}

/* Removes the jobs that wait for JOB from `blocked`. Returns them in a new array. */
static GPtrArray *take_dependents(struct local *local, const struct place_job *job)
{
	GPtrArray *dependents = g_ptr_array_new();

	for (guint i = 0; i < local->blocked->len;) {
		struct place_job *other = local->blocked->pdata[i];

		if (other->after == job)
			g_ptr_array_add(dependents, g_ptr_array_remove_index(local->blocked, i));
		else
			i++;
	}
	return dependents;
}

static void drop_all(struct local *local)
{
	while (local->builds->len || local->blocked->len || local->ready->len) {
		struct place_job *job;

		if (local->blocked->len)
			job = g_ptr_array_steal_index(local->blocked, local->blocked->len - 1);
		else if (local->ready->len)
			job = job_of(g_ptr_array_steal_index(local->ready, local->ready->len - 1));
		else
			job = g_ptr_array_steal_index(local->builds, local->builds->len - 1);
		job->done(job, NULL);
	}
}

/* ---- the end of a job ---- */

static void forget(struct running *running)
{
	struct local *local = running->local;

	g_ptr_array_remove_fast(local->running, running);
	local->free.quarters += running->need.quarters;
	local->free.memory += running->need.memory;
	child_free(running->child);
	g_free(running);
}

static void on_done(struct child *child, const struct child_result *result, void *data)
{
	struct running *running = data;
	struct local *local = running->local;
	struct place_job *job = running->job;
	g_autoptr(GPtrArray) dependents = take_dependents(local, job);
	gboolean passed = result->verdict == VERDICT_PASS;

	(void)child;
	job->done(job, result);
	forget(running);
	for (guint i = 0; i < dependents->len; i++) {
		struct place_job *next = dependents->pdata[i];

		next->after = NULL;
		if (passed && !local->held)
			add_ready(local, next);
		else
			next->done(next, NULL);
	}
	schedule(local);
}

/* ---- the start of a job ---- */

static char **all_words(const struct local *local, const struct place_job *job, guint cores)
{
	g_auto(GStrv) words = job->words(job, cores);
	g_autoptr(GStrvBuilder) all = g_strv_builder_new();

	g_strv_builder_add(all, words[0]);
	if (job->kind != CHILD_BUILD)
		g_strv_builder_add_many(all, "--results", local->options.results, NULL);
	g_strv_builder_addv(all, (const char **)words + 1);
	return g_strv_builder_end(all);
}

static void start(struct local *local, struct place_job *job, struct pack_room need)
{
	struct running *running = g_new0(struct running, 1);
	g_auto(GStrv) words = all_words(local, job, MAX(1, need.quarters / PACK_QUARTERS));
	const struct child_command command = {
		job->kind, words, NULL, local->options.rig, job->limit_s,
	};
	GError *error = NULL;

	*running = (struct running){.local = local, .job = job, .need = need};
	local->free.quarters -= need.quarters;
	local->free.memory -= need.memory;
	g_ptr_array_add(local->running, running);
	running->child = child_start(&command, on_done, running, &error);
	if (running->child)
		return;
	forget(running);
	job->done(job, NULL);
	local->base.failed(error, local->base.failed_data);
}

/* Returns TRUE if no run may start now, because a build needs the processors. */
static gboolean start_next_build(struct local *local)
{
	guint most = 0, quarters = local->base.room.quarters;

	if (!local->builds->len)
		return FALSE;
	for (guint i = 0; i < local->running->len; i++)
		if (((struct running *)local->running->pdata[i])->job->kind == CHILD_BUILD)
			return FALSE;
	for (guint i = 0; i < local->ready->len; i++)
		most = MAX(most, ((struct pack_item *)local->ready->pdata[i])->need.quarters);
	if (local->ready->len && quarters / 2 >= MAX(most, PACK_QUARTERS))
		quarters /= 2;
	if (local->free.quarters < quarters)
		return TRUE;
	start(local, g_ptr_array_steal_index(local->builds, 0),
	      (struct pack_room){.quarters = quarters});
	return FALSE;
}

static void start_runs(struct local *local)
{
	while (!local->held) {
		struct place_job *job;
		double left_s = -1;
		int pick;

		if (local->base.deadline_ns)
			left_s = MAX(0, (local->base.deadline_ns - rig_now_ns()) / 1e9);
		pick = pack_pick((struct pack_item **)local->ready->pdata, local->ready->len,
				 &local->free, left_s);
		if (pick < 0)
			return;
		job = job_of(g_ptr_array_steal_index(local->ready, pick));
		start(local, job, job->item.need);
	}
}

static void schedule(struct local *local)
{
	if (!local->held && !start_next_build(local))
		start_runs(local);
	/* the remaining jobs would end after the deadline */
	if (!local->running->len && !local->idle)
		drop_all(local);
}

/* ---- operations of the place (struct place_ops) ---- */

/*
 * This host keeps no record of its jobs. Fails if DIR has the record of a cluster, because the
 * recorded jobs must not run twice.
 */
static gboolean local_open(struct place *place, const char *dir, const char *name, GError **error)
{
	(void)place;
	(void)name;
	return !g_file_test(dir, G_FILE_TEST_EXISTS) ||
	       rig_fail(
		       error, RIG_EXIT_USAGE,
		       "these jobs were started on a cluster ('%s' is the record): continue "
		       "with --on slurm",
		       dir);
}

static void hold(struct place *place)
{
	struct local *local = (struct local *)place;

	local->held = TRUE;
	drop_all(local);
}

static void stop(struct place *place, guint grace_s)
{
	struct local *local = (struct local *)place;

	hold(place);
	for (guint i = 0; i < local->running->len; i++)
		child_stop(((struct running *)local->running->pdata[i])->child, grace_s);
}

static char *progress(const struct place *place)
{
	const struct local *local = (const struct local *)place;
	g_autoptr(GString) line = g_string_new(NULL);

	for (guint i = 0; i < local->running->len; i++)
		g_string_append_printf(line, "%s%s", i ? ", " : "",
				       ((struct running *)local->running->pdata[i])->job->label);
	return g_string_free(g_steal_pointer(&line), FALSE);
}

static void local_free(struct place *place)
{
	struct local *local = (struct local *)place;

	while (local->running->len)
		forget(local->running->pdata[0]);
	g_clear_handle_id(&local->idle, g_source_remove);
	g_ptr_array_unref(local->builds);
	g_ptr_array_unref(local->blocked);
	g_ptr_array_unref(local->ready);
	g_ptr_array_unref(local->running);
	g_free(local);
}

static guint64 available_memory(void)
{
	g_autofree char *text = NULL;
	const char *line;
	guint64 bytes;

	if (!g_file_get_contents("/proc/meminfo", &text, NULL, NULL))
		return G_MAXUINT64;
	line = strstr(text, "MemAvailable:");
	bytes = line ? g_ascii_strtoull(line + strlen("MemAvailable:"), NULL, 10) << 10
		     : G_MAXUINT64;
	return bytes > HOST_RESERVE ? bytes - HOST_RESERVE : 0;
}

struct place *place_here_unlimited(const char *results, const char *rig)
{
	const struct place_options here = {
		.results = results, .rig = rig, .cores = 4096, .memory = G_MAXUINT64};

	return place_here(&here);
}

struct place *place_here(const struct place_options *options)
{
	static const struct place_ops ops = {.open = local_open,
					     .add = add,
					     .hold = hold,
					     .stop = stop,
					     .progress = progress,
					     .free = local_free};
	struct local *local = g_new0(struct local, 1);
	guint cores = options->cores ? options->cores : g_get_num_processors();

	local->base.ops = &ops;
	local->base.room = (struct pack_room){
		.quarters = PACK_QUARTERS * cores,
		.memory = options->memory ? options->memory : available_memory(),
	};
	local->base.total = local->base.room;
	local->options = *options;
	local->free = pack_capacity(&local->base.room);
	local->builds = g_ptr_array_new();
	local->blocked = g_ptr_array_new();
	local->ready = g_ptr_array_new();
	local->running = g_ptr_array_new();
	return &local->base;
}
