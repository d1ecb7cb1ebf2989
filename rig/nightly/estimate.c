// SPDX-License-Identifier: GPL-2.0-only
/*
 * Estimates the needs and the duration of a cell (a combination that the plan runs) from earlier
 * runs of its scenario on its machine. If there are none, uses the values in the scenario. Sorts
 * the cells in the order of their start.
 */
#include "nightly/internal.h"

#include <math.h>
#include <string.h>

#include "scenario/scenario.h"
#include "util/rng.h"

#define AROUND_S 15 /* seconds for boot and shutdown, used if there are no earlier runs */
#define NIGHTS_READ 10

/* ---- used processors in runs of earlier nights ---- */

/*
 * Returns the maximum number of processors that an attempt (a run) of SCENARIO on MACHINE used in
 * NIGHT, or 0 if unknown.
 */
static double cores_in(json_t *night, const char *scenario, const char *machine)
{
	json_t *cell, *attempt;
	double most = 0;
	size_t i, k;

	json_array_foreach (json_object_get(night, "cells"), i, cell) {
		if (g_strcmp0(json_string_value(json_object_get(cell, "scenario")), scenario) ||
		    g_strcmp0(json_string_value(json_object_get(cell, "machine")), machine))
			continue;
		json_array_foreach (json_object_get(cell, "attempts"), k, attempt) {
			double wall = json_number_value(json_object_get(attempt, "wall_s"));
			double cpu = json_number_value(json_object_get(attempt, "cpu_s"));

			if (wall > 1 && cpu > 0 && json_is_string(json_object_get(attempt, "run")))
				most = MAX(most, cpu / wall);
		}
	}
	return most;
}

static double cores_of(const struct night *night, const struct night_cell *cell)
{
	size_t n = json_array_size(night->past);
	double most = 0;

	for (size_t i = n > NIGHTS_READ ? n - NIGHTS_READ : 0; i < n; i++)
		most = MAX(most, cores_in(json_array_get(night->past, i), cell->scenario_name,
					  cell->machine));
	return most;
}

/* ---- estimates for one cell ---- */

static double wall_of(const struct night *night, const struct night_cell *cell, guint duration_s)
{
	const char *tree = night->kernels[cell->kernel].tree;
	double s = index_wall_s(night->index, cell->scenario_name, cell->machine, tree, duration_s);

	if (s < 0)
		s = index_wall_s(night->index, cell->scenario_name, cell->machine, NULL,
				 duration_s);
	return s < 0 ? duration_s + AROUND_S : s;
}

void night_estimate(struct night *night, const struct night_cell *cell, struct pack_item *item)
{
	rig_auto(scenario) scenario = scenario_load(cell->scenario, NULL);
	const struct machine *machine = machine_find(cell->machine, NULL);
	guint duration_s = night->duration_s ? night->duration_s
			   : scenario	     ? scenario->duration_s
					     : 60;
	double cores = cores_of(night, cell);

	/*
	 * reserve at least half of the guest's CPUs: earlier runs may have used less because the
	 * host was busy
	 */
	if (cores <= 0)
		cores = scenario ? scenario->cpus : 1;
	else if (scenario)
		cores = MAX(cores, scenario->cpus / 2.0);
	item->need.quarters = CLAMP((guint)ceil(cores * PACK_QUARTERS), 1, night->host.quarters);
	item->need.memory = PLACE_RUN_MEMORY +
			    (scenario ? MAX(scenario->max_memory, machine ? machine->min_memory : 0)
				      : 2ull << 30);
	item->estimate_s = wall_of(night, cell, duration_s);
}

/* ---- the order of start ---- */

static int longest_first(gconstpointer a, gconstpointer b)
{
	const struct night_cell *x = *(struct night_cell *const *)a,
				*y = *(struct night_cell *const *)b;

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

GPtrArray *night_order(const struct night *night)
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
