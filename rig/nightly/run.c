// SPDX-License-Identifier: GPL-2.0-only
/*
 * The main loop of a night: adds runs and builds to a place (this host or a cluster), and stops at
 * signals and the file `stop`.
 */
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "nightly/run.h"
#include "util/clock.h"
#include "util/text.h"

static double elapsed_s(const struct runner *r)
{
	return (rig_now_ns() - r->began_ns) / 1e9;
}

/*
 * Skips the cells (runs of the night) that need more memory than the host has, because they could
 * never start.
 */
static void give_up_too_large(struct runner *r)
{
	for (guint i = 0; i < r->night->cells->len; i++) {
		struct night_cell *cell = r->night->cells->pdata[i];
		g_autofree char *why = NULL;

		if (cell->status != CELL_WAITING || cell->item.need.memory <= r->night->host.memory)
			continue;
		why = g_strdup_printf("needs %" G_GUINT64_FORMAT
				      " MiB of memory, the host has %" G_GUINT64_FORMAT,
				      cell->item.need.memory >> 20, r->night->host.memory >> 20);
		night_add_attempt(r->night, cell,
				  &(struct attempt){.number = 1,
						    .verdict = VERDICT_SKIP,
						    .outcome = OUTCOME_NONE,
						    .problem = why,
						    .wall_s = -1,
						    .cpu_s = -1});
	}
}

/*
 * Adds a job for each unfinished cell, in the order of start. The job waits for the build of the
 * cell's kernel.
 */
static void add_jobs(struct runner *r)
{
	g_autoptr(GPtrArray) order = night_order(r->night);

	for (guint i = 0; i < order->len; i++) {
		struct night_cell *cell = order->pdata[i];
		struct night_build *build = cell->build;

		if (cell->status != CELL_WAITING)
			continue;
		g_hash_table_insert(r->ranks, cell, GUINT_TO_POINTER(i));
		if (build && !build->ended && !g_hash_table_contains(r->builds, build))
			night_add_build(r, build);
		night_add_cell(r, cell);
	}
}

static void stop_starting(struct runner *r, const char *why)
{
	r->stop = STOP_STARTING;
	r->night->unfinished = why;
	place_hold(r->place);
}

static void stop_all(struct runner *r, const char *why)
{
	r->stop = STOP_ALL;
	r->night->unfinished = why;
	place_stop(r->place, NIGHT_GRACE_S);
}

/* ---- signals and the file `stop` ---- */

static void leave(struct runner *r)
{
	g_autofree char *waits = place_leave_waits(r->place);

	if (waits && r->view->leave_waits)
		r->view->leave_waits(r->night, waits, r->view->data);
	/* detach even after an error, because a later process submits the remaining jobs */
	place_leave(r->place, &r->error);
	r->left = TRUE;
	r->night->unfinished = NIGHT_LEFT;
	g_main_loop_quit(r->loop);
}

/* Stops the night because of a signal; if ALL is TRUE, also the running jobs. */
static void on_signal(struct runner *r, gboolean all)
{
	if (all)
		stop_all(r, "stopped by a signal, which also stopped the running jobs");
	else
		stop_starting(r, "stopped by a signal");
	if (r->view->stopping)
		r->view->stopping(r->night, g_hash_table_size(r->jobs), all, r->view->data);
}

static gboolean on_interrupt(void *data)
{
	struct runner *r = data;

	if (!r->signals && place_can_leave(r->place) && r->view->ask_leave &&
	    r->view->ask_leave(r->night, r->view->data))
		leave(r);
	else
		on_signal(r, r->signals++ > 0);
	return G_SOURCE_CONTINUE;
}

static gboolean on_terminate(void *data)
{
	on_signal(data, TRUE);
	return G_SOURCE_CONTINUE;
}

static void show(struct runner *r)
{
	const struct night *night = r->night;
	g_autoptr(GString) line = g_string_new(NULL);
	g_autofree char *took = rig_duration_text(rig_now_ns() - r->began_ns);
	g_autofree char *going = place_progress(r->place);
	guint done = 0, bad = 0;

	for (guint i = 0; i < night->cells->len; i++) {
		enum cell_status status = ((struct night_cell *)night->cells->pdata[i])->status;

		done += status != CELL_WAITING;
		bad += status == CELL_BAD || status == CELL_FLAKY;
	}
	g_string_printf(line, "night %u of %u cell%s, %s", done, night->cells->len,
			text_s(night->cells->len), took);
	if (bad)
		g_string_append_printf(line, ", %u not as expected", bad);
	if (*going)
		g_string_append_printf(line, "; %s", going);
	r->view->progress(night, line->str, r->view->data);
}

static gboolean on_tick(void *data)
{
	struct runner *r = data;
	g_autofree char *stop = g_build_filename(r->night->dir, "stop", NULL);

	if (r->stop == STOP_NOT && g_file_test(stop, G_FILE_TEST_EXISTS))
		stop_starting(r, "stopped by the file \"stop\"");
	if (r->view->progress)
		show(r);
	return G_SOURCE_CONTINUE;
}

/* ---- the whole night ---- */

static double own_cpu_s(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return used.ru_utime.tv_sec + used.ru_stime.tv_sec +
	       (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
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

	add_jobs(r);
	if (r->night->options.detach)
		leave(r);
	else if (g_hash_table_size(r->jobs))
		g_main_loop_run(r->loop);
	for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
		g_source_remove(sources[i]);
}

static void on_place_failed(GError *error, void *data)
{
	night_fail(data, error);
}

static void runner_init(struct runner *r, struct night *night, const struct night_view *view)
{
	double budget_s = night->options.budget_s;

	*r = (struct runner){
		.night = night, .view = view, .place = night->place, .began_ns = rig_now_ns()};
	r->loop = g_main_loop_new(NULL, FALSE);
	r->ranks = g_hash_table_new(NULL, NULL);
	r->builds = g_hash_table_new(NULL, NULL);
	r->jobs = g_hash_table_new(NULL, NULL);
	r->place->failed = on_place_failed;
	r->place->failed_data = r;
	r->place->deadline_ns = budget_s > 0 ? r->began_ns + (gint64)(budget_s * RIG_NS_PER_S) : 0;
}

static void runner_deinit(struct runner *r)
{
	g_autoptr(GList) jobs = g_hash_table_get_keys(r->jobs);

	for (GList *job = jobs; job; job = job->next)
		night_job_free(job->data);
	g_hash_table_unref(r->jobs);
	g_main_loop_unref(r->loop);
	g_hash_table_unref(r->ranks);
	g_hash_table_unref(r->builds);
}

gboolean night_run(struct night *night, const struct night_view *view, GError **error)
{
	double before_s = own_cpu_s(), children_s = night->children_s;
	g_autofree char *record = g_build_filename(night->dir, "place", NULL);
	struct runner r;

	if (!place_open(night->place, record, night->id, error))
		return FALSE;
	runner_init(&r, night, view);
	give_up_too_large(&r);
	loop(&r);
	night->wall_s += elapsed_s(&r);
	night->controller_s += own_cpu_s() - before_s;
	night_record(&r,
		     json_pack("{s:s, s:f, s:f, s:f, s:s?}", "what", "rig", "wall_s", elapsed_s(&r),
			       "controller_s", own_cpu_s() - before_s, "children_s",
			       night->children_s - children_s, "unfinished", night->unfinished));
	if (!all_done(night) && !night->unfinished)
		night->unfinished = "the budget is spent";
	if (all_done(night))
		night->unfinished = NULL;
	runner_deinit(&r);
	if (!r.error)
		return TRUE;
	g_propagate_error(error, r.error);
	return FALSE;
}
