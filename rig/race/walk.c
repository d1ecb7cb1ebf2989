// SPDX-License-Identifier: GPL-2.0-only
/* The main loop of a walk over functions that can fail. */
#include "race/walk.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>

#include "race/internal.h"
#include "race/walk-cells.h"
#include "scenario/fallible.h"
#include "util/error.h"
#include "util/paths.h"

#define STOP_GRACE_S 10
#define TRIES_MAX 2

struct walk_slot {
	struct walk *walk;
	struct walk_cell *cell;
	struct child *child;
};

struct walk {
	struct walk_options options;
	struct walk_cells *cells;
	json_t *words;
	char *cwd;
	void (*ended)(const struct walk_cell *cell, void *data);
	void *data;
	/* only set while the walk runs */
	GMainLoop *loop;
	struct walk_slot slot[RACE_GUESTS_MAX];
	guint budget_source;
	gboolean over;
	enum walk_end end;
	GError *error;
};

static void step(struct walk *walk);

static gboolean save(const struct walk *walk, GError **error)
{
	g_autofree char *path = g_build_filename(walk->options.run.dir, "race.json", NULL);
	json_auto_t *state = json_pack("{s:i, s:s, s:O, s:o}", "version", WALK_VERSION, "folder",
				       walk->cwd, "words", walk->words, "walk",
				       walk_cells_json(walk->cells));
	g_autofree char *text = state ? json_dumps(state, JSON_INDENT(1)) : NULL;

	if (!text)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot write '%s': the state is not UTF-8",
				path);
	return rig_write_file(path, text, -1, error);
}

struct walk *walk_new(const struct walk_options *options, json_t *words, json_t *state,
		      GError **error)
{
	rig_auto(walk) walk = g_new0(struct walk, 1);

	walk->options = *options;
	walk->words = json_incref(words);
	walk->cwd = g_get_current_dir();
	walk->cells = walk_cells_new();
	if (g_mkdir_with_parents(options->run.dir, 0755) < 0) {
		rig_fail(error, RIG_EXIT_INFRA, "cannot make '%s'", options->run.dir);
		return NULL;
	}
	if (state && !walk_cells_read(walk->cells, state)) {
		rig_fail(error, RIG_EXIT_USAGE,
			 "'%s/race.json' is not of a walk of this version; start a new one",
			 options->run.dir);
		return NULL;
	}
	return save(walk, error) ? g_steal_pointer(&walk) : NULL;
}

void walk_free(struct walk *walk)
{
	for (guint i = 0; i < RACE_GUESTS_MAX; i++)
		g_clear_pointer(&walk->slot[i].child, child_free);
	walk_cells_free(walk->cells);
	json_decref(walk->words);
	g_free(walk->cwd);
	g_free(walk);
}

void walk_watch(struct walk *walk, void (*ended)(const struct walk_cell *cell, void *data),
		void *data)
{
	walk->ended = ended;
	walk->data = data;
}

const GPtrArray *walk_cells(const struct walk *walk)
{
	return walk->cells->list;
}

const GPtrArray *walk_uncalled(const struct walk *walk)
{
	return walk->cells->uncalled;
}

json_t *walk_json(const struct walk *walk)
{
	return walk_cells_json(walk->cells);
}

static void finish(struct walk *walk, enum walk_end end)
{
	gboolean idle = TRUE;

	if (!walk->over)
		walk->end = end;
	walk->over = TRUE;
	for (guint i = 0; i < RACE_GUESTS_MAX; i++)
		if (walk->slot[i].child) {
			idle = FALSE;
			child_stop(walk->slot[i].child, STOP_GRACE_S);
		}
	if (idle)
		g_main_loop_quit(walk->loop);
}

static gboolean on_signal(void *data)
{
	finish(data, WALK_STOPPED);
	return G_SOURCE_CONTINUE;
}

static gboolean on_budget(void *data)
{
	struct walk *walk = data;

	walk->budget_source = 0;
	finish(walk, WALK_OUT_OF_BUDGET);
	return G_SOURCE_REMOVE;
}

static void start_budget(struct walk *walk)
{
	g_clear_handle_id(&walk->budget_source, g_source_remove);
	walk->budget_source = g_timeout_add_seconds(walk->options.run.budget_s, on_budget, walk);
}

/* Handles the end of the first run, in which calls were counted. */
static void take_counts(struct walk *walk, struct walk_cell *cell,
			const struct child_result *result)
{
	json_t *details = json_object_get(result->answer, "details");

	/*
	 * start the budget now, because the time in which this run built the kernel does not count
	 */
	start_budget(walk);
	if (cell->result == WALK_VIOLATION) {
		finish(walk, WALK_FAILS_ALONE);
		return;
	}
	cell->result = WALK_CLEAN;
	walk_cells_fill(walk->cells, json_object_get(details, "calls"), walk->options.calls,
			walk->options.run.around);
}

/* Ends the walk because a run was refused, as all others would be. */
static void refuse(struct walk *walk, const struct child_result *result)
{
	if (!walk->error)
		rig_fail(&walk->error,
			 result->verdict == VERDICT_SKIP ? RIG_EXIT_SKIP : RIG_EXIT_USAGE, "%s",
			 result->problem ? result->problem : "the run was refused");
	finish(walk, WALK_STOPPED);
}

static void on_ran(struct child *child, const struct child_result *result, void *data)
{
	struct walk_slot *slot = data;
	struct walk *walk = slot->walk;
	struct walk_cell *cell = slot->cell;
	GError *error = NULL;

	slot->child = NULL;
	cell->busy = FALSE;
	if (result->exit_code == RIG_EXIT_USAGE || result->verdict == VERDICT_SKIP) {
		refuse(walk, result);
	} else if (result->end != CHILD_STOPPED) {
		walk_cell_take(cell, result, TRIES_MAX);
		if (!*cell->fail && cell->result != WALK_OPEN && cell->result != WALK_NOT_JUDGED)
			take_counts(walk, cell, result);
		if (walk->ended)
			walk->ended(cell, walk->data);
		if (!save(walk, &error)) {
			g_clear_error(&walk->error);
			walk->error = error;
			finish(walk, WALK_STOPPED);
		}
	}
	child_free(child);
	step(walk);
}

static void add(GPtrArray *words, const char *option, const char *value)
{
	g_ptr_array_add(words, (char *)option);
	if (value)
		g_ptr_array_add(words, (char *)value);
}

static void start(struct walk *walk, struct walk_slot *slot)
{
	const struct race_options *o = &walk->options.run;
	g_autofree char *name = g_path_get_basename(o->dir),
			*label = g_strconcat("race=", name, NULL);
	const char *labels[] = {label, NULL};
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	struct child_spec spec = {
		.scenario = o->scenario,
		.machine = o->machine,
		.kernel = o->kernel,
		.patches = o->patches,
		.fragments = o->fragments,
		.duration_s = o->duration_s,
		.patience_s = o->patience_s,
		.results = o->results,
		.labels = labels,
		.rig = o->rig,
		.limit_s = CHILD_RUN_LIMIT_S + o->duration_s,
	};

	add(words, "--memory-image", "0");
	if (o->drop_holds)
		add(words, "--without", "holds");
	if (o->no_lockdep)
		add(words, "--no-lockdep", NULL);
	if (o->emulator)
		add(words, "--qemu", o->emulator);
	if (*slot->cell->fail)
		add(words, "--fail", slot->cell->fail);
	else
		add(words, "--calls", NULL);
	g_ptr_array_add(words, NULL);
	spec.extra = (const char *const *)words->pdata;
	slot->walk = walk;
	slot->cell->busy = TRUE;
	slot->child = child_run(&spec, on_ran, slot, walk->error ? NULL : &walk->error);
	if (!slot->child)
		finish(walk, WALK_STOPPED);
}

/* Starts a run for each free guest, and ends the loop if nothing is left. */
static void step(struct walk *walk)
{
	gboolean busy = FALSE;

	for (guint i = 0; i < walk->options.run.guests && !walk->over; i++) {
		struct walk_slot *slot = &walk->slot[i];

		if (!slot->child && (slot->cell = walk_cells_next(walk->cells)))
			start(walk, slot);
		busy |= slot->child != NULL;
	}
	if (walk->over)
		finish(walk, walk->end);
	else if (!busy)
		finish(walk, WALK_DONE);
}

gboolean walk_run(struct walk *walk, enum walk_end *ret, GError **error)
{
	guint sources[2];

	walk->loop = g_main_loop_new(NULL, FALSE);
	sources[0] = g_unix_signal_add(SIGINT, on_signal, walk);
	sources[1] = g_unix_signal_add(SIGTERM, on_signal, walk);
	start_budget(walk);
	step(walk);
	if (!walk->over)
		g_main_loop_run(walk->loop);
	for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
		g_source_remove(sources[i]);
	g_clear_handle_id(&walk->budget_source, g_source_remove);
	g_clear_pointer(&walk->loop, g_main_loop_unref);
	if (walk->error) {
		g_propagate_error(error, g_steal_pointer(&walk->error));
		return FALSE;
	}
	*ret = walk->end;
	return TRUE;
}
