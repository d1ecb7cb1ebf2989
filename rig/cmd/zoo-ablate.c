// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has zoo_run(), which runs a zoo entry once, and `rig zoo ablate`, which measures how much each
 * part of an entry's scenario contributes to catching the bug.
 */
#include "cmd/zoo.h"

#include <stdio.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/findings.h"
#include "cmd/request.h"
#include "cmd/where.h"
#include "scenario/scenario.h"
#include "util/error.h"
#include "util/term.h"

const char *zoo_machine(const struct zoo_entry *entry, const struct zoo_want *want, GError **error)
{
	const char *machine = want->machine ? want->machine : entry->machines[0];
	g_autofree char *known = NULL;

	if (g_strv_contains((const char *const *)entry->machines, machine))
		return machine;
	known = g_strjoinv(", ", entry->machines);
	rig_fail(error, RIG_EXIT_USAGE, "zoo entry %s: unsupported machine '%s' (available: %s)",
		 entry->id, machine, known);
	return NULL;
}

gboolean zoo_run(const struct zoo_entry *entry, const struct zoo_want *want, const char *machine,
		 const char *without, struct run_info **ret, GError **error)
{
	g_autofree char *scenario = zoo_scenario(entry);
	g_auto(GStrv) patches = NULL;
	g_auto(GStrv) fragments = NULL;
	json_auto_t *zoo = json_pack("{s:s, s:b}", "entry", entry->id, "clean", want->clean);
	struct run_request run = {
		.scenario = scenario,
		.machine = machine,
		.mmu = entry->mmu,
		.seed = want->seed,
		.launcher = want->launcher,
		.emulator = want->emulator,
		.uri = want->uri,
		.results = want->results,
		.kernel = want->kernel ? want->kernel : zoo_kernel(entry),
		.jobs = want->jobs,
		.duration_s = want->duration ? want->duration : (int)entry->duration_s,
		.patience_s = entry->patience_s,
		.zoo = zoo,
		.without = without,
	};

	if (!zoo_patches(entry, want->kernel, want->clean, &patches, &fragments, error))
		return FALSE;
	run.patches = patches;
	run.fragments = fragments;
	if (request_run(&run, want->json ? SHOW_NOTHING : SHOW_BUILD, ret, error))
		return TRUE;
	g_prefix_error(error, "%s: ", entry->id);
	return FALSE;
}

/*
 * Runs the scenario of ENTRY without the part WITHOUT (an agent or a step), or completely if
 * WITHOUT is NULL.
 */
static struct zoo_score *try_without(const struct zoo_entry *entry, const struct zoo_want *want,
				     const char *machine, const char *without, GError **error)
{
	rig_auto(zoo_score) score = zoo_score_new(entry->id, machine, "", without);

	for (int n = 0; n < MAX(want->repeat, 1); n++) {
		rig_auto(run_info) run = NULL;
		struct zoo_outcome o;

		if (!zoo_run(entry, want, machine, without, &run, error))
			return NULL;
		if (run->verdict == VERDICT_ABORTED) {
			rig_fail(error, RIG_EXIT_INFRA, "stopped in run %d of %d", n + 1,
				 MAX(want->repeat, 1));
			return NULL;
		}
		o = zoo_judge(entry, run);
		zoo_score_add(score, &o, FALSE);
	}
	return g_steal_pointer(&score);
}

static void print_row(const char *without, const struct zoo_score *score,
		      const struct zoo_score *whole)
{
	g_autofree char *seconds = zoo_spread(score->seconds, 1), *ops = zoo_spread(score->ops, 0);
	const char *colour = zoo_is_worse(score, whole) ? term_colour(TERM_BOLD) : "";

	printf("%s%-28s %2u of %-2u  %-22s %s%s\n", colour, without ? without : "(nothing)",
	       score->caught, score->runs, seconds, ops, *colour ? term_colour(TERM_PLAIN) : "");
	fflush(stdout);
}

static json_t *row_json(const char *without, const struct zoo_score *score,
			const struct zoo_score *whole)
{
	return json_pack("{s:s?, s:i, s:i, s:b, s:f, s:f}", "without", without, "runs", score->runs,
			 "caught", score->caught, "worse", zoo_is_worse(score, whole), "median_s",
			 zoo_median(score->seconds), "median_ops", zoo_median(score->ops));
}

static char **parts_of(const struct zoo_entry *entry, GError **error)
{
	g_autofree char *file = zoo_scenario(entry);
	rig_auto(scenario) scenario = scenario_load(file, error);

	return scenario ? scenario_ablations(scenario) : NULL;
}

static void show(const char *without, const struct zoo_score *score, const struct zoo_score *whole,
		 json_t *rows)
{
	if (rows)
		json_array_append_new(rows, row_json(without, score, whole));
	else
		print_row(without, score, whole);
}

/*
 * Runs the scenario completely, and without each of its parts (agents and steps). *ret_found is
 * TRUE if each run of the complete scenario caught the bug.
 */
static gboolean ablate(const struct zoo_entry *entry, const struct zoo_want *want, json_t *rows,
		       gboolean *ret_found, GError **error)
{
	const char *machine = zoo_machine(entry, want, error);
	g_auto(GStrv) parts = machine ? parts_of(entry, error) : NULL;
	rig_auto(zoo_score) whole = NULL;

	whole = parts ? try_without(entry, want, machine, NULL, error) : NULL;
	if (!whole)
		return FALSE;
	show(NULL, whole, whole, rows);
	for (char **part = parts; *part; part++) {
		rig_auto(zoo_score) score = try_without(entry, want, machine, *part, error);

		if (!score)
			return FALSE;
		show(*part, score, whole, rows);
	}
	*ret_found = whole->runs && whole->caught == whole->runs;
	return TRUE;
}

/* ---- runs on a place (--on) ---- */

static void score_free(void *data)
{
	zoo_score_free(data);
}

/*
 * Counts RUN in the score it belongs to. DATA is the array of scores: first that of the complete
 * scenario, then one for each part that is left out.
 */
static void add_run(const struct zoo_entry *entry, const struct run_info *run, void *data)
{
	const char *without = json_string_value(json_object_get(run->inputs, "without"));
	GPtrArray *scores = data;
	struct zoo_outcome o = zoo_judge(entry, run);

	for (guint i = 0; i < scores->len; i++)
		if (!g_strcmp0(((struct zoo_score *)scores->pdata[i])->without, without))
			zoo_score_add(scores->pdata[i], &o, FALSE);
}

/*
 * Runs the scenario completely, and without each of its parts (agents and steps), as jobs of the
 * place that --on selects. *ret_found is TRUE if each run of the complete scenario caught the bug.
 */
static gboolean ablate_there(const struct zoo_entry *entry, const struct zoo_want *want,
			     json_t *rows, gboolean *ret_found, GError **error)
{
	const char *machine = zoo_machine(entry, want, error);
	g_auto(GStrv) parts = machine ? parts_of(entry, error) : NULL;
	g_autoptr(GPtrArray) scores = g_ptr_array_new_with_free_func(score_free),
			     entries = g_ptr_array_new();
	struct zoo_score *whole;

	if (!parts)
		return FALSE;
	whole = zoo_score_new(entry->id, machine, "", NULL);
	g_ptr_array_add(scores, whole);
	for (char **part = parts; *part; part++)
		g_ptr_array_add(scores, zoo_score_new(entry->id, machine, "", *part));
	g_ptr_array_add(entries, (gpointer)entry);
	if (zoo_run_at_place(entries, want, parts, add_run, scores))
		return rig_fail(error, RIG_EXIT_INFRA,
				"%s: some runs ended without a result (INFRA or LOST); repeat the "
				"command",
				entry->id);
	for (guint i = 0; i < scores->len; i++) {
		const struct zoo_score *score = scores->pdata[i];

		show(score->without, score, whole, rows);
	}
	*ret_found = whole->runs && whole->caught == whole->runs;
	return TRUE;
}

int zoo_ablate(const char *id, const struct zoo_want *want)
{
	g_autoptr(GError) error = NULL;
	rig_auto(zoo_entry) entry = zoo_load(id, &error);
	json_t *rows = want->json ? json_array() : NULL;
	gboolean ok, found = FALSE;

	if (entry && !rows)
		printf("%s%s%s: for each part of the scenario that was left out, how often the "
		       "bug was caught, and the guest seconds and operations until then\n\n",
		       term_colour(TERM_BOLD), entry->id, term_colour(TERM_PLAIN));
	ok = entry && (where_is_given() ? ablate_there : ablate)(entry, want, rows, &found, &error);
	/* also print the results that were complete before the error */
	if (rows)
		cmd_print_json(rows);
	if (!ok)
		return rig_report_error(error);
	return found ? RIG_EXIT_PASS : RIG_EXIT_FAIL;
}
