// SPDX-License-Identifier: GPL-2.0-only
/*
 * The main loop that searches and walks share: it opens the place, handles signals and the budget,
 * and ends when all jobs have ended.
 */
#include "race/internal.h"

#include <glib-unix.h>
#include <signal.h>

#define STOP_GRACE_S 10

gboolean loop_is_busy(const struct race_loop *loop)
{
	for (guint i = 0; i < RACE_GUESTS_MAX; i++)
		if (loop->jobs[i]->key)
			return TRUE;
	return FALSE;
}

void loop_end(struct race_loop *loop, enum race_end end)
{
	gboolean first = !loop->over;

	if (first)
		loop->end = end;
	loop->over = TRUE;
	/*
	 * loop->over is set before this call: place_stop() may end jobs, and their callbacks may
	 * call loop_end() again
	 */
	if (first && loop->place)
		place_stop(loop->place, STOP_GRACE_S);
	if (!loop_is_busy(loop))
		g_main_loop_quit(loop->main);
}

void loop_fail(struct race_loop *loop, GError *error)
{
	if (loop->error)
		g_error_free(error);
	else
		loop->error = error;
	loop_end(loop, RACE_STOPPED);
}

static void on_place_failed(GError *error, void *data)
{
	loop_fail(data, error);
}

static gboolean on_signal(void *data)
{
	loop_end(data, RACE_STOPPED);
	return G_SOURCE_CONTINUE;
}

static gboolean on_budget(void *data)
{
	struct race_loop *loop = data;

	loop->budget_source = 0;
	loop_end(loop, RACE_OUT_OF_BUDGET);
	return G_SOURCE_REMOVE;
}

void loop_start_budget(struct race_loop *loop, double spent_s)
{
	g_clear_handle_id(&loop->budget_source, g_source_remove);
	loop->budget_source = g_timeout_add(MAX(0, loop->options->budget_s - spent_s) * 1000,
					    on_budget, loop);
}

void loop_built(struct race_loop *loop, const struct child_result *result)
{
	GError *error = NULL;

	loop_start_budget(loop, 0);
	loop->built = race_was_built(result, &error);
	if (error)
		loop_fail(loop, error);
	else if (!loop->built)
		loop_end(loop, RACE_STOPPED);
}

gboolean loop_run(struct race_loop *loop, void (*step)(void *data), void *data, GError **error)
{
	guint sources[2];

	loop->main = g_main_loop_new(NULL, FALSE);
	sources[0] = g_unix_signal_add(SIGINT, on_signal, loop);
	sources[1] = g_unix_signal_add(SIGTERM, on_signal, loop);
	loop_start_budget(loop, 0);
	loop->built = !loop->options->place || !loop->options->source;
	if (!loop->over && race_open_place(loop->options, on_place_failed, loop, &loop->place,
					   &loop->error))
		step(data);
	if (!loop->error && (!loop->over || loop_is_busy(loop)))
		g_main_loop_run(loop->main);
	for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
		g_source_remove(sources[i]);
	g_clear_handle_id(&loop->budget_source, g_source_remove);
	g_clear_pointer(&loop->main, g_main_loop_unref);
	race_close_place(loop->options, &loop->place);
	if (loop->error) {
		g_propagate_error(error, g_steal_pointer(&loop->error));
		return FALSE;
	}
	return TRUE;
}
