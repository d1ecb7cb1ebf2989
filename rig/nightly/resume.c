// SPDX-License-Identifier: GPL-2.0-only
/* Resumes a night: reads from its journal and its run folders which cells are finished. */
#include <string.h>

#include "nightly/internal.h"
#include "util/error.h"
#include "util/paths.h"

static char *text_of(json_t *json, const char *key)
{
	return g_strdup(json_string_value(json_object_get(json, key)));
}

static gint64 number_of(json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

static char **list_of(json_t *json, const char *key)
{
	json_t *array = json_object_get(json, key), *item;
	char **list = g_new0(char *, json_array_size(array) + 1);
	guint n = 0;
	size_t i;

	json_array_foreach (array, i, item)
		if (json_is_string(item))
			list[n++] = g_strdup(json_string_value(item));
	return list;
}

static void read_kernels(struct night *night, json_t *kernels)
{
	json_t *kernel;
	size_t i;

	night->n_kernels = json_array_size(kernels);
	night->kernels = g_new0(struct night_kernel, night->n_kernels + 1);
	json_array_foreach (kernels, i, kernel)
		night->kernels[i] = (struct night_kernel){
			text_of(kernel, "tree"), text_of(kernel, "source"),
			list_of(kernel, "patches"), list_of(kernel, "fragments"),
			json_is_true(json_object_get(kernel, "no_lockdep"))};
}

static void read_cells(struct night *night, json_t *cells)
{
	json_t *json;
	size_t i;

	json_array_foreach (cells, i, json) {
		struct night_cell *cell = night_cell_new();

		cell->key = text_of(json, "cell");
		cell->scenario = text_of(json, "scenario");
		cell->scenario_name = text_of(json, "name");
		cell->machine = text_of(json, "machine");
		cell->kernel = CLAMP(number_of(json, "kernel"), 0, (gint64)night->n_kernels - 1);
		cell->seed = number_of(json, "seed");
		cell->repetition = number_of(json, "repetition");
		g_ptr_array_add(night->cells, cell);
		if (cell->key && cell->scenario && cell->scenario_name && cell->machine)
			night_estimate(night, cell, &cell->item);
		else
			g_ptr_array_set_size(night->cells, night->cells->len - 1);
	}
}

static void read_excluded(struct night *night, json_t *excluded)
{
	json_t *json;
	size_t i;

	json_array_foreach (excluded, i, json) {
		struct night_excluded *e = g_new0(struct night_excluded, 1);

		e->scenario = text_of(json, "scenario");
		e->machine = text_of(json, "machine");
		e->tree = text_of(json, "tree");
		e->why = text_of(json, "why");
		g_ptr_array_add(night->excluded, e);
	}
}

static void read_line(struct night *night, json_t *line)
{
	const char *what = json_string_value(json_object_get(line, "what"));
	struct night_cell *cell =
		night_find_cell(night, json_string_value(json_object_get(line, "cell")));
	struct attempt attempt = {
		.number = number_of(line, "attempt"),
		.outcome = CLAMP(number_of(line, "outcome"), OUTCOME_GOOD, OUTCOME_NONE),
		.run = (char *)json_string_value(json_object_get(line, "run")),
		.problem = (char *)json_string_value(json_object_get(line, "problem")),
		.wall_s = json_number_value(json_object_get(line, "wall_s")),
		.cpu_s = json_number_value(json_object_get(line, "cpu_s")),
	};

	if (!g_strcmp0(what, "rig")) {
		night->wall_s += json_number_value(json_object_get(line, "wall_s"));
		night->controller_s += json_number_value(json_object_get(line, "controller_s"));
		night->children_s += json_number_value(json_object_get(line, "children_s"));
	}
	if (!g_strcmp0(what, "cell") && cell && attempt.number &&
	    verdict_parse(json_string_value(json_object_get(line, "verdict")), &attempt.verdict) &&
	    attempt.verdict != VERDICT_ABORTED)
		night_add_attempt(night, cell, &attempt);
}

static gboolean read_journal(struct night *night, GError **error)
{
	g_autofree char *file = g_build_filename(night->dir, "journal", NULL), *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!rig_read_file(file, NIGHT_FILE_MAX, &text, NULL, error))
		return FALSE;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		json_auto_t *json = json_loads(*line, 0, NULL);

		if (json_is_object(json))
			read_line(night, json);
	}
	return TRUE;
}

/*
 * Adds the attempts that are missing in the journal, because the process was killed before it wrote
 * their lines. The index of run folders has these attempts.
 */
static gboolean read_folders(struct night *night, GError **error)
{
	g_autoptr(GPtrArray) runs =
		index_runs(night->index, &(struct index_filter){.night = night->id}, error);

	for (guint i = 0; runs && i < runs->len; i++) {
		const struct index_run *run = runs->pdata[i];
		struct night_cell *cell = night_find_cell(night, run->cell);
		const struct attempt attempt = {.number = run->attempt,
						.verdict = run->verdict,
						.outcome = run->outcome,
						.run = run->name,
						.wall_s = run->total_s,
						.cpu_s = -1};

		if (cell && run->attempt > 0 && run->verdict != VERDICT_ABORTED &&
		    run->verdict != VERDICT_RUNNING)
			night_add_attempt(night, cell, &attempt);
	}
	return runs != NULL;
}

char *night_find_unfinished(const char *results, const char *plan, GError **error)
{
	g_auto(GStrv) ids = night_ids(results);

	for (guint i = g_strv_length(ids); i-- > 0;) {
		g_autofree char *dir = g_build_filename(results, "nights", ids[i], NULL);
		json_auto_t *cells = night_read_json(dir, "cells.json");
		json_auto_t *done = night_read_json(dir, "night.json");

		if (!g_strcmp0(json_string_value(json_object_get(cells, "plan")), plan) &&
		    !json_is_true(json_object_get(done, "finished")))
			return g_strdup(ids[i]);
	}
	rig_fail(error, RIG_EXIT_USAGE,
		 "plan '%s' has no unfinished night; `rig nightly --list` lists all nights", plan);
	return NULL;
}

struct night *night_resume(const char *plan, const char *id, const struct night_options *options,
			   GError **error)
{
	rig_auto(night) night = night_new_empty(options, error);
	json_auto_t *cells = NULL;
	json_t *keep;

	if (!night)
		return NULL;
	night->id = id ? g_strdup(id) : night_find_unfinished(night->results, plan, error);
	if (!night->id)
		return NULL;
	if (strchr(night->id, '/')) {
		rig_fail(error, RIG_EXIT_USAGE, "invalid night id '%s' (an ID as in `rig nightly "
						"--list`)", night->id);
		return NULL;
	}
	night->past = night_list(night->results);
	night->dir = g_build_filename(night->results, "nights", night->id, NULL);
	cells = night_read_json(night->dir, "cells.json");
	if (!cells || number_of(cells, "version") != NIGHT_VERSION ||
	    !json_array_size(json_object_get(cells, "kernels"))) {
		rig_fail(error, RIG_EXIT_USAGE,
			 "there is no night '%s', or another version of the rig has made it; `rig "
			 "nightly --list` lists the nights",
			 night->id);
		return NULL;
	}
	if (!night_open_files(night, error))
		return NULL;
	night->plan = text_of(cells, "plan");
	night->about = text_of(cells, "about");
	night->began = text_of(cells, "began");
	night->seed = number_of(cells, "seed");
	night->retries = number_of(cells, "retries");
	night->duration_s = number_of(cells, "duration_s");
	night->patience_s = number_of(cells, "patience_s");
	keep = json_object_get(cells, "keep");
	night->keep = (struct plan_keep){number_of(keep, "runs"), number_of(keep, "passed"),
					 number_of(keep, "kernels")};
	g_strfreev(night->extra);
	night->extra = list_of(cells, "extra");
	read_kernels(night, json_object_get(cells, "kernels"));
	read_cells(night, json_object_get(cells, "cells"));
	read_excluded(night, json_object_get(cells, "excluded"));
	night_find_builds(night);
	return read_journal(night, error) && read_folders(night, error) ? g_steal_pointer(&night)
									: NULL;
}
