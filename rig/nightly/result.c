// SPDX-License-Identifier: GPL-2.0-only
/* night.json: what a night would do, what it did, and what that means. docs/nightly.md is the format. */
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "machine/machine.h"
#include "nightly/internal.h"
#include "store/compare.h"
#include "store/stats.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/spawn.h"

/* ---- cells ---- */

static json_t *cell_json(const struct night *night, const struct night_cell *cell)
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
	json = json_pack("{s:s, s:s, s:s, s:s, s:I, s:i, s:s, s:{s:i, s:i, s:f, s:f}, s:o}", "cell", cell->key, "scenario",
			 cell->scenario_name, "machine", cell->machine, "tree", night->kernels[cell->kernel].tree, "seed",
			 (json_int_t)cell->seed, "repetition", cell->repetition, "status", cell_status_name(cell->status),
			 "rate", "bad", bad, "of", good + bad, "low", low, "high", high, "attempts", attempts);
	json_object_update_new(json, json_pack("{s:f, s:f, s:I}", "estimate_s", cell->item.estimate_s, "cores",
					       (double)cell->item.need.quarters / PACK_QUARTERS, "memory",
					       (json_int_t)cell->item.need.memory));
	return json;
}

static json_t *excluded_json(const struct night *night)
{
	json_t *array = json_array();

	for (guint i = 0; i < night->excluded->len; i++) {
		const struct night_excluded *e = night->excluded->pdata[i];

		json_array_append_new(array, json_pack("{s:s?, s:s?, s:s?, s:s?}", "scenario", e->scenario, "machine",
						       e->machine, "tree", e->tree, "why", e->why));
	}
	return array;
}

static json_t *host_json(const struct night *night)
{
	return json_pack("{s:f, s:I}", "cores", (double)night->host.quarters / PACK_QUARTERS, "memory",
			 (json_int_t)night->host.memory);
}

/* ---- before ---- */

/* As far as the cache tells without building: the same source, architecture and patches. */
static gboolean is_built(const GPtrArray *cache, const struct night_kernel *kernel, const char *arch)
{
	gsize len = strcspn(kernel->source, "@");

	for (guint i = 0; i < cache->len; i++) {
		const struct kernel *k = cache->pdata[i];
		guint n = 0;

		if (strcmp(k->arch, arch) || !k->source || strncmp(k->source, kernel->source, len))
			continue;
		while (kernel->patches[n] && k->patches[n] && g_str_has_suffix(k->patches[n], strrchr(kernel->patches[n], '/')))
			n++;
		if (!kernel->patches[n] && !k->patches[n])
			return TRUE;
	}
	return FALSE;
}

static json_t *missing_json(const struct night *night)
{
	g_autoptr(GPtrArray) cache = kernel_list();
	g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);
	json_t *array = json_array();

	for (guint i = 0; i < night->builds->len; i++) {
		const struct night_build *build = night->builds->pdata[i];
		const struct night_kernel *kernel = &night->kernels[build->kernel];

		if (!is_built(cache, kernel, build->arch))
			json_array_append_new(array, json_sprintf("kernel '%s' for %s is to be built (%s)", kernel->tree,
								  build->arch, kernel->source));
	}
	for (guint i = 0; i < night->n_kernels; i++)
		for (char **p = night->kernels[i].patches; *p; p++)
			if (!g_file_test(*p, G_FILE_TEST_EXISTS))
				json_array_append_new(array, json_sprintf("kernel '%s': there is no patch '%s'",
									  night->kernels[i].tree, *p));
	for (guint i = 0; i < night->cells->len; i++) {
		const struct machine *machine = machine_find(((struct night_cell *)night->cells->pdata[i])->machine, NULL);
		const char *package;

		if (!machine || !g_hash_table_add(told, (gpointer)machine->emulator) || spawn_have(machine->emulator))
			continue;
		package = spawn_package(machine->emulator);
		json_array_append_new(array, json_sprintf("'%s' is not installed%s%s", machine->emulator,
							  package ? ": apt-get install " : "", package ? package : ""));
	}
	return array;
}

static GPtrArray *items_of(const struct night *night, gboolean measured)
{
	GPtrArray *items = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < night->cells->len; i++) {
		const struct night_cell *cell = night->cells->pdata[i];

		for (guint k = 0; measured && k < cell->attempts->len; k++) {
			struct pack_item item = cell->item;

			item.estimate_s = g_array_index(cell->attempts, struct attempt, k).wall_s;
			if (item.estimate_s > 0)
				g_ptr_array_add(items, g_memdup2(&item, sizeof(item)));
		}
		if (!measured)
			g_ptr_array_add(items, g_memdup2(&cell->item, sizeof(cell->item)));
	}
	return items;
}

json_t *night_outlook(const struct night *night)
{
	g_autoptr(GPtrArray) items = items_of(night, FALSE);
	struct pack_item **all = (struct pack_item **)items->pdata;
	json_t *cells = json_array();

	for (guint i = 0; i < night->cells->len; i++)
		json_array_append_new(cells, cell_json(night, night->cells->pdata[i]));
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:f, s:f}", "plan", night->plan, "about", night->about, "host",
			 host_json(night), "cells", cells, "excluded", excluded_json(night), "missing",
			 missing_json(night), "estimate_s", pack_span(all, items->len, &night->host), "at_least_s",
			 pack_bound(all, items->len, &night->host));
}

/* ---- after ---- */

static json_t *builds_json(const struct night *night)
{
	json_t *array = json_array();

	for (guint i = 0; i < night->builds->len; i++) {
		const struct night_build *b = night->builds->pdata[i];

		json_array_append_new(array, json_pack("{s:s, s:s, s:b, s:b, s:b, s:s?, s:s?, s:f}", "tree",
						       night->kernels[b->kernel].tree, "arch", b->arch, "ended", b->ended,
						       "ok", b->ok, "cached", b->cached, "name", b->name, "problem",
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
	g_autoptr(GPtrArray) items = items_of(night, TRUE);
	struct pack_item **all = (struct pack_item **)items->pdata;
	g_autofree char *now = rig_utc_now(FALSE);
	json_auto_t *compared = compare_json(past);
	json_t *cells = json_array(), *json;

	for (guint i = 0; i < night->cells->len; i++)
		json_array_append_new(cells, cell_json(night, night->cells->pdata[i]));
	json = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:b, s:s?, s:I, s:o, s:o, s:b, s:O}", "version", 1, "id", night->id,
			 "plan", night->plan, "about", night->about, "began", night->began, "ended", now, "finished",
			 night->unfinished == NULL, "unfinished", night->unfinished, "seed", (json_int_t)night->seed, "host",
			 host_json(night), "counts", counts_json(night), "regression", past->regression, "findings",
			 json_object_get(compared, "findings"));
	json_object_update_new(json, json_pack("{s:{s:f, s:f, s:f, s:f}}", "times", "wall_s", night->wall_s,
					       "at_least_s", pack_bound(all, items->len, &night->host), "controller_s",
					       night->controller_s, "children_s", night->children_s));
	json_object_update_new(json, json_pack("{s:o, s:o, s:o}", "builds", builds_json(night), "cells", cells, "excluded",
					       excluded_json(night)));
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
	if (json_integer_value(json_object_get(counts, "none")) ||
	    (night->unfinished && strcmp(night->unfinished, "the budget is spent")))
		return RIG_EXIT_INFRA;
	return RIG_EXIT_PASS;
}
