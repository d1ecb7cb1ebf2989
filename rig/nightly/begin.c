// SPDX-License-Identifier: GPL-2.0-only
/* Starts a new night (one execution of a plan): creates its folder with cells.json. */
#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "nightly/internal.h"
#include "util/clock.h"
#include "util/durable.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/sweep.h"

/*
 * Returns the options for each `rig run`: first those of the plan, then those of the caller. If an
 * option occurs twice, `rig run` uses the last one.
 */
static char **words_of(const struct plan *plan, char *const *callers)
{
	g_autoptr(GStrvBuilder) words = g_strv_builder_new();

	if (plan->launcher)
		g_strv_builder_add_many(words, "--launcher", plan->launcher, NULL);
	if (plan->connect)
		g_strv_builder_add_many(words, "--connect", plan->connect, NULL);
	for (unsigned i = 0; i < plan->n_vary; i++)
		g_strv_builder_add_many(words, "--vary", plan->vary[i], NULL);
	if (plan->coverage)
		g_strv_builder_add(words, "--coverage");
	if (callers)
		g_strv_builder_addv(words, (const char **)callers);
	return g_strv_builder_end(words);
}

struct night *night_new(const struct plan *plan, const struct night_options *options,
			GError **error)
{
	rig_auto(night) night = night_new_empty(options, error);
	char **extra;

	if (!night)
		return NULL;
	night->past = night_list(night->results);
	extra = words_of(plan, night->extra);
	g_strfreev(night->extra);
	night->extra = extra;
	night->plan = g_strdup(plan->name);
	night->about = g_strdup(plan->about);
	night->began = rig_utc_now(FALSE);
	night->retries = plan->retries;
	night->duration_s = plan->duration_s;
	night->patience_s = plan->patience_s;
	night->keep = plan->keep;
	return night_expand(night, plan, error) ? g_steal_pointer(&night) : NULL;
}

/* ---- cells.json ---- */

static json_t *cells_json(const struct night *night)
{
	json_t *kernels = json_array(), *cells = json_array(), *excluded = json_array();

	for (guint i = 0; i < night->n_kernels; i++) {
		const struct night_kernel *k = &night->kernels[i];

		json_array_append_new(kernels, json_pack("{s:s, s:s, s:o, s:o, s:b}", "tree",
							 k->tree, "source", k->source, "patches",
							 night_strings(k->patches), "fragments",
							 night_strings(k->fragments), "no_lockdep",
							 k->no_lockdep));
	}
	for (guint i = 0; i < night->cells->len; i++) {
		const struct night_cell *c = night->cells->pdata[i];

		json_array_append_new(
			cells, json_pack("{s:s, s:s, s:s, s:s, s:i, s:I, s:i}", "cell", c->key,
					 "scenario", c->scenario, "name", c->scenario_name,
					 "machine", c->machine, "kernel", c->kernel, "seed",
					 (json_int_t)c->seed, "repetition", c->repetition));
	}
	for (guint i = 0; i < night->excluded->len; i++) {
		const struct night_excluded *e = night->excluded->pdata[i];

		json_array_append_new(excluded, json_pack("{s:s, s:s, s:s, s:s}", "scenario",
							  e->scenario, "machine", e->machine,
							  "tree", e->tree, "why", e->why));
	}
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:I, s:i, s:i, s:i, s:{s:i, s:i, s:i}, s:o, "
			 "s:o, s:o, s:o}",
			 "version", NIGHT_VERSION, "id", night->id, "plan", night->plan, "about",
			 night->about, "began", night->began, "seed", (json_int_t)night->seed,
			 "retries", night->retries, "duration_s", night->duration_s, "patience_s",
			 night->patience_s, "keep", "runs", night->keep.runs, "passed",
			 night->keep.passed, "kernels", night->keep.kernels, "extra",
			 night_strings(night->extra), "kernels", kernels, "cells", cells,
			 "excluded", excluded);
}

gboolean night_begin(struct night *night, GError **error)
{
	g_autofree char *base = rig_utc_now(TRUE), *file = NULL, *text = NULL;
	g_autofree char *nights = g_build_filename(night->results, "nights", NULL);
	json_auto_t *json = NULL;
	char *dumped;

	if (g_mkdir_with_parents(nights, 0755) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s': %s", nights,
				g_strerror(errno));
	/* remove folders that killed runs have left */
	sweep_folders(night->results);
	for (guint n = 1;; n++) {
		g_free(night->id);
		g_free(night->dir);
		night->id = n == 1 ? g_strdup(base) : g_strdup_printf("%s-%u", base, n);
		night->dir = g_build_filename(nights, night->id, NULL);
		if (g_mkdir(night->dir, 0755) == 0)
			break;
		if (errno != EEXIST || n > 1000)
			return rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s': %s", night->dir,
					g_strerror(errno));
	}
	if (!night_open_files(night, error))
		return FALSE;
	json = cells_json(night);
	dumped = json_dumps(json, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	if (!dumped)
		return rig_fail(error, RIG_EXIT_USAGE,
				"a name or path in the plan is not valid UTF-8");
	text = g_strconcat(dumped, "\n", NULL);
	free(dumped);
	file = g_build_filename(night->dir, "cells.json", NULL);
	if (!rig_write_file(file, text, -1, error))
		return FALSE;
	/*
	 * sync the folder now: the ID of the night is printed next, and from then on the night must
	 * survive a power loss
	 */
	durable_name(night->dir);
	durable_name(nights);
	return TRUE;
}
