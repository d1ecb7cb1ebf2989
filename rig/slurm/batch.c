// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creates, stores and loads job arrays (struct batch), which are files in the folder with the
 * record of the jobs.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "slurm/internal.h"
#include "slurm/task.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/sweep.h"

#define BUILD_CPUS_MAX 16
#define BUILD_MIB_PER_CPU 1024
#define MEMORY_STEP_MIB 64
#define LOG_MAX (1u << 20)
/*
 * `rig task` ends a run at the job's time limit. Slurm's time limit of the task is this many
 * seconds longer, for the start of the task and the return of its result.
 */
#define AROUND_S 120

static char *file_of(const struct batch *batch, const char *suffix)
{
	g_autofree char *name = g_strconcat(batch->name, suffix, NULL);

	return g_build_filename(batch->slurm->dir, name, NULL);
}

/* ---- the needs of a job ---- */

void batch_needs(const struct slurm *s, const struct place_job *job, struct batch *ret)
{
	const struct pack_room *room = &s->cluster.room;
	guint room_mib = room->memory >> 20, cpus, mib;

	if (job->kind == CHILD_BUILD) {
		cpus = MIN(room->quarters / PACK_QUARTERS, BUILD_CPUS_MAX);
		mib = MIN(room_mib, cpus * BUILD_MIB_PER_CPU);
	} else {
		cpus = (job->item.need.quarters + PACK_QUARTERS - 1) / PACK_QUARTERS;
		mib = (job->item.need.memory >> 20) + MEMORY_STEP_MIB - 1;
		mib = MIN(room_mib, mib / MEMORY_STEP_MIB * MEMORY_STEP_MIB);
	}
	ret->kind = job->kind;
	ret->cpus = CLAMP(cpus, 1, MAX(1, room->quarters / PACK_QUARTERS));
	ret->memory_mib = MAX(mib, 1);
	ret->minutes = (MAX(job->limit_s, 60) + AROUND_S + 59) / 60;
	if (s->cluster.minutes_max)
		ret->minutes = MIN(ret->minutes, s->cluster.minutes_max);
}

/* ---- tasks in memory ---- */

static void set_tasks(struct batch *batch, guint n)
{
	batch->tasks = g_new0(struct task, n + 1);
	batch->n_tasks = batch->left = n;
	for (guint i = 0; i < n; i++) {
		batch->tasks[i].batch = batch;
		batch->tasks[i].number = i;
		batch->tasks[i].state = JOB_WAITING;
	}
}

static void keep(struct batch *batch)
{
	struct slurm *s = batch->slurm;

	g_ptr_array_add(s->batches, batch);
	for (guint i = 0; i < batch->n_tasks; i++) {
		struct task *task = &batch->tasks[i];

		if (task->ended)
			continue;
		g_hash_table_insert(s->tasks, task->key, task);
		s->in_flight++;
	}
}

void batch_free(gpointer data)
{
	struct batch *batch = data;

	for (guint i = 0; i < batch->n_tasks; i++)
		g_free(batch->tasks[i].key);
	g_free(batch->tasks);
	if (batch->files)
		part_free(batch->files);
	g_free(batch->name);
	g_free(batch->after);
	g_free(batch);
}

struct batch *batch_find(const struct slurm *s, guint job)
{
	for (guint i = 0; i < s->batches->len; i++) {
		struct batch *batch = s->batches->pdata[i];

		if (batch->job == job && batch->state == BATCH_SUBMITTED)
			return batch;
	}
	return NULL;
}

struct batch *batch_named(const struct slurm *s, const char *name)
{
	gsize n = strlen(s->name);

	if (!strncmp(name, s->name, n) && name[n] == '-')
		name += n + 1;
	for (guint i = 0; i < s->batches->len; i++)
		if (!strcmp(((struct batch *)s->batches->pdata[i])->name, name))
			return s->batches->pdata[i];
	return NULL;
}

/* ---- files of a new job array ---- */

static gboolean append(GString *text, json_t *line, GError **error)
{
	char *dumped = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);

	json_decref(line);
	if (!dumped)
		return rig_fail(error, RIG_EXIT_USAGE, "an argument of a job is not UTF-8");
	g_string_append_printf(text, "%s\n", dumped);
	free(dumped);
	return TRUE;
}

/*
 * Returns the command line of a task. The paths of files that are copied to the nodes are replaced
 * by those on the nodes.
 */
static char **words_of(const struct batch *batch, const struct place_job *job,
		       const struct part_files *files)
{
	g_auto(GStrv) words = job->words(job, batch->cpus);

	return batch->files ? part_files_words(files, batch->files, words)
			    : g_steal_pointer(&words);
}

static gboolean pack_files(struct batch *batch, struct part_files *files, GError **error)
{
	g_autoptr(GError) why = NULL;

	for (guint i = 0; i < batch->n_tasks; i++) {
		const struct place_job *job = batch->tasks[i].job;
		g_auto(GStrv) words = job->words(job, batch->cpus);

		part_files_add(files, words);
	}
	batch->files = part_files_pack(files, &why);
	if (why)
		g_propagate_error(error, g_steal_pointer(&why));
	return !error || !*error;
}

static gboolean write_batch(struct batch *batch, GError **error)
{
	g_autofree char *file = file_of(batch, ".batch"), *log = file_of(batch, ".log");
	g_autoptr(GString) text = g_string_new(NULL);
	rig_auto(part_files) files = part_files_new();

	if (batch->slurm->carry && !pack_files(batch, files, error))
		return FALSE;

	if (!append(text,
		    json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:s?}", "version", 1, "kind",
			      (int)batch->kind, "tasks", (int)batch->n_tasks, "cpus",
			      (int)batch->cpus, "memory_mib", (int)batch->memory_mib, "minutes",
			      (int)batch->minutes, "after", batch->after),
		    error))
		return FALSE;
	for (guint i = 0; i < batch->n_tasks; i++) {
		const struct place_job *job = batch->tasks[i].job;
		g_auto(GStrv) words = words_of(batch, job, files);

		if (!append(text, task_line(job->key, job->kind, job->limit_s, words), error))
			return FALSE;
	}
	if (g_mkdir(log, 0755) < 0 && errno != EEXIST)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s': %s", log,
				g_strerror(errno));
	return rig_write_file(file, text->str, text->len, error);
}

struct batch *batch_new(struct slurm *s, GPtrArray *jobs, GError **error)
{
	struct batch *batch = g_new0(struct batch, 1);
	const struct place_job *first = jobs->pdata[0];

	batch->slurm = s;
	batch_needs(s, first, batch);
	batch->after = first->after ? g_strdup(first->after->key) : NULL;
	batch->name = g_strdup_printf("b%u", ++s->n_batches);
	set_tasks(batch, jobs->len);
	for (guint i = 0; i < jobs->len; i++) {
		batch->tasks[i].job = jobs->pdata[i];
		batch->tasks[i].key = g_strdup(batch->tasks[i].job->key);
	}
	if (write_batch(batch, error)) {
		keep(batch);
		return batch;
	}
	batch_free(batch);
	return NULL;
}

gboolean batch_set_job(struct batch *batch, guint job, GError **error)
{
	g_autofree char *file = file_of(batch, ".job");
	g_autofree char *text = g_strdup_printf("%u\n", job);

	batch->job = job;
	batch->state = BATCH_SUBMITTED;
	batch->submitted_ns = rig_now_ns();
	return rig_write_file(file, text, -1, error);
}

void batch_forget(struct batch *batch)
{
	static const char *const suffixes[] = {".batch", ".sh", ".job", ".log"};
	struct slurm *s = batch->slurm;

	for (guint i = 0; i < batch->n_tasks; i++) {
		struct task *task = &batch->tasks[i];

		if (task->ended)
			continue;
		task->ended = TRUE;
		g_hash_table_remove(s->tasks, task->key);
		s->in_flight--;
	}
	batch->left = 0;
	batch->state = BATCH_OVER;
	for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *file = file_of(batch, suffixes[i]);

		sweep_remove(file, NULL);
	}
}

char *batch_log(const struct batch *batch, guint task)
{
	g_autofree char *dir = file_of(batch, ".log"), *name = g_strdup_printf("%u", task);
	g_autofree char *file = g_build_filename(dir, name, NULL), *text = NULL, *why = NULL;

	if (!rig_read_file(file, LOG_MAX, &text, NULL, NULL))
		return NULL;
	why = command_why(text);
	if (g_str_has_prefix(why, "rig: "))
		return g_strdup(why + strlen("rig: "));
	return *why ? g_steal_pointer(&why) : NULL;
}

/* ---- job arrays that an earlier process submitted ---- */

static guint number_of(json_t *json, const char *key)
{
	return CLAMP(json_integer_value(json_object_get(json, key)), 0, G_MAXINT);
}

static guint read_job(const struct batch *batch)
{
	g_autofree char *file = file_of(batch, ".job"), *text = NULL;

	return rig_read_file(file, 64, &text, NULL, NULL) ? g_ascii_strtoull(text, NULL, 10) : 0;
}

static struct batch *parse_batch(struct slurm *s, const char *name, char *text, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	json_auto_t *head = lines[0] ? json_loads(lines[0], 0, NULL) : NULL;
	struct batch *batch = g_new0(struct batch, 1);
	guint n = number_of(head, "tasks");

	batch->slurm = s;
	batch->name = g_strdup(name);
	if (number_of(head, "version") != 1 || g_strv_length(lines) < n + 1) {
		rig_fail(error, RIG_EXIT_INFRA, "'%s/%s.batch' is damaged", s->dir, name);
		batch_free(batch);
		return NULL;
	}
	batch->kind = MIN(number_of(head, "kind"), CHILD_OTHER);
	batch->cpus = number_of(head, "cpus");
	batch->memory_mib = number_of(head, "memory_mib");
	batch->minutes = number_of(head, "minutes");
	batch->after = g_strdup(json_string_value(json_object_get(head, "after")));
	set_tasks(batch, n);
	for (guint i = 0; i < n; i++) {
		json_auto_t *task = json_loads(lines[i + 1], 0, NULL);
		const char *key = json_string_value(json_object_get(task, "key"));

		batch->tasks[i].key = g_strdup(key ? key : "");
	}
	batch->job = read_job(batch);
	batch->state = batch->job ? BATCH_SUBMITTED : BATCH_UNSURE;
	return batch;
}

/* Returns TRUE if ENDED, the lines of the file `ended`, has a line of this task, such as "b7 3". */
static gboolean has_ended(GHashTable *ended, const struct batch *batch, guint task)
{
	g_autofree char *line = g_strdup_printf("%s %u", batch->name, task);

	return g_hash_table_contains(ended, line);
}

static GHashTable *read_ended(const struct slurm *s)
{
	GHashTable *ended = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *file = g_build_filename(s->dir, "ended", NULL), *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!rig_read_file(file, TASK_FILE_MAX, &text, NULL, NULL))
		return ended;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		g_hash_table_add(ended, g_strdup(*line));
	return ended;
}

static gboolean load_one(struct slurm *s, const char *name, GHashTable *ended, GError **error)
{
	g_autofree char *base = g_strconcat(name, ".batch", NULL), *text = NULL;
	g_autofree char *file = g_build_filename(s->dir, base, NULL);
	struct batch *batch;

	s->n_batches = MAX(s->n_batches, g_ascii_strtoull(name + 1, NULL, 10));
	if (!rig_read_file(file, TASK_FILE_MAX, &text, NULL, error))
		return FALSE;
	batch = parse_batch(s, name, text, error);
	if (!batch)
		return FALSE;
	for (guint i = 0; i < batch->n_tasks; i++) {
		batch->tasks[i].ended = has_ended(ended, batch, i);
		batch->left -= batch->tasks[i].ended;
	}
	if (batch->left)
		keep(batch);
	else
		batch_free(batch);
	return TRUE;
}

gboolean batches_load(struct slurm *s, GError **error)
{
	g_auto(GStrv) names = rig_names_in(s->dir, ".batch");
	g_autoptr(GHashTable) ended = read_ended(s);

	for (char **name = names; *name; name++)
		if (!load_one(s, *name, ended, error))
			return FALSE;
	return TRUE;
}
