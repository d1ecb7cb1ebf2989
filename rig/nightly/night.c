// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creates a night in memory, finds its cells, and derives the status of a cell from its attempts
 * (runs).
 */
#include "nightly/internal.h"

#include <string.h>

#include "kernel/kernel.h"
#include "machine/machine.h"
#include "scenario/scenario.h"
#include "scenario/switches.h"
#include "util/error.h"
#include "util/paths.h"

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
	g_free(cell->stopped);
	g_array_unref(cell->attempts);
	g_free(cell);
}

void night_build_free(gpointer data)
{
	struct night_build *build = data;

	g_free(build->arch);
	g_free(build->scenario);
	g_free(build->adds);
	g_free(build->optional);
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

/* ---- builds that the cells need ---- */

/*
 * Returns a text with the options and modules that SCENARIO (or NULL) adds to a kernel, or "" if
 * there are none. The caller owns it.
 */
static char *additions(const struct scenario *scenario)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (!scenario)
		return g_strdup("");
	if (scenario->full)
		g_string_append(text, "full\n");
	for (char **line = scenario->kconfig; *line; line++)
		g_string_append_printf(text, "%s\n", *line);
	for (unsigned i = 0; i < scenario->n_modules; i++) {
		const struct scenario_module *module = &scenario->modules[i];

		g_string_append_printf(text, "module %s %s\n", module->name,
				       module->folder ? module->folder : "");
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Returns the build with the members of WANT, or adds a copy of WANT to NIGHT. */
static struct night_build *find_build(struct night *night, const struct night_build *want)
{
	struct night_build *build;

	for (guint i = 0; i < night->builds->len; i++) {
		build = night->builds->pdata[i];
		if (build->kernel == want->kernel && !strcmp(build->arch, want->arch) &&
		    !strcmp(build->adds, want->adds) && !g_strcmp0(build->optional, want->optional))
			return build;
	}
	build = g_new0(struct night_build, 1);
	build->kernel = want->kernel;
	build->arch = g_strdup(want->arch);
	build->adds = g_strdup(want->adds);
	build->optional = g_strdup(want->optional);
	build->scenario = *want->adds ? g_strdup(want->scenario) : NULL;
	g_ptr_array_add(night->builds, build);
	return build;
}

/* What the builds of a scenario's cells depend on. */
struct build_inputs {
	struct scenario *scenario; /* NULL if the scenario cannot be loaded */
	char *adds;
};

static void build_inputs_free(void *data)
{
	struct build_inputs *inputs = data;

	scenario_free(inputs->scenario);
	g_free(inputs->adds);
	g_free(inputs);
}

/* Returns the inputs of the scenario WORD, which ALL keeps. */
static struct build_inputs *inputs_of(GHashTable *all, char *word)
{
	struct build_inputs *inputs = g_hash_table_lookup(all, word);

	if (inputs)
		return inputs;
	inputs = g_new0(struct build_inputs, 1);
	inputs->scenario = scenario_load(word, NULL);
	inputs->adds = additions(inputs->scenario);
	g_hash_table_insert(all, word, inputs);
	return inputs;
}

void night_find_builds(struct night *night)
{
	g_autoptr(GHashTable) all =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, build_inputs_free);
	g_autofree char **vary = switch_texts((const char *const *)night->extra);

	for (guint i = 0; i < night->cells->len; i++) {
		struct night_cell *cell = night->cells->pdata[i];
		const struct machine *machine = machine_find(cell->machine, NULL);
		const char *source = night->kernels[cell->kernel].source, *fragment;
		struct build_inputs *inputs = inputs_of(all, cell->scenario);
		struct night_build want = {.kernel = cell->kernel,
					   .adds = inputs->adds,
					   .scenario = cell->scenario};

		if (!machine || !kernel_is_source(source) || kernel_is_package(source))
			continue;
		fragment = inputs->scenario ? switch_draw_fragment(inputs->scenario->vary, vary,
								   cell->seed)
					    : NULL;
		want.arch = (char *)machine->arch;
		want.optional = fragment ? rig_home_path(fragment) : NULL;
		cell->build = find_build(night, &want);
		g_free(want.optional);
	}
}

/* ---- creating and freeing a night ---- */

static struct place *place_of(const struct night *night)
{
	const struct place_options options = {
		.results = night->results,
		.rig = night->options.rig,
		.cores = night->options.cores,
		.memory = night->options.memory,
	};

	return place_here(&options);
}

struct night *night_new_empty(const struct night_options *options, GError **error)
{
	struct night *night = g_new0(struct night, 1);

	night->lock = night->journal = -1;
	night->results = g_canonicalize_filename(options->results, NULL);
	night->options = *options;
	night->extra = g_strdupv((char **)options->extra);
	night->seed = options->seed;
	night->cells = g_ptr_array_new_with_free_func(night_cell_free);
	night->builds = g_ptr_array_new_with_free_func(night_build_free);
	night->excluded = g_ptr_array_new_with_free_func(night_excluded_free);
	night->place = options->place ? options->place : place_of(night);
	night->host = night->place->room;
	night->index = index_open(night->results, NULL, NULL, error);
	if (night->index)
		return night;
	night_free(night);
	return NULL;
}

static void kernel_clear(struct night_kernel *kernel)
{
	g_free(kernel->tree);
	g_free(kernel->source);
	g_strfreev(kernel->patches);
	g_strfreev(kernel->fragments);
}

void night_free(struct night *night)
{
	if (!night)
		return;
	if (night->journal >= 0)
		close(night->journal);
	if (night->lock >= 0)
		close(night->lock);
	for (guint i = 0; i < night->n_kernels; i++)
		kernel_clear(&night->kernels[i]);
	g_free(night->kernels);
	g_ptr_array_unref(night->cells);
	g_ptr_array_unref(night->builds);
	g_ptr_array_unref(night->excluded);
	if (!night->options.place)
		place_free(night->place);
	index_free(night->index);
	json_decref(night->past);
	g_strfreev(night->extra);
	g_free(night->id);
	g_free(night->plan);
	g_free(night->about);
	g_free(night->dir);
	g_free(night->results);
	g_free(night->began);
	g_free(night);
}

/* ---- attempts: the runs of a cell ---- */

static guint count(const struct night_cell *cell, enum run_outcome outcome)
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

/*
 * Returns TRUE if every attempt of CELL has the verdict KNOWN (a known issue prevented a proof that
 * PASS needs).
 */
static gboolean all_known(const struct night_cell *cell)
{
	for (guint i = 0; i < cell->attempts->len; i++)
		if (g_array_index(cell->attempts, struct attempt, i).verdict != VERDICT_KNOWN)
			return FALSE;
	return cell->attempts->len > 0;
}

/*
 * Returns TRUE if CELL must be run (again). A cell that failed is repeated to measure how often it
 * fails, and a cell without a result until it has one; both at most `retries` times. A skipped cell
 * is not repeated.
 */
gboolean night_needs_more(const struct night *night, const struct night_cell *cell)
{
	if (!cell->attempts->len)
		return TRUE;
	if (skipped(cell) || cell->attempts->len > night->retries)
		return FALSE;
	return count(cell, OUTCOME_BAD) || !count(cell, OUTCOME_GOOD);
}

void night_update_status(const struct night *night, struct night_cell *cell)
{
	const struct night_build *build = cell->build;
	guint good = count(cell, OUTCOME_GOOD), bad = count(cell, OUTCOME_BAD);

	if (!cell->attempts->len && build && build->ended && !build->ok)
		cell->status = CELL_SKIP;
	else if (night_needs_more(night, cell))
		cell->status = CELL_WAITING;
	else if (bad)
		cell->status = good ? CELL_FLAKY : CELL_BAD;
	else
		cell->status = good				   ? CELL_GOOD
			       : skipped(cell) || all_known(cell) ? CELL_SKIP
								  : CELL_NONE;
}

const char *cell_status_name(enum cell_status status)
{
	static const char *const names[] = {
		[CELL_WAITING] = "left", [CELL_GOOD] = "good", [CELL_FLAKY] = "flaky",
		[CELL_BAD] = "bad",	 [CELL_NONE] = "none", [CELL_SKIP] = "skip",
	};

	return names[status];
}

void night_add_attempt(struct night *night, struct night_cell *cell, const struct attempt *attempt)
{
	struct attempt mine = *attempt;
	guint place = 0;

	for (; place < cell->attempts->len; place++) {
		guint number = g_array_index(cell->attempts, struct attempt, place).number;

		if (number == mine.number)
			return;
		if (number > mine.number)
			break;
	}
	mine.run = g_strdup(attempt->run);
	mine.problem = g_strdup(attempt->problem);
	g_array_insert_val(cell->attempts, place, mine);
	night_update_status(night, cell);
}
