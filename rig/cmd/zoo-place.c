// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs zoo entries on a place: each run of an entry is a job, `rig zoo run ENTRY`, which waits for
 * the build of the entry's kernel.
 */
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/where.h"
#include "cmd/zoo.h"
#include "machine/machine.h"
#include "place/place.h"
#include "scenario/scenario.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/sweep.h"
#include "util/term.h"

#define STOP_GRACE_S 30

struct zoo_work {
	struct place *place;
	const struct zoo_want *want;
	char *const *parts;
	const char *results;
	zoo_ended ended;
	void *data;
	GMainLoop *loop;
	guint left, n;
	gboolean failed;
	int code;
};

/* A run of an entry, or the build of its kernel. */
struct zoo_job {
	struct place_job job;
	struct zoo_work *work;
	const struct zoo_entry *entry; /* borrowed from the caller */
	const struct machine *machine;
	const char *without; /* the part of the scenario that is left out, or NULL */
	char *key;
};

static void job_free(void *data)
{
	struct zoo_job *job = data;

	g_free(job->key);
	g_free(job);
}

/* ---- command lines of the jobs ---- */

static void add(GStrvBuilder *words, const char *option, const char *value)
{
	if (value)
		g_strv_builder_add_many(words, option, value, NULL);
}

static char **run_words(const struct place_job *started, guint cores)
{
	const struct zoo_job *job = started->data;
	const struct zoo_want *want = job->work->want;
	g_autofree char *duration = want->duration ? g_strdup_printf("%d", want->duration) : NULL;
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();

	(void)cores;
	g_strv_builder_add_many(words, "zoo", "run", job->entry->id, "--json", NULL);
	add(words, "--machine", job->machine->name);
	add(words, "--kernel", want->kernel);
	add(words, "--seed", want->seed);
	add(words, "--duration", duration);
	add(words, "--launcher", want->launcher);
	add(words, "--connect", want->uri);
	add(words, "--qemu", want->emulator);
	add(words, "--without", job->without);
	if (want->clean)
		g_strv_builder_add(words, "--clean");
	if (want->dice)
		g_strv_builder_add(words, "--dice");
	return g_strv_builder_end(words);
}

static char **build_words(const struct place_job *started, guint cores)
{
	const struct zoo_job *job = started->data;
	const struct zoo_want *want = job->work->want;
	g_auto(GStrv) patches = NULL;
	g_auto(GStrv) fragments = NULL;
	g_autofree char *scenario = zoo_scenario(job->entry);
	struct child_build_spec spec = {
		.source = want->kernel ? want->kernel : zoo_kernel(job->entry),
		.arch = job->machine->arch,
		.scenario = scenario,
		.jobs = cores,
	};

	/*
	 * there is no error here, because an entry without patches for this kernel was rejected
	 * before
	 */
	if (zoo_patches(job->entry, want->kernel, want->clean, &patches, &fragments, NULL)) {
		spec.patches = (const char *const *)patches;
		spec.fragments = (const char *const *)fragments;
	}
	return child_build_words(&spec);
}

/* ---- ends of jobs ---- */

static void complain(struct zoo_work *work, const struct zoo_entry *entry,
		     const struct child_result *result)
{
	int code = result && result->verdict == VERDICT_SKIP ? RIG_EXIT_SKIP : RIG_EXIT_INFRA;

	if (!result && work->failed)
		return;
	fprintf(stderr, "rig: %s: %s\n", entry->id,
		!result		  ? "not run"
		: result->problem ? result->problem
				  : "no result");
	/* an entry that cannot run here (SKIP) must not hide the exit code of another error */
	work->code = code == RIG_EXIT_SKIP && work->code ? work->code : code;
}

static void end(struct zoo_work *work)
{
	if (!--work->left)
		g_main_loop_quit(work->loop);
}

static void on_built(struct place_job *ended, const struct child_result *result)
{
	struct zoo_job *job = ended->data;

	if (!result || result->verdict != VERDICT_PASS)
		complain(job->work, job->entry, result);
	end(job->work);
}

static void on_ran(struct place_job *ended, const struct child_result *result)
{
	struct zoo_job *job = ended->data;
	struct zoo_work *work = job->work;
	json_t *first = result ? json_array_get(result->answer, 0) : NULL;
	const char *run = json_string_value(json_object_get(first, "run"));
	g_autofree char *name = run ? g_path_get_basename(run) : NULL;
	rig_auto(run_info) info = name ? run_open(work->results, name, NULL) : NULL;

	term_status(NULL);
	if (info)
		work->ended(job->entry, info, work->data);
	else if (result)
		complain(work, job->entry, result);
	end(work);
}

/* ---- adding the jobs ---- */

static struct zoo_job *job_new(struct zoo_work *work, const struct zoo_entry *entry,
			       const struct machine *machine, enum child_kind kind)
{
	struct zoo_job *job = g_new0(struct zoo_job, 1);

	job->work = work;
	job->entry = entry;
	job->machine = machine;
	job->key = kind == CHILD_BUILD ? g_strdup_printf("build %s", entry->id)
				       : g_strdup_printf("%s#%u", entry->id, work->n);
	job->job = (struct place_job){
		.kind = kind,
		.key = job->key,
		.label = job->key,
		.rank = work->n++,
		.limit_s = kind == CHILD_BUILD ? CHILD_BUILD_LIMIT_S : CHILD_RUN_LIMIT_S,
		.words = kind == CHILD_BUILD ? build_words : run_words,
		.done = kind == CHILD_BUILD ? on_built : on_ran,
		.data = job,
	};
	work->left++;
	return job;
}

/*
 * Adds jobs that run the scenario without the part WITHOUT (an agent or a step), or completely if
 * WITHOUT is NULL. They wait for the job BUILD.
 */
static void add_runs(struct zoo_job *build, const struct scenario *scenario, const char *without,
		     GPtrArray *jobs)
{
	struct zoo_work *work = build->work;

	for (int n = 0; n < MAX(work->want->repeat, 1); n++) {
		struct zoo_job *job = job_new(work, build->entry, build->machine, CHILD_OTHER);

		job->without = without;
		job->job.after = &build->job;
		job->job.limit_s += scenario->duration_s;
		job->job.item.estimate_s = scenario->duration_s;
		job->job.item.need = (struct pack_room){
			.quarters = PACK_QUARTERS * scenario->cpus,
			.memory = MAX(scenario->max_memory, job->machine->min_memory) +
				  PLACE_RUN_MEMORY,
		};
		g_ptr_array_add(jobs, job);
	}
}

static gboolean add_entry(struct zoo_work *work, const struct zoo_entry *entry, GPtrArray *jobs,
			  GError **error)
{
	const char *name = zoo_machine(entry, work->want, error);
	const struct machine *machine = name ? machine_find(name, error) : NULL;
	g_autofree char *file = zoo_scenario(entry);
	rig_auto(scenario) scenario = machine ? scenario_load(file, error) : NULL;
	g_auto(GStrv) patches = NULL;
	g_auto(GStrv) fragments = NULL;
	struct zoo_job *build;

	if (!scenario ||
	    !zoo_patches(entry, work->want->kernel, work->want->clean, &patches, &fragments, error))
		return FALSE;
	build = job_new(work, entry, machine, CHILD_BUILD);
	g_ptr_array_add(jobs, build);
	add_runs(build, scenario, work->want->without, jobs);
	for (char *const *part = work->parts; part && *part; part++)
		add_runs(build, scenario, *part, jobs);
	return TRUE;
}

/* ---- the main loop ---- */

static void on_place_failed(GError *error, void *data)
{
	struct zoo_work *work = data;

	work->failed = TRUE;
	work->code = rig_report_error(error);
	g_error_free(error);
	place_stop(work->place, STOP_GRACE_S);
}

static gboolean on_signal(void *data)
{
	struct zoo_work *work = data;

	work->failed = TRUE;
	work->code = RIG_EXIT_INFRA;
	place_stop(work->place, STOP_GRACE_S);
	return G_SOURCE_CONTINUE;
}

static gboolean on_tick(void *data)
{
	struct zoo_work *work = data;
	g_autofree char *line = place_progress(work->place);

	if (term_is_live() && !work->want->json)
		term_status(line);
	return G_SOURCE_CONTINUE;
}

static void loop(struct zoo_work *work, GPtrArray *jobs)
{
	const guint sources[] = {
		g_unix_signal_add(SIGINT, on_signal, work),
		g_unix_signal_add(SIGTERM, on_signal, work),
		g_timeout_add_seconds(1, on_tick, work),
	};

	for (guint i = 0; i < jobs->len; i++)
		place_add(work->place, &((struct zoo_job *)jobs->pdata[i])->job);
	if (work->left)
		g_main_loop_run(work->loop);
	for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
		g_source_remove(sources[i]);
}

/*
 * Runs the jobs of ENTRIES on work->place, which stores the record of its jobs in the folder
 * RECORD.
 */
static int run_all_jobs(struct zoo_work *work, GPtrArray *entries, const char *record)
{
	g_autoptr(GPtrArray) jobs = g_ptr_array_new_with_free_func(job_free);

	work->loop = g_main_loop_new(NULL, FALSE);
	for (guint i = 0; i < entries->len; i++) {
		g_autoptr(GError) error = NULL;

		if (!add_entry(work, entries->pdata[i], jobs, &error))
			work->code = rig_report_error(error);
	}
	loop(work, jobs);
	g_main_loop_unref(work->loop);
	if (g_file_test(record, G_FILE_TEST_EXISTS))
		sweep_remove(record, NULL);
	return work->code;
}

int zoo_run_at_place(GPtrArray *entries, const struct zoo_want *want, char *const *parts,
		     zoo_ended ended, void *data)
{
	g_autofree char *folder = want->results ? g_strdup(want->results) : run_default_results(),
			*results = g_canonicalize_filename(folder, NULL);
	const struct place_options here = {.results = results, .rig = g_getenv("RIG_PROGRAM")};
	g_autofree char *now = rig_utc_now(TRUE), *name = g_strconcat("zoo-", now, NULL);
	g_autofree char *record = g_strdup_printf("%s/.%s", results, name);
	g_autoptr(GError) error = NULL;
	rig_auto(place) place = NULL;
	struct zoo_work work = {
		.want = want, .parts = parts, .results = results, .ended = ended, .data = data};

	if (!where_place(&here, NULL, &place, &error))
		return rig_report_error(error);
	if (!place)
		place = place_here(&here);
	place->failed = on_place_failed;
	place->failed_data = &work;
	work.place = place;
	if (!place_open(place, record, name, &error))
		return rig_report_error(error);
	return run_all_jobs(&work, entries, record);
}
