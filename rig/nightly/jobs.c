// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts the runs and builds of a night as jobs of a place (this host or a cluster), and records
 * how they end.
 */
#include "nightly/run.h"
#include "scenario/scenario.h"

/*
 * The time limit of a run is the larger of two values: twice the duration of its load plus the
 * scenario's boot_s plus AROUND_S seconds (for the work after a hang, and slow hosts), and SLOWER
 * times its estimated duration.
 */
#define AROUND_S 900
#define SLOWER 3

/* ---- the end of a job ---- */

void night_fail(struct runner *r, GError *error)
{
	if (r->error)
		g_error_free(error);
	else
		r->error = error;
	r->stop = STOP_ALL;
	place_stop(r->place, NIGHT_GRACE_S);
}

void night_record(struct runner *r, json_t *line)
{
	GError *error = NULL;

	if (r->error) {
		json_decref(line);
		return;
	}
	if (!night_note(r->night, line, &error))
		night_fail(r, error);
}

static void note_build(struct runner *r, struct night_build *build,
		       const struct child_result *result)
{
	build->ended = result->end != CHILD_STOPPED;
	build->ok = result->verdict == VERDICT_PASS;
	build->cached = json_is_true(json_object_get(result->answer, "cached"));
	build->wall_s = result->wall_s;
	g_free(build->problem);
	g_free(build->name);
	build->problem = g_strdup(result->problem);
	build->name = g_strdup(json_string_value(json_object_get(result->answer, "name")));
	night_record(r,
		     json_pack("{s:s, s:s, s:s, s:s?, s:s*, s:b, s:b, s:s?, s:f, s:f}", "what",
			       "build", "tree", r->night->kernels[build->kernel].tree, "arch",
			       build->arch, "scenario", build->scenario, "optional",
			       build->optional, "ok", build->ok, "cached", build->cached,
			       "problem", build->problem, "wall_s", result->wall_s, "cpu_s",
			       result->cpu_s));
}

/*
 * Returns why there is no result: `problem` of RESULT, or else the first reason of its verdict.
 * Returns NULL if there is a result, or the reason is unknown. Borrowed.
 */
static char *problem_of(const struct child_result *result, enum run_outcome outcome)
{
	json_t *reasons = json_object_get(json_object_get(result->answer, "details"), "reasons");

	if (result->problem || outcome != OUTCOME_NONE)
		return (char *)result->problem;
	return (char *)json_string_value(json_array_get(reasons, 0));
}

static void note_cell(struct runner *r, struct night_cell *cell, guint number,
		      const struct child_result *result)
{
	struct attempt attempt = {
		.number = number,
		.verdict = result->verdict,
		.outcome = details_outcome(result->verdict,
					   json_object_get(result->answer, "details")),
		.run = result->run,
		.wall_s = result->wall_s,
		.cpu_s = result->cpu_s,
	};
	json_t *line;

	attempt.problem = problem_of(result, attempt.outcome);
	line = night_attempt_json(&attempt);
	json_object_set_new(line, "what", json_string("cell"));
	json_object_set_new(line, "cell", json_string(cell->key));
	night_record(r, line);
	g_clear_pointer(&cell->stopped, g_free);
	if (result->verdict != VERDICT_ABORTED)
		night_add_attempt(r->night, cell, &attempt);
	else
		cell->stopped = g_strdup(result->problem ? result->problem : "stopped");
}

static void update_statuses(struct night *night)
{
	for (guint i = 0; i < night->cells->len; i++)
		night_update_status(night, night->cells->pdata[i]);
}

void night_job_free(struct night_job *job)
{
	if (job->build)
		g_hash_table_remove(job->runner->builds, job->build);
	g_hash_table_remove(job->runner->jobs, job);
	g_free(job->key);
	g_free(job);
}

static void on_done(struct place_job *ended, const struct child_result *result)
{
	struct night_job *job = ended->data;
	struct runner *r = job->runner;
	struct night_cell *cell = job->cell;
	struct night_build *build = job->build;

	if (result) {
		r->night->children_s += MAX(result->cpu_s, 0);
		if (build)
			note_build(r, build, result);
		else
			note_cell(r, cell, job->attempt, result);
	}
	night_job_free(job);
	if (result && build)
		update_statuses(r->night);
	if (result && r->view->ended)
		r->view->ended(r->night, cell, build, r->view->data);
	if (result && cell && cell->status == CELL_WAITING && r->stop == STOP_NOT) {
		/* the cell of a cancelled job stays unfinished until the night is resumed */
		if (result->end == CHILD_STOPPED)
			r->night->unfinished = "jobs were cancelled";
		else
			night_add_cell(r, cell);
	}
	if (!g_hash_table_size(r->jobs))
		g_main_loop_quit(r->loop);
}

/* ---- starts of jobs ---- */

static guint or_default(guint value, guint otherwise)
{
	return value ? value : otherwise;
}

static guint limit_of(const struct night *night, const struct night_cell *cell)
{
	rig_auto(scenario) scenario = scenario_load(cell->scenario, NULL);
	guint duration_s = night->duration_s ? night->duration_s
			   : scenario	     ? scenario->duration_s
					     : 60;
	guint needed_s = 2 * duration_s + (scenario ? scenario->boot_s : 60) + AROUND_S;

	return or_default(night->options.run_limit_s,
			  MAX(needed_s, (guint)(SLOWER * cell->item.estimate_s)));
}

static guint next_attempt(const struct night_cell *cell)
{
	guint n = cell->attempts->len;

	return n ? g_array_index(cell->attempts, struct attempt, n - 1).number + 1 : 1;
}

static char **labels_of(const struct night *night, const struct night_cell *cell, guint attempt)
{
	char **labels = g_new0(char *, 5);

	labels[0] = g_strdup_printf("night=%s", night->id);
	labels[1] = g_strdup_printf("cell=%s", cell->key);
	labels[2] = g_strdup_printf("attempt=%u", attempt);
	labels[3] = g_strdup_printf("tree=%s", night->kernels[cell->kernel].tree);
	return labels;
}

static char **cell_words(const struct place_job *started, guint cores)
{
	const struct night_job *job = started->data;
	const struct night *night = job->runner->night;
	const struct night_cell *cell = job->cell;
	const struct night_kernel *kernel = &night->kernels[cell->kernel];
	g_autofree char *seed = g_strdup_printf("%" G_GUINT64_FORMAT, cell->seed);
	g_auto(GStrv) labels = labels_of(night, cell, job->attempt);
	g_autoptr(GPtrArray) extra = g_ptr_array_new();
	struct child_spec spec = {
		.scenario = cell->scenario,
		.machine = cell->machine,
		.kernel = kernel->source,
		.patches = (const char *const *)kernel->patches,
		.fragments = (const char *const *)kernel->fragments,
		.seed = seed,
		.duration_s = night->duration_s,
		.patience_s = night->patience_s,
		.labels = (const char *const *)labels,
	};

	(void)cores;
	for (char **word = night->extra; word && *word; word++)
		g_ptr_array_add(extra, *word);
	if (kernel->no_lockdep)
		g_ptr_array_add(extra, (gpointer) "--no-lockdep");
	g_ptr_array_add(extra, NULL);
	spec.extra = (const char *const *)extra->pdata;
	return child_run_words(&spec);
}

static char **build_words(const struct place_job *started, guint cores)
{
	const struct night_job *job = started->data;
	const struct night_kernel *kernel = &job->runner->night->kernels[job->build->kernel];
	const struct child_build_spec spec = {
		.source = kernel->source,
		.arch = job->build->arch,
		.scenario = job->build->scenario,
		.optional = job->build->optional,
		.patches = (const char *const *)kernel->patches,
		.fragments = (const char *const *)kernel->fragments,
		.no_lockdep = kernel->no_lockdep,
		.jobs = cores,
	};

	return child_build_words(&spec);
}

static struct night_job *job_new(struct runner *r, char *key)
{
	struct night_job *job = g_new0(struct night_job, 1);

	job->runner = r;
	job->key = key;
	job->job.key = key;
	job->job.data = job;
	job->job.done = on_done;
	g_hash_table_add(r->jobs, job);
	return job;
}

void night_add_cell(struct runner *r, struct night_cell *cell)
{
	struct night_build *build = cell->build;
	guint attempt = next_attempt(cell);
	struct night_job *job = job_new(r, g_strdup_printf("%s#%u", cell->key, attempt)), *before;

	job->cell = cell;
	job->attempt = attempt;
	job->job.kind = CHILD_RUN;
	job->job.label = cell->key;
	job->job.item = cell->item;
	job->job.rank = GPOINTER_TO_UINT(g_hash_table_lookup(r->ranks, cell));
	job->job.limit_s = limit_of(r->night, cell);
	job->job.words = cell_words;
	before = build ? g_hash_table_lookup(r->builds, build) : NULL;
	job->job.after = before ? &before->job : NULL;
	place_add(r->place, &job->job);
}

void night_add_build(struct runner *r, struct night_build *build)
{
	const char *tree = r->night->kernels[build->kernel].tree;
	g_autofree char *fragment = build->optional ? g_path_get_basename(build->optional) : NULL;
	const char *const words[] = {build->scenario, fragment};
	g_autoptr(GString) key = g_string_new(NULL);
	struct night_job *job;

	g_string_append_printf(key, "build %s %s", tree, build->arch);
	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		if (words[i])
			g_string_append_printf(key, " %s", words[i]);
	job = job_new(r, g_strdup(key->str));

	job->build = build;
	job->job.kind = CHILD_BUILD;
	job->job.label = job->key;
	job->job.limit_s = or_default(r->night->options.build_limit_s, CHILD_BUILD_LIMIT_S);
	job->job.words = build_words;
	g_hash_table_insert(r->builds, build, job);
	place_add(r->place, &job->job);
}
