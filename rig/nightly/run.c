// SPDX-License-Identifier: GPL-2.0-only
/* Running a night: children that start when there is room, end in any order, and are noted at once. */
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "cell/cell.h"
#include "machine/machine.h"
#include "nightly/internal.h"
#include "scenario/scenario.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/rng.h"

#define GRACE_S 30
#define AROUND_S 900 /* boot, post-mortem and a slow host: the run watches itself, this is for one that cannot */

enum stop { STOP_NOT, STOP_STARTING, STOP_ALL };

struct runner {
	struct night *night;
	const struct night_view *view;
	GMainLoop *loop;
	GPtrArray *order;   /* all cells, in the order in which they should start */
	GPtrArray *running; /* struct job */
	struct pack_room free;
	enum stop stop;
	gint64 began_ns;
	GError *error;
	guint signals;
};

/* One child. */
struct job {
	struct runner *runner;
	struct cell *child;
	struct night_cell *cell; /* or NULL: a build */
	struct night_build *build;
	struct pack_room need;
	guint attempt;
};

static void schedule(struct runner *r);

static double elapsed_s(const struct runner *r)
{
	return (rig_now_ns() - r->began_ns) / 1e9;
}

/* ---- the order ---- */

static int longest_first(gconstpointer a, gconstpointer b)
{
	const struct night_cell *x = *(struct night_cell *const *)a, *y = *(struct night_cell *const *)b;

	if (x->item.estimate_s != y->item.estimate_s)
		return x->item.estimate_s < y->item.estimate_s ? 1 : -1;
	return strcmp(x->key, y->key);
}

static void shuffle(GPtrArray *cells, guint64 seed)
{
	struct rng rng = rng_stream(seed, "shuffle");

	for (guint i = cells->len; i > 1; i--) {
		guint k = rng_between(&rng, 0, i - 1);
		gpointer swap = cells->pdata[k];

		cells->pdata[k] = cells->pdata[i - 1];
		cells->pdata[i - 1] = swap;
	}
}

static GPtrArray *order_of(const struct night *night)
{
	GPtrArray *order = g_ptr_array_new();

	for (guint i = 0; i < night->cells->len; i++)
		g_ptr_array_add(order, night->cells->pdata[i]);
	if (night->options.shuffle)
		shuffle(order, night->options.seed);
	else
		g_ptr_array_sort(order, longest_first);
	return order;
}

/* ---- the end of a child ---- */

static struct job *job_new(struct runner *r, struct night_cell *cell, struct night_build *build, struct pack_room need)
{
	struct job *job = g_new0(struct job, 1);

	job->runner = r;
	job->cell = cell;
	job->build = build;
	job->need = need;
	r->free.quarters -= need.quarters;
	r->free.memory -= need.memory;
	g_ptr_array_add(r->running, job);
	return job;
}

static void job_free(struct job *job)
{
	struct runner *r = job->runner;

	g_ptr_array_remove_fast(r->running, job);
	r->free.quarters += job->need.quarters;
	r->free.memory += job->need.memory;
	cell_free(job->child);
	g_free(job);
}

static void note(struct runner *r, json_t *line)
{
	if (r->error) {
		json_decref(line);
		return;
	}
	if (!night_note(r->night, line, &r->error))
		r->stop = STOP_ALL;
}

static void note_build(struct runner *r, struct night_build *build, const struct cell_result *result)
{
	build->ended = !result->stopped;
	build->ok = result->verdict == VERDICT_PASS;
	build->cached = json_is_true(json_object_get(result->answer, "cached"));
	build->wall_s = result->wall_s;
	g_free(build->problem);
	g_free(build->name);
	build->problem = g_strdup(result->problem);
	build->name = g_strdup(json_string_value(json_object_get(result->answer, "name")));
	note(r, json_pack("{s:s, s:s, s:s, s:b, s:b, s:s?, s:f, s:f}", "what", "build", "tree",
			  r->night->kernels[build->kernel].tree, "arch", build->arch, "ok", build->ok, "cached",
			  build->cached, "problem", build->problem, "wall_s", result->wall_s, "cpu_s", result->cpu_s));
}

static void note_cell(struct runner *r, struct job *job, const struct cell_result *result)
{
	struct attempt attempt = {
		.number = job->attempt,
		.verdict = result->verdict,
		.outcome = index_outcome(result->verdict, json_object_get(result->answer, "details")),
		.run = result->run,
		.problem = result->problem,
		.wall_s = result->wall_s,
		.cpu_s = result->cpu_s,
	};
	json_t *line = night_attempt_json(&attempt);

	json_object_set_new(line, "what", json_string("cell"));
	json_object_set_new(line, "cell", json_string(job->cell->key));
	note(r, line);
	if (result->verdict != VERDICT_ABORTED)
		night_add_attempt(r->night, job->cell, &attempt);
}

static void on_done(struct cell *child, const struct cell_result *result, void *data)
{
	struct job *job = data;
	struct runner *r = job->runner;
	struct night_cell *cell = job->cell;
	struct night_build *build = job->build;

	(void)child;
	r->night->children_s += result->cpu_s;
	if (build)
		note_build(r, build, result);
	else
		note_cell(r, job, result);
	job_free(job);
	for (guint i = 0; i < r->night->cells->len && build; i++)
		night_settle(r->night, r->night->cells->pdata[i]);
	if (r->view->ended)
		r->view->ended(r->night, cell, build, r->view->data);
	schedule(r);
}

/* ---- starting ---- */

static guint limit_of(const struct night *night, const struct night_cell *cell)
{
	rig_auto(scenario) scenario = scenario_load(cell->scenario, NULL);
	guint duration_s = night->duration_s ? night->duration_s : scenario ? scenario->duration_s : 60;

	return 2 * duration_s + (scenario ? scenario->boot_s : 60) + AROUND_S;
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

static void start_cell(struct runner *r, struct night_cell *cell)
{
	const struct night *night = r->night;
	const struct night_kernel *kernel = &night->kernels[cell->kernel];
	struct job *job = job_new(r, cell, NULL, cell->item.need);
	g_autofree char *seed = g_strdup_printf("%" G_GUINT64_FORMAT, cell->seed);
	g_auto(GStrv) labels = NULL;
	g_autoptr(GPtrArray) extra = g_ptr_array_new();
	struct cell_spec spec = {
		.scenario = cell->scenario, .machine = cell->machine, .kernel = kernel->source,
		.patches = (const char *const *)kernel->patches, .fragments = (const char *const *)kernel->fragments,
		.seed = seed, .duration_s = night->duration_s, .patience_s = night->patience_s,
		.results = night->results, .rig = night->options.rig, .limit_s = limit_of(night, cell),
	};

	for (char **word = night->extra; word && *word; word++)
		g_ptr_array_add(extra, *word);
	if (kernel->no_lockdep)
		g_ptr_array_add(extra, (gpointer)"--no-lockdep");
	g_ptr_array_add(extra, NULL);
	job->attempt = next_attempt(cell);
	labels = labels_of(night, cell, job->attempt);
	spec.labels = (const char *const *)labels;
	spec.extra = (const char *const *)extra->pdata;
	job->child = cell_run(&spec, on_done, job, &r->error);
	if (job->child)
		return;
	r->stop = STOP_ALL;
	job_free(job);
}

static void start_build(struct runner *r, struct night_build *build, guint quarters)
{
	const struct night_kernel *kernel = &r->night->kernels[build->kernel];
	struct job *job = job_new(r, NULL, build, (struct pack_room){.quarters = quarters});
	const struct cell_build_spec spec = {
		.source = kernel->source, .arch = build->arch, .patches = (const char *const *)kernel->patches,
		.fragments = (const char *const *)kernel->fragments, .no_lockdep = kernel->no_lockdep,
		.jobs = MAX(1, quarters / PACK_QUARTERS), .rig = r->night->options.rig,
	};

	job->child = cell_build(&spec, on_done, job, &r->error);
	if (job->child)
		return;
	r->stop = STOP_ALL;
	job_free(job);
}

static gboolean is_running(const struct runner *r, const struct night_cell *cell, const struct night_build *build)
{
	for (guint i = 0; i < r->running->len; i++) {
		const struct job *job = r->running->pdata[i];

		if ((cell && job->cell == cell) || (build && job->build == build))
			return TRUE;
	}
	return FALSE;
}

/* Cells that may start now but for room: the kernel is there, no child of theirs is running. */
static GPtrArray *ready_cells(const struct runner *r)
{
	GPtrArray *ready = g_ptr_array_new();

	for (guint i = 0; i < r->order->len; i++) {
		struct night_cell *cell = r->order->pdata[i];
		const struct night_build *build = night_build_of(r->night, cell);

		if (cell->status == CELL_WAITING && (!build || build->ok) && !is_running(r, cell, NULL))
			g_ptr_array_add(ready, cell);
	}
	return ready;
}

/* Is there a cell that waits for it? */
static gboolean is_wanted(const struct runner *r, const struct night_build *build)
{
	for (guint i = 0; i < r->order->len; i++) {
		const struct night_cell *cell = r->order->pdata[i];

		if (cell->status == CELL_WAITING && night_build_of(r->night, cell) == build)
			return TRUE;
	}
	return FALSE;
}

static guint building(const struct runner *r)
{
	guint n = 0;

	for (guint i = 0; i < r->running->len; i++)
		n += ((struct job *)r->running->pdata[i])->build != NULL;
	return n;
}

/*
 * One build at a time, as early as can be: the whole host where no guest could share it, else half of it. True: guests
 * have to wait for it.
 */
static gboolean start_next_build(struct runner *r, const GPtrArray *ready)
{
	guint most = 0, quarters = r->night->host.quarters;

	for (guint i = 0; i < ready->len; i++)
		most = MAX(most, ((struct night_cell *)ready->pdata[i])->item.need.quarters);
	if (ready->len && quarters / 2 >= MAX(most, PACK_QUARTERS))
		quarters /= 2;
	for (guint i = 0; i < r->night->builds->len && !building(r); i++) {
		struct night_build *build = r->night->builds->pdata[i];

		if (build->ended || !is_wanted(r, build))
			continue;
		if (r->free.quarters < quarters)
			return TRUE;
		start_build(r, build, quarters);
		return FALSE;
	}
	return FALSE;
}

static void start_cells(struct runner *r)
{
	double budget_s = r->night->options.budget_s;

	while (!r->error) {
		g_autoptr(GPtrArray) ready = ready_cells(r);
		g_autofree struct pack_item **items = g_new(struct pack_item *, ready->len + 1);
		double left_s = budget_s > 0 ? MAX(0, budget_s - elapsed_s(r)) : -1;
		int pick;

		for (guint i = 0; i < ready->len; i++)
			items[i] = &((struct night_cell *)ready->pdata[i])->item;
		pick = pack_pick(items, ready->len, &r->free, left_s);
		if (pick < 0)
			return;
		start_cell(r, ready->pdata[pick]);
	}
}

/* A cell that can never fit would be waited for until the morning. */
static void give_up_too_large(struct runner *r)
{
	for (guint i = 0; i < r->order->len; i++) {
		struct night_cell *cell = r->order->pdata[i];
		g_autofree char *why = NULL;

		if (cell->status != CELL_WAITING || cell->item.need.memory <= r->night->host.memory)
			continue;
		why = g_strdup_printf("needs %" G_GUINT64_FORMAT " MiB of memory, there are %" G_GUINT64_FORMAT,
				      cell->item.need.memory >> 20, r->night->host.memory >> 20);
		night_add_attempt(r->night, cell, &(struct attempt){.number = 1, .verdict = VERDICT_SKIP,
				  .outcome = OUTCOME_NONE, .problem = why, .wall_s = -1, .cpu_s = -1});
	}
}

static void schedule(struct runner *r)
{
	if (r->stop == STOP_ALL)
		for (guint i = 0; i < r->running->len; i++)
			cell_stop(((struct job *)r->running->pdata[i])->child, GRACE_S);
	if (r->stop == STOP_NOT) {
		g_autoptr(GPtrArray) ready = ready_cells(r);

		if (!start_next_build(r, ready))
			start_cells(r);
	}
	if (!r->running->len)
		g_main_loop_quit(r->loop);
}

/* ---- watching ---- */

static gboolean on_signal(struct runner *r, gboolean gently)
{
	r->stop = gently && ++r->signals == 1 ? STOP_STARTING : STOP_ALL;
	r->night->unfinished = r->stop == STOP_ALL ? "stopped by a signal, with what was running"
						   : "stopped by a signal";
	schedule(r);
	return G_SOURCE_CONTINUE;
}

static gboolean on_interrupt(void *data)
{
	return on_signal(data, TRUE);
}

static gboolean on_terminate(void *data)
{
	return on_signal(data, FALSE);
}

static void show(struct runner *r)
{
	const struct night *night = r->night;
	g_autoptr(GString) line = g_string_new(NULL);
	g_autofree char *took = rig_duration_text(rig_now_ns() - r->began_ns);
	guint done = 0, bad = 0;

	for (guint i = 0; i < night->cells->len; i++) {
		enum cell_status status = ((struct night_cell *)night->cells->pdata[i])->status;

		done += status != CELL_WAITING;
		bad += status == CELL_BAD || status == CELL_FLAKY;
	}
	g_string_printf(line, "night %u of %u cells, %s", done, night->cells->len, took);
	if (bad)
		g_string_append_printf(line, ", %u not as expected", bad);
	for (guint i = 0; i < r->running->len; i++) {
		const struct job *job = r->running->pdata[i];

		g_string_append_printf(line, "%s %s%s", i ? "," : ";",
				       job->cell ? job->cell->key : "build ",
				       job->cell ? "" : night->kernels[job->build->kernel].tree);
	}
	r->view->progress(night, line->str, r->view->data);
}

static gboolean on_tick(void *data)
{
	struct runner *r = data;
	g_autofree char *stop = g_build_filename(r->night->dir, "stop", NULL);

	if (r->stop == STOP_NOT && g_file_test(stop, G_FILE_TEST_EXISTS)) {
		r->stop = STOP_STARTING;
		r->night->unfinished = "stopped by the file \"stop\"";
		schedule(r);
	}
	if (r->view->progress)
		show(r);
	return G_SOURCE_CONTINUE;
}

/* ---- a night ---- */

static double own_cpu_s(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static gboolean all_done(const struct night *night)
{
	for (guint i = 0; i < night->cells->len; i++)
		if (((struct night_cell *)night->cells->pdata[i])->status == CELL_WAITING)
			return FALSE;
	return TRUE;
}

static void loop(struct runner *r)
{
	guint sources[] = {
		g_unix_signal_add(SIGINT, on_interrupt, r),
		g_unix_signal_add(SIGTERM, on_terminate, r),
		g_unix_signal_add(SIGHUP, on_terminate, r),
		g_timeout_add_seconds(1, on_tick, r),
	};

	schedule(r);
	if (r->running->len)
		g_main_loop_run(r->loop);
	for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
		g_source_remove(sources[i]);
}

gboolean night_run(struct night *night, const struct night_view *view, GError **error)
{
	struct runner r = {.night = night, .view = view, .began_ns = rig_now_ns()};
	double before_s = own_cpu_s(), children_s = night->children_s;

	r.loop = g_main_loop_new(NULL, FALSE);
	r.order = order_of(night);
	r.running = g_ptr_array_new();
	r.free = night->host;
	give_up_too_large(&r);
	loop(&r);
	night->wall_s += elapsed_s(&r);
	night->controller_s += own_cpu_s() - before_s;
	note(&r, json_pack("{s:s, s:f, s:f, s:f, s:s?}", "what", "rig", "wall_s", elapsed_s(&r), "controller_s",
			   own_cpu_s() - before_s, "children_s", night->children_s - children_s, "unfinished",
			   night->unfinished));
	if (!all_done(night) && !night->unfinished)
		night->unfinished = "the budget is spent";
	if (all_done(night))
		night->unfinished = NULL;
	g_main_loop_unref(r.loop);
	g_ptr_array_unref(r.order);
	g_ptr_array_unref(r.running);
	if (!r.error)
		return TRUE;
	g_propagate_error(error, r.error);
	return FALSE;
}
