// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds for nodes that share no folder with this host. A kernel that is in this host's cache is
 * copied to the nodes. Otherwise its source is packed here and copied to the nodes, and a job
 * builds the kernel on one of them. The node returns the kernel with the job's result; the kernel
 * is then added to this host's cache and copied to the other nodes. Runs that need it are submitted
 * only then, because nodes cannot fetch files from each other.
 */
#include <string.h>

#include "kernel/kernel.h"
#include "slurm/internal.h"
#include "util/error.h"
#include "util/paths.h"

gboolean builds_take(struct slurm *s, struct place_job *job)
{
	if (!s->carry || (job->kind != CHILD_BUILD && !job->after))
		return FALSE;
	g_ptr_array_add(job->kind == CHILD_BUILD ? s->builds : s->blocked, job);
	return TRUE;
}

static const char *text_of(const struct child_result *result, const char *key)
{
	return json_string_value(json_object_get(result->answer, key));
}

/* Copies the kernel in FOLDER, which RESULT describes, to the nodes. */
static gboolean send_kernel(struct slurm *s, const char *folder, const struct child_result *result,
			    GError **error)
{
	const char *hash = text_of(result, "hash"), *request = text_of(result, "request");
	struct part *part;

	if (!hash || !request)
		return rig_fail(error, RIG_EXIT_INFRA,
				"the result of a kernel build has no hash, so the kernel cannot "
				"be copied to the nodes: an older rig built it");
	part = part_folder(folder, error);
	if (!part)
		return FALSE;
	if (!strstr(s->kernels->str, request))
		g_string_append_printf(s->kernels, "%s%s=%s", s->kernels->len ? " " : "", request,
				       hash);
	carry_send(s, part);
	return TRUE;
}

/* Changes the verdict of RESULT to INFRA, with the message of ERROR, which is stolen. */
static void spoil(struct child_result *result, GError *error)
{
	result->verdict = VERDICT_INFRA;
	g_free(result->problem);
	result->problem = g_strdup(error->message);
	g_error_free(error);
}

/* ---- a build that is prepared on this host ---- */

/* Ends the current build: its kernel is on the nodes, or the build has failed. */
static void end(struct slurm *s)
{
	struct place_job *job = g_steal_pointer(&s->building);
	struct child_result result = s->built;
	gboolean passed = result.verdict == VERDICT_PASS;

	s->built = (struct child_result){0};
	/*
	 * if the build passed, release the runs before done(), in which the caller may ask for
	 * them; otherwise report the failure first, then the jobs that it prevents
	 */
	if (passed)
		slurm_release(s, job, TRUE);
	job->done(job, &result);
	if (!passed)
		slurm_release(s, job, FALSE);
	child_result_clear(&result);
}

/* Copies RESULT, of a child that has ended, to s->built. */
static void take_result(struct slurm *s, struct child *child, const struct child_result *result)
{
	child_result_clear(&s->built);
	s->built = *result;
	s->built.answer = json_incref(result->answer);
	s->built.run = g_strdup(result->run);
	s->built.problem = g_strdup(result->problem);
	s->build = NULL;
	child_free(child);
}

static void drop(struct slurm *s)
{
	struct place_job *job = g_steal_pointer(&s->building);

	slurm_release(s, job, FALSE);
	job->done(job, NULL);
}

static gboolean start_child(struct slurm *s, enum child_kind kind, char **words, child_done done)
{
	const struct child_command command = {
		kind, words, NULL, s->options.rig, s->building->limit_s,
	};
	GError *error = NULL;

	s->build = child_start(&command, done, s, &error);
	if (s->build)
		return TRUE;
	drop(s);
	slurm_fail(s, error);
	return FALSE;
}

/* Submits the build as a job. */
static void submit(struct slurm *s)
{
	child_result_clear(&s->built);
	if (s->held) {
		drop(s);
		return;
	}
	g_ptr_array_add(s->queue, g_steal_pointer(&s->building));
	s->queue_sorted = FALSE;
}

static void on_packed(struct child *child, const struct child_result *result, void *data)
{
	struct slurm *s = data;
	g_autofree char *name = NULL;
	GError *error = NULL;
	const char *folder;
	struct part *part;

	take_result(s, child, result);
	folder = text_of(&s->built, "folder");
	if (s->built.verdict != VERDICT_PASS || !folder) {
		end(s);
		return;
	}
	part = part_folder(folder, &error);
	if (!part) {
		spoil(&s->built, error);
		end(s);
		return;
	}
	name = g_path_get_basename(folder);
	g_string_append_printf(s->sources, "%s%s=%s", s->sources->len ? " " : "",
			       text_of(&s->built, "key"), name);
	carry_send(s, part);
	submit(s);
}

/* Packs the source of the current build, unless it is on the nodes already. */
static void pack(struct slurm *s)
{
	g_auto(GStrv) words = s->building->words(s->building, 1);
	g_autofree char *key = NULL;
	char **source = words;

	while (*source && strcmp(*source, "--source"))
		source++;
	key = source[0] && source[1] ? kernel_source_key(source[1]) : NULL;
	if (!key || strstr(s->sources->str, key))
		submit(s);
	else
		start_child(s, CHILD_OTHER,
			    (char *[]){(char *)"kernel", (char *)"export", (char *)"--json",
				       (char *)"--", source[1], NULL},
			    on_packed);
}

static void on_looked(struct child *child, const struct child_result *result, void *data)
{
	struct slurm *s = data;
	const char *image;

	take_result(s, child, result);
	image = text_of(&s->built, "image");
	if (s->built.verdict == VERDICT_PASS && image) {
		g_autofree char *folder = g_path_get_dirname(image);
		GError *error = NULL;

		if (send_kernel(s, folder, &s->built, &error))
			return; /* builds_next() ends the build when the nodes have the kernel */
		spoil(&s->built, error);
		end(s);
	} else if (s->built.exit_code == RIG_EXIT_USAGE || s->built.end == CHILD_STOPPED) {
		end(s);
	} else {
		/*
		 * no kernel was found, or this host cannot even look for it, for example without a
		 * compiler: a node may be able to build it
		 */
		pack(s);
	}
}

static void look(struct slurm *s, struct place_job *job)
{
	g_auto(GStrv) words = job->words(job, 1);
	g_autoptr(GStrvBuilder) all = g_strv_builder_new();
	g_auto(GStrv) with_cached = NULL;

	g_strv_builder_addv(all, (const char **)words);
	g_strv_builder_add(all, "--cached");
	with_cached = g_strv_builder_end(all);
	s->building = job;
	start_child(s, CHILD_BUILD, with_cached, on_looked);
}

void builds_next(struct slurm *s)
{
	if (s->building && !s->build && !carry_is_busy(s))
		end(s);
	if (!s->building && s->builds->len && !s->held)
		look(s, g_ptr_array_steal_index(s->builds, 0));
}

void builds_drop(struct slurm *s, guint grace_s)
{
	while (s->builds->len) {
		struct place_job *job = g_ptr_array_steal_index(s->builds, 0);

		job->done(job, NULL);
	}
	while (s->blocked->len) {
		struct place_job *job = g_ptr_array_steal_index(s->blocked, s->blocked->len - 1);

		job->done(job, NULL);
	}
	if (s->build && grace_s)
		child_stop(s->build, grace_s);
}

gboolean builds_are_idle(const struct slurm *s)
{
	return !s->building && !s->builds->len && !s->blocked->len;
}

/* ---- a build that a node has returned ---- */

static gboolean install(struct slurm *s, const char *dir, const struct child_result *result,
			GError **error)
{
	const char *hash = text_of(result, "hash");
	g_autofree char *returned = g_build_filename(dir, "kernel", NULL),
			*out = rig_cache_path("kernel/out"),
			*folder = g_build_filename(out, hash ? hash : "", NULL);

	return kernel_install(returned, hash ? hash : "", error) &&
	       send_kernel(s, folder, result, error);
}

gboolean builds_are_copied(struct task *task, const char *dir, struct child_result *result)
{
	struct slurm *s = task->batch->slurm;
	GError *error = NULL;

	if (!s->carry || task->batch->kind != CHILD_BUILD || result->verdict != VERDICT_PASS)
		return TRUE;
	if (!task->copying && !install(s, dir, result, &error)) {
		spoil(result, error);
		return TRUE;
	}
	task->copying = TRUE;
	return !carry_is_busy(s);
}
