// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the folder returned/, where "b7.3.0" is what task 3 of array b7 has returned after 0
 * restarts. Only this process removes such results. If a task ran twice, because Slurm had lost its
 * node, the first result that is found counts.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "slurm/internal.h"
#include "slurm/task.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/sweep.h"

#define SAME_NAMES_MAX 1000

/*
 * Returns the task that returned the folder NAME, or NULL if this place does not have the task's
 * array.
 */
static struct task *task_of(const struct slurm *s, const char *name)
{
	g_auto(GStrv) parts = g_strsplit(name, ".", 3);
	struct batch *batch = g_strv_length(parts) == 3 ? batch_named(s, parts[0]) : NULL;
	guint64 number = batch ? g_ascii_strtoull(parts[1], NULL, 10) : 0;

	return batch && number < batch->n_tasks ? &batch->tasks[number] : NULL;
}

/*
 * Moves the run folder NAME from FOLDER to RESULTS. Returns its name there, or NULL if it cannot be
 * moved. The name is changed if it exists: two nodes that start a run with the same seed in the
 * same second choose the same name.
 */
static char *publish(const char *results, const char *folder, const char *name)
{
	g_autofree char *from = g_build_filename(folder, name, NULL);

	for (guint n = 1; n < SAME_NAMES_MAX; n++) {
		g_autofree char *now = n == 1 ? g_strdup(name) : g_strdup_printf("%s-%u", name, n);
		g_autofree char *to = g_build_filename(results, now, NULL);

		/*
		 * rename() cannot replace an existing run folder, because run folders are never
		 * empty
		 */
		if (!g_rename(from, to))
			return g_steal_pointer(&now);
		if (errno != EEXIST && errno != ENOTEMPTY)
			return NULL;
	}
	return NULL;
}

/*
 * Replaces the run's name OLD in ANSWER by NOW, and the path of the run folder by the one in
 * RESULTS.
 */
static void rename_run(json_t *answer, const char *results, const char *old, const char *now)
{
	const char *run = json_string_value(json_object_get(answer, "run"));
	g_autofree char *base = run ? g_path_get_basename(run) : NULL;
	g_autofree char *path = g_build_filename(results, now, NULL);

	if (run && !g_strcmp0(base, old))
		json_object_set_new(answer, "run", json_string(strchr(run, '/') ? path : now));
}

static gboolean publish_all(const struct slurm *s, const char *dir, struct child_result *result)
{
	g_autofree char *runs = g_build_filename(dir, "run", NULL);
	g_auto(GStrv) names = rig_names_in(runs, "");
	json_t *answer;
	size_t i;

	for (char **name = names; *name; name++) {
		g_autofree char *now = publish(s->options.results, runs, *name);

		if (!now)
			return FALSE;
		rename_run(result->answer, s->options.results, *name, now);
		json_array_foreach (result->answer, i, answer)
			rename_run(answer, s->options.results, *name, now);
		if (!g_strcmp0(result->run, *name)) {
			g_free(result->run);
			result->run = g_strdup(now);
		}
	}
	return TRUE;
}

/*
 * Reads result.json in DIR. Sets *RET_NODE to the name of the node on which the task ran; the
 * caller owns the name.
 */
static gboolean read_result(const char *dir, struct child_result *ret, char **ret_node)
{
	g_autofree char *file = g_build_filename(dir, "result.json", NULL), *text = NULL;
	json_auto_t *json = NULL;
	gsize len;

	if (!rig_read_file(file, TASK_FILE_MAX, &text, &len, NULL))
		return FALSE;
	json = json_loadb(text, len, 0, NULL);
	if (!task_result_parse(json, ret))
		return FALSE;
	*ret_node = g_strdup(json_string_value(json_object_get(json, "node")));
	return TRUE;
}

static void drop_log(const struct task *task)
{
	g_autofree char *file = g_strdup_printf("%s/%s.log/%u", task->batch->slurm->dir,
						task->batch->name, task->number);

	g_unlink(file);
}

static void take(struct slurm *s, struct task *task, const char *dir)
{
	g_autofree char *node = NULL;
	struct child_result result;

	if (!read_result(dir, &result, &node))
		return;
	/*
	 * leave the result here until its kernel is on the nodes: if this process is killed, a
	 * later one reads it
	 */
	if (!builds_are_copied(task, dir, &result)) {
		child_result_clear(&result);
		return;
	}
	exclude_note(s, node, result.verdict);
	if (publish_all(s, dir, &result)) {
		drop_log(task);
		task_end(task, &result);
		sweep_remove(dir, NULL);
	} else {
		slurm_fail(s, g_error_new(RIG_ERROR, RIG_EXIT_INFRA, "cannot move '%s' to '%s': %s",
					  dir, s->options.results, g_strerror(errno)));
	}
	child_result_clear(&result);
}

void returned_sweep(const struct slurm *s)
{
	g_autofree char *folder = g_build_filename(s->dir, "returned", NULL);
	g_autoptr(GDir) dir = s->in_flight ? NULL : g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (sweep_is_temporary(name))
			sweep_remove(path, NULL);
	}
}

void returned_collect(struct slurm *s)
{
	g_autofree char *folder = g_build_filename(s->dir, "returned", NULL);
	g_auto(GStrv) names = rig_names_in(folder, "");

	for (char **name = names; *name; name++) {
		struct task *task = task_of(s, *name);
		g_autofree char *dir = g_build_filename(folder, *name, NULL);

		if (task && !task->ended && task->job)
			take(s, task, dir);
		else if (!s->reconciling)
			sweep_remove(dir, NULL);
	}
}
