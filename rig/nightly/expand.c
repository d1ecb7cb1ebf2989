// SPDX-License-Identifier: GPL-2.0-only
/* Makes the cells of a night (scenario × machine × kernel × seed × repetition) from its plan. */
#include "nightly/internal.h"

#include <string.h>

#include "scenario/scenario.h"
#include "util/error.h"
#include "util/rng.h"

#define CELLS_MAX 100000
#define SEED_MAX 999999999

/* ---- making the cells of a plan ---- */

static void exclude(struct night *night, guint kernel, const char *scenario, const char *machine,
		    const char *why)
{
	struct night_excluded *e = g_new0(struct night_excluded, 1);

	e->scenario = g_strdup(scenario);
	e->machine = g_strdup(machine);
	e->tree = g_strdup(night->kernels[kernel].tree);
	e->why = g_strdup(why);
	g_ptr_array_add(night->excluded, e);
}

static gboolean is(const char *wanted, const char *word)
{
	return !wanted || !strcmp(wanted, word);
}

/*
 * Returns why SCENARIO, which has the name or path WORD in the plan, cannot be run on MACHINE with
 * kernel number KERNEL. Returns NULL if it can. The caller owns the text.
 */
static char *why_not(const struct plan *plan, guint kernel, const char *word,
		     const struct scenario *scenario, const struct machine *machine)
{
	g_autoptr(GError) why = NULL;

	for (unsigned i = 0; i < plan->n_excludes; i++) {
		struct plan_exclude *e = &plan->excludes[i];

		if (is(e->scenario, word) && is(e->machine, machine->name) &&
		    is(e->kernel, plan->kernels[kernel].name)) {
			e->used++;
			return g_strdup(e->why);
		}
	}
	if (!g_strv_contains((const char *const *)scenario->machines, machine->name))
		return g_strdup("the scenario is not for that machine");
	return scenario_check_machine(scenario, machine, &why) ? NULL : g_strdup(why->message);
}

static void add_cell(struct night *night, const struct plan *plan, guint kernel, const char *word,
		     const struct scenario *scenario, const struct machine *machine,
		     const guint64 *seed, guint repetition)
{
	struct night_cell *cell = night_cell_new();
	g_autoptr(GString) key = g_string_new(NULL);
	struct rng rng;

	g_string_printf(key, "%s/%s/%s", plan->kernels[kernel].name, scenario->name, machine->name);
	if (seed)
		g_string_append_printf(key, "/s%" G_GUINT64_FORMAT, *seed);
	g_string_append_printf(key, "/%u", repetition);
	rng = rng_stream(night->seed, key->str);
	cell->key = g_strdup(key->str);
	cell->scenario = g_strdup(word);
	cell->scenario_name = g_strdup(scenario->name);
	cell->machine = g_strdup(machine->name);
	cell->kernel = kernel;
	cell->seed = seed ? *seed : rng_between(&rng, 1, SEED_MAX);
	cell->repetition = repetition;
	g_ptr_array_add(night->cells, cell);
}

static void add_all(struct night *night, const struct plan *plan, guint kernel, const char *word,
		    const struct scenario *scenario, const struct machine *machine)
{
	g_autofree char *why = why_not(plan, kernel, word, scenario, machine);

	if (why) {
		exclude(night, kernel, scenario->name, machine->name, why);
		return;
	}
	for (unsigned s = 0; s < MAX(plan->n_seeds, 1); s++)
		for (unsigned r = 1; r <= plan->repeat && night->cells->len < CELLS_MAX; r++)
			add_cell(night, plan, kernel, word, scenario, machine,
				 plan->n_seeds ? &plan->seeds[s] : NULL, r);
}

static gboolean add_scenario(struct night *night, const struct plan *plan, guint kernel,
			     const char *word, GError **error)
{
	rig_auto(scenario) scenario = scenario_load(word, error);

	if (!scenario)
		return FALSE;
	for (unsigned m = 0; m < plan->n_machines; m++)
		add_all(night, plan, kernel, word, scenario, machine_find(plan->machines[m], NULL));
	for (char **m = scenario->machines; !plan->n_machines && *m; m++) {
		const struct machine *machine = machine_find(*m, error);

		if (!machine)
			return FALSE;
		add_all(night, plan, kernel, word, scenario, machine);
	}
	return TRUE;
}

static char **copy_list(char *const *list, unsigned n)
{
	char **copy = g_new0(char *, n + 1);

	for (unsigned i = 0; i < n; i++)
		copy[i] = g_strdup(list[i]);
	return copy;
}

gboolean night_expand(struct night *night, const struct plan *plan, GError **error)
{
	night->n_kernels = plan->n_kernels;
	night->kernels = g_new0(struct night_kernel, plan->n_kernels);
	for (unsigned k = 0; k < plan->n_kernels; k++) {
		const struct plan_kernel *from = &plan->kernels[k];

		night->kernels[k] = (struct night_kernel){
			g_strdup(from->name), g_strdup(from->source),
			copy_list(from->patches, from->n_patches),
			copy_list(from->fragments, from->n_fragments), from->no_lockdep};
	}
	for (unsigned k = 0; k < plan->n_kernels; k++)
		for (unsigned s = 0; s < plan->n_scenarios; s++)
			if (!add_scenario(night, plan, k, plan->scenarios[s], error))
				return FALSE;
	for (unsigned i = 0; i < plan->n_excludes; i++)
		if (!plan->excludes[i].used)
			return rig_fail(error, RIG_EXIT_USAGE,
					"%s: the entry of 'exclude' with the reason '%s' matches "
					"no scenario, machine and kernel of the plan; correct or "
					"remove it",
					plan->file, plan->excludes[i].why);
	if (!night->cells->len)
		return rig_fail(error, RIG_EXIT_USAGE,
				"%s: no combination of scenario, machine and kernel can be run, "
				"for example: %s",
				plan->file,
				night->excluded->len
					? ((struct night_excluded *)night->excluded->pdata[0])->why
					: "?");
	night_find_builds(night);
	for (guint i = 0; i < night->cells->len; i++) {
		struct night_cell *cell = night->cells->pdata[i];

		night_estimate(night, cell, &cell->item);
	}
	return TRUE;
}
