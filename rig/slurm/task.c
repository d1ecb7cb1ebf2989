// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a task on its node. The run folder is created on a disk of the node. When it is complete, it
 * is moved to the record folder under a temporary name, and then renamed.
 */
#include "slurm/task.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/safe-open.h"
#include "util/archive.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"
#include "util/sweep.h"

/* Seconds from SIGTERM to SIGKILL; less than Slurm's KillWait, which is 30 s. */
#define STOP_GRACE_S 15
#define LOG_MAX (1u << 20)

/* ---- reading and writing the files of a task ---- */

static json_t *strings(char *const *list)
{
	json_t *array = json_array();

	for (; list && *list; list++)
		json_array_append_new(array, json_string(*list));
	return array;
}

json_t *task_line(const char *key, enum child_kind kind, guint limit_s, char *const *words)
{
	return json_pack("{s:s, s:i, s:i, s:o}", "key", key, "kind", (int)kind, "limit_s",
			 (int)limit_s, "words", strings(words));
}

json_t *task_result_json(const struct child_result *r)
{
	return json_pack("{s:s?, s:s, s:i, s:i, s:s?, s:O, s:s?, s:f, s:f}", "node",
			 g_getenv("SLURMD_NODENAME"), "verdict", verdict_name(r->verdict), "end",
			 (int)r->end, "exit_code", r->exit_code, "run", r->run, "answer", r->answer,
			 "problem", r->problem, "wall_s", r->wall_s, "cpu_s", r->cpu_s);
}

static char *text_of(json_t *json, const char *key)
{
	return g_strdup(json_string_value(json_object_get(json, key)));
}

gboolean task_result_parse(json_t *json, struct child_result *ret)
{
	json_t *answer = json_object_get(json, "answer");
	enum verdict verdict;

	if (!verdict_parse(json_string_value(json_object_get(json, "verdict")), &verdict) ||
	    !(json_is_object(answer) || json_is_array(answer)))
		return FALSE;
	*ret = (struct child_result){
		.verdict = verdict,
		.end = CLAMP(json_integer_value(json_object_get(json, "end")), CHILD_ENDED,
			     CHILD_TIMED_OUT),
		.exit_code = json_integer_value(json_object_get(json, "exit_code")),
		.run = text_of(json, "run"),
		.answer = json_incref(answer),
		.problem = text_of(json, "problem"),
		.wall_s = json_number_value(json_object_get(json, "wall_s")),
		.cpu_s = json_number_value(json_object_get(json, "cpu_s")),
	};
	return TRUE;
}

/* ---- the child process ---- */

struct task_run {
	enum child_kind kind;
	GMainLoop *loop;
	struct child *child;
	json_t *result; /* NULL if the task returns nothing */
	gboolean stopped, passed;
};

/*
 * Returns TRUE if a signal has ended the child. This process may not have handled the signal yet:
 * Slurm sends it to all processes of a job.
 */
static gboolean was_stopped(const struct child_result *result)
{
	return result->end == CHILD_ENDED &&
	       (result->verdict == VERDICT_ABORTED || result->exit_code == -SIGTERM);
}

static void on_done(struct child *child, const struct child_result *result, void *data)
{
	struct task_run *run = data;

	(void)child;
	run->stopped |= was_stopped(result);
	run->passed = run->kind != CHILD_BUILD || result->verdict == VERDICT_PASS;
	if (!run->stopped)
		run->result = task_result_json(result);
	g_main_loop_quit(run->loop);
}

static gboolean on_signal(void *data)
{
	struct task_run *run = data;

	run->stopped = TRUE;
	child_stop(run->child, STOP_GRACE_S);
	return G_SOURCE_CONTINUE;
}

static char **with_results(enum child_kind kind, json_t *words, const char *results)
{
	g_autoptr(GStrvBuilder) all = g_strv_builder_new();
	json_t *word;
	size_t i;

	json_array_foreach (words, i, word) {
		g_strv_builder_add(all, json_is_string(word) ? json_string_value(word) : "");
		if (!i && kind != CHILD_BUILD)
			g_strv_builder_add_many(all, "--results", results, NULL);
	}
	return g_strv_builder_end(all);
}

static gboolean work(struct task_run *run, json_t *task, const char *results, GError **error)
{
	enum child_kind kind =
		CLAMP(json_integer_value(json_object_get(task, "kind")), CHILD_RUN, CHILD_OTHER);
	g_auto(GStrv) words = with_results(kind, json_object_get(task, "words"), results);
	const struct child_command command = {
		.kind = kind,
		.words = words,
		.rig = g_getenv("RIG_PROGRAM"),
		.limit_s = json_integer_value(json_object_get(task, "limit_s")),
	};
	guint source = g_unix_signal_add(SIGTERM, on_signal, run);

	run->kind = kind;
	run->loop = g_main_loop_new(NULL, FALSE);
	run->child = child_start(&command, on_done, run, error);
	if (run->child)
		g_main_loop_run(run->loop);
	child_free(run->child);
	g_source_remove(source);
	g_main_loop_unref(run->loop);
	if (run->result)
		return TRUE;
	return run->stopped ? rig_fail(error, RIG_EXIT_INFRA, "the task was stopped") : FALSE;
}

/* ---- returning the result ---- */

/* Moves the run folders in FROM to TO, but not temporary folders and the index. */
static gboolean move_runs(const char *from, const char *to, GError **error)
{
	g_auto(GStrv) names = rig_names_in(from, "");

	for (char **name = names; *name; name++) {
		g_autofree char *source = g_build_filename(from, *name, NULL);
		g_autofree char *target = g_build_filename(to, *name, NULL);

		if (!g_rename(source, target))
			continue;
		if (errno != EXDEV)
			return rig_fail(error, RIG_EXIT_INFRA, "cannot move '%s' to '%s': %s",
					source, target, g_strerror(errno));
		if (!spawn_words(NULL, error, "cp", "-a", "--", source, target, NULL))
			return FALSE;
	}
	return TRUE;
}

/* Copies the kernel that RESULT describes to the folder TO. */
static gboolean copy_kernel(json_t *result, const char *to, GError **error)
{
	const char *image =
		json_string_value(json_object_get(json_object_get(result, "answer"), "image"));
	g_autofree char *folder = image ? g_path_get_dirname(image) : NULL;

	return folder ? spawn_words(NULL, error, "cp", "-rT", "--", folder, to, NULL)
		      : rig_fail(error, RIG_EXIT_INFRA, "the build has no image");
}

/*
 * Stores RESULT and the run folders in RESULTS as the folder `returned`/NAME of DIR; with KERNEL,
 * also the kernel that was built.
 */
static gboolean give_back(json_t *result, const char *dir, const char *name, const char *results,
			  gboolean kernel, GError **error)
{
	g_autofree char *returned = g_build_filename(dir, "returned", NULL);
	g_autofree char *template = g_strdup_printf("%s/" SWEEP_NEW "%s-XXXXXX", returned, name);
	g_autofree char *final = g_build_filename(returned, name, NULL), *runs = NULL, *file = NULL,
			*built = NULL;
	char *text = json_dumps(result, JSON_COMPACT | JSON_ENSURE_ASCII);
	g_autofree char *copy = g_strdup(text);
	gboolean ok;

	free(text);
	if (!g_mkdtemp_full(template, 0755))
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s': %s", template,
				g_strerror(errno));
	runs = g_build_filename(template, "run", NULL);
	file = g_build_filename(template, "result.json", NULL);
	built = g_build_filename(template, "kernel", NULL);
	ok = (g_mkdir(runs, 0755) == 0 ||
	      rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s': %s", runs, g_strerror(errno))) &&
	     move_runs(results, runs, error) && (!kernel || copy_kernel(result, built, error)) &&
	     rig_write_file(file, copy, -1, error);
	if (ok && g_rename(template, final) < 0)
		ok = rig_fail(error, RIG_EXIT_INFRA, "cannot rename the folder '%s' to '%s': %s",
			      template, final, g_strerror(errno));
	if (!ok)
		sweep_remove(template, NULL);
	return ok;
}

/* ---- sending what was returned on this node ---- */

/* The maximum number of results in one archive, so that sending it does not take too long. */
#define SEND_MAX 100

/* Deletes the result NAME ("b1.3.0") and the log of its task. */
static void drop(const char *dir, const char *name)
{
	g_autofree char *result = g_build_filename(dir, "returned", name, NULL);
	g_autofree char *task = g_strndup(name, strrchr(name, '.') ? strrchr(name, '.') - name : 0);
	g_autofree char *file = g_strconcat(task, ".log", NULL);
	g_autofree char *log = g_build_filename(dir, file, NULL);

	if (!*task || strchr(name, '/') || *name == '.')
		return;
	sweep_remove(result, NULL);
	g_unlink(log);
}

struct sending {
	GArray *items; /* struct archive_item */
	GPtrArray *kept;
};

static void add_item(struct sending *sending, char *path, char *name)
{
	const struct archive_item item = {path, name};

	g_ptr_array_add(sending->kept, path);
	g_ptr_array_add(sending->kept, name);
	g_array_append_val(sending->items, item);
}

static void add_logs(struct sending *sending, const char *dir)
{
	g_auto(GStrv) logs = rig_names_in(dir, ".log");

	for (char **log = logs; *log; log++) {
		g_autofree char *name = g_strconcat(*log, ".log", NULL);
		char *path = g_build_filename(dir, name, NULL);
		GStatBuf st;

		if (!g_stat(path, &st) && st.st_size && st.st_size <= LOG_MAX)
			add_item(sending, path, g_build_filename("log", name, NULL));
		else
			g_free(path);
	}
}

gboolean task_send(const char *dir, char *const *arrived, int fd, GError **error)
{
	g_autofree char *returned = g_build_filename(dir, "returned", NULL);
	struct sending sending = {g_array_new(FALSE, FALSE, sizeof(struct archive_item)),
				  g_ptr_array_new_with_free_func(g_free)};
	g_auto(GStrv) names = NULL;
	gboolean ok = g_file_test(dir, G_FILE_TEST_IS_DIR) ||
		      rig_fail(error, RIG_EXIT_USAGE,
			       "there is no record '%s': give the folder of a night or search on "
			       "this node, below ~/.cache/hotplug-rig/fleet/record",
			       dir);

	for (; ok && *arrived; arrived++)
		drop(dir, *arrived);
	names = rig_names_in(returned, "");
	for (guint i = 0; i < SEND_MAX && names[i]; i++)
		add_item(&sending, g_build_filename(returned, names[i], NULL),
			 g_build_filename("returned", names[i], NULL));
	add_logs(&sending, dir);
	ok = ok && archive_pack(fd, (const struct archive_item *)(void *)sending.items->data,
				sending.items->len, error);
	g_array_unref(sending.items);
	g_ptr_array_unref(sending.kept);
	return ok;
}

/* ---- running the task ---- */

static json_t *read_task(const char *dir, const char *batch, guint number, GError **error)
{
	g_autofree char *name = g_strconcat(batch, ".batch", NULL), *text = NULL;
	g_autofree char *file = g_build_filename(dir, name, NULL);
	const char *line;
	json_t *task;

	if (!rig_read_file(file, TASK_FILE_MAX, &text, NULL, error)) {
		g_prefix_error(error,
			       "the results must be on a file system that all nodes share: ");
		return NULL;
	}
	line = text;
	/* the first line describes the array, each further line a task */
	for (guint i = 0; line && i <= number; i++) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	task = line ? json_loadb(line, strcspn(line, "\n"), 0, NULL) : NULL;
	if (!json_is_object(task))
		rig_fail(error, RIG_EXIT_INFRA, "'%s' has no task %u", file, number);
	return task;
}

/*
 * Creates a scratch folder on this node, and removes those of killed tasks. *RET_LOCK is a lock
 * that shows that the folder is in use; the caller closes it at the end.
 */
static char *scratch_new(int *ret_lock, GError **error)
{
	g_autofree char *base =
		g_strdup_printf("%s/hotplug-rig-tasks-%u", g_get_tmp_dir(), (unsigned)getuid());
	g_autofree char *template = g_build_filename(base, SWEEP_NEW "XXXXXX", NULL);

	g_mkdir_with_parents(base, 0700);
	sweep_folders(base);
	if (g_mkdtemp(template)) {
		g_autofree char *lock = g_build_filename(template, "lock", NULL);

		*ret_lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (*ret_lock >= 0 && !flock(*ret_lock, LOCK_EX | LOCK_NB))
			return g_steal_pointer(&template);
	}
	rig_fail(error, RIG_EXIT_INFRA, "cannot create a folder in '%s': %s", base,
		 g_strerror(errno));
	return NULL;
}

gboolean task_run(const char *dir, const char *batch, guint number, guint restart, gboolean kernel,
		  gboolean *ret_passed, GError **error)
{
	g_autofree char *name = g_strdup_printf("%s.%u.%u", batch, number, restart);
	json_t *task = read_task(dir, batch, number, error);
	auto_fd lock = -1;
	g_autofree char *scratch = task ? scratch_new(&lock, error) : NULL;
	g_autofree char *results = scratch ? g_build_filename(scratch, "results", NULL) : NULL;
	struct task_run run = {0};
	gboolean ok;

	ok = scratch && work(&run, task, results, error) &&
	     give_back(run.result, dir, name, results,
		       kernel && run.passed && run.kind == CHILD_BUILD, error);
	if (scratch)
		sweep_remove(scratch, NULL);
	json_decref(task);
	json_decref(run.result);
	*ret_passed = run.passed;
	return ok;
}
