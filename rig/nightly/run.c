// SPDX-License-Identifier: GPL-2.0-only
/* The loop of a night: starts children, and stops at signals, the file `stop` or the budget. */
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "nightly/run.h"
#include "util/clock.h"

#define GRACE_S 30

static double elapsed_s(const struct runner *r)
{
	return (rig_now_ns() - r->began_ns) / 1e9;
}

static gboolean is_running(const struct runner *r, const struct night_cell *cell,
			   const struct night_build *build)
{
	for (guint i = 0; i < r->running->len; i++) {
		const struct night_child *child = r->running->pdata[i];

		if ((cell && child->cell == cell) || (build && child->build == build))
			return TRUE;
	}
	return FALSE;
}

/* Cells that could start if there were room: kernel built, not finished, not running. */
static GPtrArray *ready_cells(const struct runner *r)
{
	GPtrArray *ready = g_ptr_array_new();

	for (guint i = 0; i < r->order->len; i++) {
		struct night_cell *cell = r->order->pdata[i];
		const struct night_build *build = night_build_of(r->night, cell);

		if (cell->status == CELL_WAITING && (!build || build->ok) &&
		    !is_running(r, cell, NULL))
			g_ptr_array_add(ready, cell);
	}
	return ready;
}

/* TRUE if an unfinished cell needs it. */
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
		n += ((struct night_child *)r->running->pdata[i])->build != NULL;
	return n;
}

/*
 * One build at a time, as early as possible: on half of the host where guests are ready and fit
 * beside it, else on all of it. TRUE: no guest may start, so that the build gets its cores.
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
		night_start_build(r, build, quarters);
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
		night_start_cell(r, ready->pdata[pick]);
	}
}

/* Skips the cells that do not fit into the memory of the host: they would never start. */
static void give_up_too_large(struct runner *r)
{
	for (guint i = 0; i < r->order->len; i++) {
		struct night_cell *cell = r->order->pdata[i];
		g_autofree char *why = NULL;

		if (cell->status != CELL_WAITING || cell->item.need.memory <= r->night->host.memory)
			continue;
		why = g_strdup_printf("needs %" G_GUINT64_FORMAT
				      " MiB of memory, there are %" G_GUINT64_FORMAT,
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

static void schedule(struct runner *r)
{
	if (r->stop == STOP_ALL)
		for (guint i = 0; i < r->running->len; i++)
			child_stop(((struct night_child *)r->running->pdata[i])->rig, GRACE_S);
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
		const struct night_child *child = r->running->pdata[i];

		g_string_append_printf(
			line, "%s %s%s", i ? "," : ";", child->cell ? child->cell->key : "build ",
			child->cell ? "" : night->kernels[child->build->kernel].tree);
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

	schedule(r);
	if (r->running->len)
		g_main_loop_run(r->loop);
	for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
		g_source_remove(sources[i]);
}

gboolean night_run(struct night *night, const struct night_view *view, GError **error)
{
	struct runner r = {
		.night = night, .view = view, .began_ns = rig_now_ns(), .changed = schedule};
	double before_s = own_cpu_s(), children_s = night->children_s;

	r.loop = g_main_loop_new(NULL, FALSE);
	r.order = night_order(night);
	r.running = g_ptr_array_new();
	r.free = pack_capacity(&night->host);
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
	g_main_loop_unref(r.loop);
	g_ptr_array_unref(r.order);
	g_ptr_array_unref(r.running);
	if (!r.error)
		return TRUE;
	g_propagate_error(error, r.error);
	return FALSE;
}
