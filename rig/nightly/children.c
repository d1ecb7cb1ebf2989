// SPDX-License-Identifier: GPL-2.0-only
/* Starts the children of a night, and records how they end. */
#include "nightly/run.h"
#include "scenario/scenario.h"

/* Added to a run's limit for post-mortem and a slow host. */
#define AROUND_S 900

/* ---- the end of a child ---- */

static struct night_child *night_child_new(struct runner *r, struct night_cell *cell,
					   struct night_build *build, struct pack_room need)
{
	struct night_child *child = g_new0(struct night_child, 1);

	child->runner = r;
	child->cell = cell;
	child->build = build;
	child->need = need;
	r->free.quarters -= need.quarters;
	r->free.memory -= need.memory;
	g_ptr_array_add(r->running, child);
	return child;
}

static void night_child_free(struct night_child *child)
{
	struct runner *r = child->runner;

	g_ptr_array_remove_fast(r->running, child);
	r->free.quarters += child->need.quarters;
	r->free.memory += child->need.memory;
	child_free(child->rig);
	g_free(child);
}

void night_record(struct runner *r, json_t *line)
{
	if (r->error) {
		json_decref(line);
		return;
	}
	if (!night_note(r->night, line, &r->error))
		r->stop = STOP_ALL;
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
		     json_pack("{s:s, s:s, s:s, s:b, s:b, s:s?, s:f, s:f}", "what", "build", "tree",
			       r->night->kernels[build->kernel].tree, "arch", build->arch, "ok",
			       build->ok, "cached", build->cached, "problem", build->problem,
			       "wall_s", result->wall_s, "cpu_s", result->cpu_s));
}

/* Why there is no result: the problem of the child, or the first reason of its verdict. */
static char *problem_of(const struct child_result *result, enum run_outcome outcome)
{
	json_t *reasons = json_object_get(json_object_get(result->answer, "details"), "reasons");

	if (result->problem || outcome != OUTCOME_NONE)
		return (char *)result->problem;
	return (char *)json_string_value(json_array_get(reasons, 0));
}

static void note_cell(struct runner *r, struct night_child *child,
		      const struct child_result *result)
{
	struct attempt attempt = {
		.number = child->attempt,
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
	json_object_set_new(line, "cell", json_string(child->cell->key));
	night_record(r, line);
	if (result->verdict != VERDICT_ABORTED)
		night_add_attempt(r->night, child->cell, &attempt);
}

static void on_done(struct child *rig, const struct child_result *result, void *data)
{
	struct night_child *child = data;
	struct runner *r = child->runner;
	struct night_cell *cell = child->cell;
	struct night_build *build = child->build;

	(void)rig;
	r->night->children_s += result->cpu_s;
	if (build)
		note_build(r, build, result);
	else
		note_cell(r, child, result);
	night_child_free(child);
	for (guint i = 0; i < r->night->cells->len && build; i++)
		night_settle(r->night, r->night->cells->pdata[i]);
	if (r->view->ended)
		r->view->ended(r->night, cell, build, r->view->data);
	r->changed(r);
}

/* ---- starting ---- */

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

	return or_default(night->options.run_limit_s,
			  2 * duration_s + (scenario ? scenario->boot_s : 60) + AROUND_S);
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

void night_start_cell(struct runner *r, struct night_cell *cell)
{
	const struct night *night = r->night;
	const struct night_kernel *kernel = &night->kernels[cell->kernel];
	struct night_child *child = night_child_new(r, cell, NULL, cell->item.need);
	g_autofree char *seed = g_strdup_printf("%" G_GUINT64_FORMAT, cell->seed);
	g_auto(GStrv) labels = NULL;
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
		.results = night->results,
		.rig = night->options.rig,
		.limit_s = limit_of(night, cell),
	};

	for (char **word = night->extra; word && *word; word++)
		g_ptr_array_add(extra, *word);
	if (kernel->no_lockdep)
		g_ptr_array_add(extra, (gpointer) "--no-lockdep");
	g_ptr_array_add(extra, NULL);
	child->attempt = next_attempt(cell);
	labels = labels_of(night, cell, child->attempt);
	spec.labels = (const char *const *)labels;
	spec.extra = (const char *const *)extra->pdata;
	child->rig = child_run(&spec, on_done, child, &r->error);
	if (child->rig)
		return;
	r->stop = STOP_ALL;
	night_child_free(child);
}

void night_start_build(struct runner *r, struct night_build *build, guint quarters)
{
	const struct night_kernel *kernel = &r->night->kernels[build->kernel];
	struct night_child *child =
		night_child_new(r, NULL, build, (struct pack_room){.quarters = quarters});
	const struct child_build_spec spec = {
		.source = kernel->source,
		.arch = build->arch,
		.patches = (const char *const *)kernel->patches,
		.fragments = (const char *const *)kernel->fragments,
		.no_lockdep = kernel->no_lockdep,
		.jobs = MAX(1, quarters / PACK_QUARTERS),
		.rig = r->night->options.rig,
		.limit_s = or_default(r->night->options.build_limit_s, CHILD_BUILD_LIMIT_S),
	};

	child->rig = child_build(&spec, on_done, child, &r->error);
	if (child->rig)
		return;
	r->stop = STOP_ALL;
	night_child_free(child);
}
