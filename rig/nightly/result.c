// SPDX-License-Identifier: GPL-2.0-only
/* Makes night.json, the result of a night. rig-json(5) describes the format. */
#include <stdlib.h>
#include <string.h>

#include "nightly/internal.h"
#include "stats/compare.h"
#include "stats/stats.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"

/* ---- the cells in night.json ---- */

/*
 * If CELL was skipped because its kernel was not built, returns the reason as a new reference,
 * otherwise NULL.
 */
static json_t *why_skipped(const struct night *night, const struct night_cell *cell)
{
	const struct night_build *build = cell->build;

	if (cell->status != CELL_SKIP || cell->attempts->len || !build)
		return NULL;
	return json_sprintf("kernel '%s' for %s was not built: %s",
			    night->kernels[build->kernel].tree, build->arch,
			    build->problem ? build->problem : "no reason is known");
}

json_t *night_cell_json(const struct night *night, const struct night_cell *cell)
{
	json_t *attempts = json_array(), *json;
	guint good = 0, bad = 0;
	double low, high;

	for (guint i = 0; i < cell->attempts->len; i++) {
		const struct attempt *a = &g_array_index(cell->attempts, struct attempt, i);

		good += a->outcome == OUTCOME_GOOD;
		bad += a->outcome == OUTCOME_BAD;
		json_array_append_new(attempts, night_attempt_json(a));
	}
	stats_wilson(bad, good + bad, &low, &high);
	json = json_pack("{s:s, s:s, s:s, s:s, s:I, s:i, s:s, s:{s:i, s:i, s:f, s:f}, s:o}", "cell",
			 cell->key, "scenario", cell->scenario_name, "machine", cell->machine,
			 "tree", night->kernels[cell->kernel].tree, "seed", (json_int_t)cell->seed,
			 "repetition", cell->repetition, "status", cell_status_name(cell->status),
			 "rate", "bad", bad, "of", good + bad, "low", low, "high", high, "attempts",
			 attempts);
	json_object_update_new(json, json_pack("{s:s?, s:o?, s:f, s:f, s:I}", "stopped",
					       cell->stopped, "skipped", why_skipped(night, cell),
					       "estimate_s", cell->item.estimate_s, "cores",
					       (double)cell->item.need.quarters / PACK_QUARTERS,
					       "memory", (json_int_t)cell->item.need.memory));
	return json;
}

json_t *night_excluded_json(const struct night *night)
{
	json_t *array = json_array();

	for (guint i = 0; i < night->excluded->len; i++) {
		const struct night_excluded *e = night->excluded->pdata[i];

		json_array_append_new(array, json_pack("{s:s?, s:s?, s:s?, s:s?}", "scenario",
						       e->scenario, "machine", e->machine, "tree",
						       e->tree, "why", e->why));
	}
	return array;
}

json_t *night_host_json(const struct night *night)
{
	const struct pack_room *total = &night->place->total;

	return json_pack("{s:f, s:f, s:I}", "cores", (double)total->quarters / PACK_QUARTERS,
			 "promised_cores", (double)pack_capacity(total).quarters / PACK_QUARTERS,
			 "memory", (json_int_t)total->memory);
}

/* ---- the whole night ---- */

/*
 * Returns an item for pack_span() for each attempt (run) of the night whose duration is known: the
 * measured duration, and the estimated needs of the cell.
 */
static GPtrArray *measured_items(const struct night *night)
{
	GPtrArray *items = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < night->cells->len; i++) {
		const struct night_cell *cell = night->cells->pdata[i];

		for (guint k = 0; k < cell->attempts->len; k++) {
			struct pack_item item = cell->item;

			item.estimate_s = g_array_index(cell->attempts, struct attempt, k).wall_s;
			if (item.estimate_s > 0)
				g_ptr_array_add(items, g_memdup2(&item, sizeof(item)));
		}
	}
	return items;
}

static json_t *builds_json(const struct night *night)
{
	json_t *array = json_array();

	for (guint i = 0; i < night->builds->len; i++) {
		const struct night_build *b = night->builds->pdata[i];

		json_array_append_new(
			array,
			json_pack("{s:s, s:s, s:s?, s:s*, s:b, s:b, s:b, s:s?, s:s?, s:f}", "tree",
				  night->kernels[b->kernel].tree, "arch", b->arch, "scenario",
				  b->scenario, "optional", b->optional, "ended", b->ended, "ok",
				  b->ok, "cached", b->cached, "name", b->name, "problem",
				  b->problem, "wall_s", b->wall_s));
	}
	return array;
}

static json_t *counts_json(const struct night *night)
{
	guint counts[CELL_SKIP + 1] = {0};
	json_t *json = json_object();

	for (guint i = 0; i < night->cells->len; i++)
		counts[((struct night_cell *)night->cells->pdata[i])->status]++;
	for (int status = CELL_WAITING; status <= CELL_SKIP; status++)
		json_object_set_new(json, cell_status_name(status), json_integer(counts[status]));
	return json;
}

static json_t *make_result(struct night *night, const struct compare *past)
{
	g_autoptr(GPtrArray) items = measured_items(night);
	struct pack_item **all = (struct pack_item **)items->pdata;
	g_autofree char *now = rig_utc_now(FALSE);
	json_auto_t *compared = compare_json(past);
	json_t *cells = json_array(), *json;

	for (guint i = 0; i < night->cells->len; i++)
		json_array_append_new(cells, night_cell_json(night, night->cells->pdata[i]));
	json = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:b, s:s?, s:I, s:o, s:o, s:b, s:O}",
			 "version", 1, "id", night->id, "plan", night->plan, "about", night->about,
			 "began", night->began, "ended", now, "finished", night->unfinished == NULL,
			 "unfinished", night->unfinished, "seed", (json_int_t)night->seed, "host",
			 night_host_json(night), "counts", counts_json(night), "regression",
			 past->regression, "findings", json_object_get(compared, "findings"));
	json_object_update_new(json, json_pack("{s:{s:f, s:f, s:f, s:f}}", "times", "wall_s",
					       night->wall_s, "at_least_s",
					       pack_bound(all, items->len, &night->place->total),
					       "controller_s", night->controller_s, "children_s",
					       night->children_s));
	json_object_update_new(json,
			       json_pack("{s:o, s:o, s:o}", "builds", builds_json(night), "cells",
					 cells, "excluded", night_excluded_json(night)));
	return json;
}

json_t *night_result(struct night *night, GError **error)
{
	g_autofree char *file = g_build_filename(night->dir, "night.json", NULL), *text = NULL;
	rig_auto(compare) past = NULL;
	json_t *json;
	char *dumped;

	if (!index_update(night->index, error))
		return NULL;
	past = compare_to_past(night->index, night->id, error);
	if (!past)
		return NULL;
	json = make_result(night, past);
	dumped = json_dumps(json, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	text = g_strconcat(dumped ? dumped : "{}", "\n", NULL);
	free(dumped);
	if (rig_write_file(file, text, -1, error))
		return json;
	json_decref(json);
	return NULL;
}

int night_exit_code(const struct night *night, json_t *result)
{
	json_t *counts = json_object_get(result, "counts");

	if (json_is_true(json_object_get(result, "regression")))
		return RIG_EXIT_FAIL;
	for (guint i = 0; i < night->builds->len; i++) {
		const struct night_build *build = night->builds->pdata[i];

		if (build->ended && !build->ok)
			return RIG_EXIT_INFRA;
	}
	if (json_integer_value(json_object_get(counts, "none")) ||
	    (night->unfinished && strcmp(night->unfinished, "the budget is spent")))
		return RIG_EXIT_INFRA;
	return RIG_EXIT_PASS;
}
