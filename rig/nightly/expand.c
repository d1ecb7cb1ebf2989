// SPDX-License-Identifier: GPL-2.0-only
/* From a plan to its cells. */
#include "nightly/internal.h"

#include <string.h>

#include "kernel/kernel.h"
#include "scenario/scenario.h"
#include "util/error.h"
#include "util/rng.h"

#define CELLS_MAX 100000
#define SEED_MAX 999999999

static void attempt_clear(gpointer data)
{
	struct attempt *attempt = data;

	g_free(attempt->run);
	g_free(attempt->problem);
}

struct night_cell *night_cell_new(void)
{
	struct night_cell *cell = g_new0(struct night_cell, 1);

	cell->attempts = g_array_new(FALSE, TRUE, sizeof(struct attempt));
	g_array_set_clear_func(cell->attempts, attempt_clear);
	return cell;
}

void night_cell_free(gpointer data)
{
	struct night_cell *cell = data;

	g_free(cell->key);
	g_free(cell->scenario);
	g_free(cell->scenario_name);
	g_free(cell->machine);
	g_array_unref(cell->attempts);
	g_free(cell);
}

void night_build_free(gpointer data)
{
	struct night_build *build = data;

	g_free(build->arch);
	g_free(build->problem);
	g_free(build->name);
	g_free(build);
}

void night_excluded_free(gpointer data)
{
	struct night_excluded *e = data;

	g_free(e->scenario);
	g_free(e->machine);
	g_free(e->tree);
	g_free(e->why);
	g_free(e);
}

struct night_cell *night_find_cell(const struct night *night, const char *key)
{
	for (guint i = 0; i < night->cells->len; i++)
		if (!g_strcmp0(((struct night_cell *)night->cells->pdata[i])->key, key))
			return night->cells->pdata[i];
	return NULL;
}

/* ---- builds ---- */

struct night_build *night_build_of(const struct night *night, const struct night_cell *cell)
{
	const struct machine *machine = machine_find(cell->machine, NULL);

	for (guint i = 0; machine && i < night->builds->len; i++) {
		struct night_build *build = night->builds->pdata[i];

		if (build->kernel == cell->kernel && !strcmp(build->arch, machine->arch))
			return build;
	}
	return NULL;
}

void night_find_builds(struct night *night)
{
	for (guint i = 0; i < night->cells->len; i++) {
		const struct night_cell *cell = night->cells->pdata[i];
		const struct machine *machine = machine_find(cell->machine, NULL);
		struct night_build *build;

		if (!machine || !kernel_is_source(night->kernels[cell->kernel].source) || night_build_of(night, cell))
			continue;
		build = g_new0(struct night_build, 1);
		build->kernel = cell->kernel;
		build->arch = g_strdup(machine->arch);
		g_ptr_array_add(night->builds, build);
	}
}

/* ---- cells ---- */

static void exclude(struct night *night, guint kernel, const char *scenario, const char *machine, const char *why)
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

/* Why SCENARIO is not run on MACHINE with that kernel, or NULL. */
static char *why_not(const struct plan *plan, guint kernel, const char *word, const struct scenario *scenario,
		     const struct machine *machine)
{
	g_autoptr(GError) why = NULL;

	for (unsigned i = 0; i < plan->n_excludes; i++) {
		struct plan_exclude *e = &plan->excludes[i];

		if (is(e->scenario, word) && is(e->machine, machine->name) && is(e->kernel, plan->kernels[kernel].name)) {
			e->used++;
			return g_strdup(e->why);
		}
	}
	if (!g_strv_contains((const char *const *)scenario->machines, machine->name))
		return g_strdup("the scenario is not for that machine");
	return scenario_check_machine(scenario, machine, &why) ? NULL : g_strdup(why->message);
}

static void add_cell(struct night *night, const struct plan *plan, guint kernel, const char *word,
		     const struct scenario *scenario, const struct machine *machine, const guint64 *seed, guint repetition)
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
			add_cell(night, plan, kernel, word, scenario, machine, plan->n_seeds ? &plan->seeds[s] : NULL, r);
}

static gboolean add_scenario(struct night *night, const struct plan *plan, guint kernel, const char *word,
			     GError **error)
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

		night->kernels[k] = (struct night_kernel){g_strdup(from->name), g_strdup(from->source),
							  copy_list(from->patches, from->n_patches),
							  copy_list(from->fragments, from->n_fragments), from->no_lockdep};
	}
	for (unsigned k = 0; k < plan->n_kernels; k++)
		for (unsigned s = 0; s < plan->n_scenarios; s++)
			if (!add_scenario(night, plan, k, plan->scenarios[s], error))
				return FALSE;
	for (unsigned i = 0; i < plan->n_excludes; i++)
		if (!plan->excludes[i].used)
			return rig_fail(error, RIG_EXIT_USAGE, "%s: the exclude '%s' leaves nothing out", plan->file,
					plan->excludes[i].why);
	if (!night->cells->len)
		return rig_fail(error, RIG_EXIT_USAGE, "%s: no cell is left: %s", plan->file,
				night->excluded->len ? ((struct night_excluded *)night->excluded->pdata[0])->why : "?");
	night_find_builds(night);
	for (guint i = 0; i < night->cells->len; i++) {
		struct night_cell *cell = night->cells->pdata[i];

		night_estimate(night, cell, &cell->item);
	}
	return TRUE;
}

/* ---- what came of one ---- */

static guint count(const struct night_cell *cell, enum outcome outcome)
{
	guint n = 0;

	for (guint i = 0; i < cell->attempts->len; i++)
		n += g_array_index(cell->attempts, struct attempt, i).outcome == outcome;
	return n;
}

static gboolean skipped(const struct night_cell *cell)
{
	for (guint i = 0; i < cell->attempts->len; i++)
		if (g_array_index(cell->attempts, struct attempt, i).verdict == VERDICT_SKIP)
			return TRUE;
	return FALSE;
}

/* What fails is run again to the last retry, to learn how often; what gave no answer until there is one. */
gboolean night_needs_more(const struct night *night, const struct night_cell *cell)
{
	if (!cell->attempts->len)
		return TRUE;
	if (skipped(cell) || cell->attempts->len > night->retries)
		return FALSE;
	return count(cell, OUTCOME_BAD) || !count(cell, OUTCOME_GOOD);
}

void night_settle(const struct night *night, struct night_cell *cell)
{
	const struct night_build *build = night_build_of(night, cell);
	guint good = count(cell, OUTCOME_GOOD), bad = count(cell, OUTCOME_BAD);

	if (!cell->attempts->len && build && build->ended && !build->ok)
		cell->status = CELL_NONE;
	else if (night_needs_more(night, cell))
		cell->status = CELL_WAITING;
	else if (bad)
		cell->status = good ? CELL_FLAKY : CELL_BAD;
	else
		cell->status = good ? CELL_GOOD : skipped(cell) ? CELL_SKIP : CELL_NONE;
}

const char *cell_status_name(enum cell_status status)
{
	static const char *const names[] = {
		[CELL_WAITING] = "left", [CELL_GOOD] = "good", [CELL_FLAKY] = "flaky",
		[CELL_BAD] = "bad",	 [CELL_NONE] = "none", [CELL_SKIP] = "skip",
	};

	return names[status];
}
