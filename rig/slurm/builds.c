// SPDX-License-Identifier: GPL-2.0-only
/*
 * Builds for nodes that share no folder with this host. The sources are on this host, so kernels
 * are built here, one at a time, and copied to the nodes. Runs that need a kernel wait here until
 * then.
 */
#include <string.h>

#include "slurm/internal.h"
#include "util/error.h"

gboolean builds_take(struct slurm *s, struct place_job *job)
{
	if (!s->carry || (job->kind != CHILD_BUILD && !job->after))
		return FALSE;
	g_ptr_array_add(job->kind == CHILD_BUILD ? s->builds : s->blocked, job);
	return TRUE;
}

/*
 * Handles the jobs that wait for JOB: if it passed, they go into the queue, otherwise they are
 * dropped.
 */
static void release(struct slurm *s, const struct place_job *job, gboolean passed)
{
	for (guint i = 0; i < s->blocked->len;) {
		struct place_job *other = s->blocked->pdata[i];

		if (other->after != job) {
			i++;
			continue;
		}
		g_ptr_array_remove_index(s->blocked, i);
		other->after = NULL;
		if (passed) {
			g_ptr_array_add(s->queue, other);
			s->queue_sorted = FALSE;
		} else {
			other->done(other, NULL);
		}
	}
}

/* Ends the current build: its kernel is on the nodes, or it has failed. */
static void end(struct slurm *s)
{
	struct place_job *job = g_steal_pointer(&s->building);
	struct child_result result = s->built;
	gboolean passed = result.verdict == VERDICT_PASS;

	s->built = (struct child_result){0};
	/*
	 * call release() before done() if it passed, because the caller may ask for the waiting
	 * jobs; otherwise report the failure before the jobs that it prevents
	 */
	if (passed)
		release(s, job, TRUE);
	job->done(job, &result);
	if (!passed)
		release(s, job, FALSE);
	child_result_clear(&result);
}

static const char *text_of(const struct child_result *result, const char *key)
{
	return json_string_value(json_object_get(result->answer, key));
}

/*
 * Packs the kernel that was built, to copy it to the nodes. FALSE: it cannot be packed, which
 * becomes the result of the build.
 */
static gboolean carry_kernel(struct slurm *s)
{
	const char *image = text_of(&s->built, "image"), *hash = text_of(&s->built, "hash"),
		   *request = text_of(&s->built, "request");
	g_autofree char *folder = image ? g_path_get_dirname(image) : NULL;
	g_autoptr(GError) error = NULL;
	struct part *part = folder && hash && request ? part_kernel(folder, &error) : NULL;

	if (!part) {
		s->built.verdict = VERDICT_INFRA;
		g_free(s->built.problem);
		s->built.problem = g_strdup(error ? error->message : "the build cannot be "
								     "identified on another "
								     "host: it has no key");
		return FALSE;
	}
	g_string_append_printf(s->kernels, "%s%s=%s", s->kernels->len ? " " : "", request, hash);
	carry_send(s, part);
	return TRUE;
}

static void on_built(struct child *child, const struct child_result *result, void *data)
{
	struct slurm *s = data;

	s->built = *result;
	s->built.answer = json_incref(result->answer);
	s->built.run = g_strdup(result->run);
	s->built.problem = g_strdup(result->problem);
	s->build = NULL;
	child_free(child);
	if (result->verdict != VERDICT_PASS || !carry_kernel(s))
		end(s);
}

static void start(struct slurm *s, struct place_job *job)
{
	g_auto(GStrv) words = job->words(job, g_get_num_processors());
	const struct child_command command = {
		CHILD_BUILD, words, NULL, s->options.rig, job->limit_s,
	};
	GError *error = NULL;

	s->building = job;
	s->build = child_start(&command, on_built, s, &error);
	if (s->build)
		return;
	s->building = NULL;
	release(s, job, FALSE);
	job->done(job, NULL);
	slurm_fail(s, error);
}

void builds_next(struct slurm *s)
{
	if (s->building && !s->build && !carry_is_busy(s))
		end(s);
	if (!s->building && s->builds->len && !s->held)
		start(s, g_ptr_array_steal_index(s->builds, 0));
}

void builds_drop(struct slurm *s, guint grace_s)
{
	while (s->builds->len) {
		struct place_job *job = g_ptr_array_steal_index(s->builds, 0);

		release(s, job, FALSE);
		job->done(job, NULL);
	}
	if (s->building)
		release(s, s->building, FALSE);
	if (s->build && grace_s)
		child_stop(s->build, grace_s);
}

gboolean builds_are_idle(const struct slurm *s)
{
	return !s->building && !s->builds->len && !s->blocked->len;
}
