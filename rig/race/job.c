// SPDX-License-Identifier: GPL-2.0-only
/* Submits the runs and builds that searches and walks need, as jobs, to this host or a cluster. */
#include "race/internal.h"

#include "util/clock.h"
#include "util/error.h"

#define LABEL "race="

gboolean race_open_place(const struct race_options *o, place_failed failed, void *data,
			 struct place **ret, GError **error)
{
	g_autofree char *record = g_build_filename(o->dir, "place", NULL),
			*name = g_path_get_basename(o->dir);
	struct place *place = o->place ? o->place : place_here_unlimited(o->results, o->rig);

	place->failed = failed;
	place->failed_data = data;
	*ret = place;
	return place_open(place, record, name, error);
}

void race_close_place(const struct race_options *o, struct place **place)
{
	if (!o->place)
		place_free(*place);
	*place = NULL;
}

/* ---- runs and builds as jobs ---- */

void race_job_clear(struct race_job *job)
{
	g_clear_pointer(&job->words, g_strfreev);
	g_clear_pointer(&job->key, g_free);
}

static char **words_of(const struct place_job *started, guint cores)
{
	const struct race_job *job =
		(const struct race_job *)((const char *)started - offsetof(struct race_job, job));

	(void)cores;
	return g_strdupv(job->words);
}

/* Adds JOB, with the command line WORDS (stolen), to PLACE, which executes it. */
static void add_job(struct race_job *job, struct place *place, const struct race_options *o,
		    enum child_kind kind, char **words, race_done done, void *data)
{
	static guint n;

	job->words = words;
	/*
	 * make a new key for each job, because the place returns a stored result if an earlier
	 * process has used the same key
	 */
	job->key = g_strdup_printf("%" G_GINT64_FORMAT " %u", rig_now_ns(), ++n);
	job->job = (struct place_job){
		.kind = kind,
		.key = job->key,
		.label = job->key,
		.item = {.need = o->need},
		.limit_s = kind == CHILD_BUILD ? CHILD_BUILD_LIMIT_S
					       : CHILD_RUN_LIMIT_S + o->duration_s,
		.words = words_of,
		.done = done,
		.data = data,
	};
	place_add(place, &job->job);
}

void race_job_build(struct race_job *job, struct place *place, const struct race_options *o,
		    race_done done, void *data)
{
	const struct child_build_spec spec = {
		.source = o->source,
		.arch = o->arch,
		.scenario = o->scenario,
		.patches = o->patches,
		.fragments = o->fragments,
		.no_lockdep = o->no_lockdep,
	};

	add_job(job, place, o, CHILD_BUILD, child_build_words(&spec), done, data);
}

gboolean race_was_built(const struct child_result *result, GError **error)
{
	if (!result || result->verdict == VERDICT_PASS || result->end == CHILD_STOPPED)
		return result && result->verdict == VERDICT_PASS;
	return rig_fail(error,
			result->exit_code == RIG_EXIT_USAGE ? RIG_EXIT_USAGE
			: result->verdict == VERDICT_SKIP   ? RIG_EXIT_SKIP
							    : RIG_EXIT_INFRA,
			"%s", result->problem ? result->problem : "the kernel was not built");
}

void race_job_run(struct race_job *job, struct place *place, const struct race_options *o,
		  const struct race_run *run, race_done done, void *data)
{
	g_autofree char *name = g_path_get_basename(o->dir),
			*label = g_strconcat(LABEL, name, NULL),
			*cpus = g_strdup_printf("%u", o->cpus);
	const char *labels[] = {label, NULL};
	g_autoptr(GPtrArray) extra = g_ptr_array_new();
	struct child_spec spec = {
		.scenario = o->scenario,
		.machine = o->machine,
		.kernel = o->kernel,
		.patches = o->patches,
		.fragments = o->fragments,
		.duration_s = run->duration_s,
		.patience_s = run->patience_s,
		.labels = labels,
	};

	/* save no memory image, so that a run that hung ends sooner */
	g_ptr_array_add(extra, (gpointer) "--memory-image");
	g_ptr_array_add(extra, (gpointer) "0");
	if (o->drop_holds) {
		g_ptr_array_add(extra, (gpointer) "--without");
		g_ptr_array_add(extra, (gpointer) "holds");
	}
	if (o->cpus) {
		g_ptr_array_add(extra, (gpointer) "--cpus");
		g_ptr_array_add(extra, cpus);
	}
	if (o->no_lockdep)
		g_ptr_array_add(extra, (gpointer) "--no-lockdep");
	if (o->emulator) {
		g_ptr_array_add(extra, (gpointer) "--qemu");
		g_ptr_array_add(extra, (gpointer)o->emulator);
	}
	for (guint i = 0; i < run->extra->len; i++)
		g_ptr_array_add(extra, run->extra->pdata[i]);
	g_ptr_array_add(extra, NULL);
	spec.extra = (const char *const *)extra->pdata;
	add_job(job, place, o, CHILD_RUN, child_run_words(&spec), done, data);
}
