// SPDX-License-Identifier: GPL-2.0-only
/* The main loop of a walk, which lets calls of kernel functions fail, one in each run (walk.h). */
#include "race/walk.h"

#include <errno.h>
#include <string.h>

#include "race/internal.h"
#include "race/walk-cells.h"
#include "scenario/fallible.h"
#include "util/error.h"
#include "util/paths.h"

#define TRIES_MAX 2

struct walk_slot {
	struct walk *walk;
	struct walk_cell *cell;
	struct race_job job;
};

struct walk {
	struct walk_options options;
	struct walk_cells *cells;
	json_t *words;
	char *cwd;
	void (*ended)(const struct walk_cell *cell, void *data);
	void *data;
	struct race_loop loop;
	struct walk_slot slot[RACE_GUESTS_MAX];
};

static void step(void *data);

static gboolean save(const struct walk *walk, GError **error)
{
	g_autofree char *path = g_build_filename(walk->options.run.dir, "race.json", NULL);
	json_auto_t *state = json_pack("{s:i, s:s, s:O, s:o}", "version", WALK_VERSION, "folder",
				       walk->cwd, "words", walk->words, "walk",
				       walk_cells_json(walk->cells));
	g_autofree char *text = state ? json_dumps(state, JSON_INDENT(1)) : NULL;

	if (!text)
		return rig_fail(error, RIG_EXIT_INFRA,
				"cannot write '%s': a name or option is not valid UTF-8", path);
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
		rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s': %s", options->run.dir,
			 g_strerror(errno));
		return NULL;
	}
	if (state && !walk_cells_read(walk->cells, state)) {
		rig_fail(error, RIG_EXIT_USAGE,
			 "'%s/race.json' was not written by this version of `rig race --fail`; "
			 "start a new search",
			 options->run.dir);
		return NULL;
	}
	return save(walk, error) ? g_steal_pointer(&walk) : NULL;
}

void walk_free(struct walk *walk)
{
	race_close_place(&walk->options.run, &walk->loop.place);
	for (guint i = 0; i < RACE_GUESTS_MAX; i++)
		race_job_clear(&walk->slot[i].job);
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

/* Handles the end of the first run, in which calls were counted. */
static void take_counts(struct walk *walk, struct walk_cell *cell,
			const struct child_result *result)
{
	json_t *details = json_object_get(result->answer, "details");

	/* restart the budget: the time in which this run built the kernel does not count */
	loop_start_budget(&walk->loop, 0);
	if (cell->result == WALK_VIOLATION) {
		loop_end(&walk->loop, RACE_FAILS_ALONE);
		return;
	}
	cell->result = WALK_CLEAN;
	walk_cells_fill(walk->cells, json_object_get(details, "calls"), walk->options.calls,
			walk->options.run.around);
}

/* Ends the walk (walk.h) because a run was refused: all others would be refused, too. */
static void refuse(struct walk *walk, const struct child_result *result)
{
	GError *error = NULL;

	rig_fail(&error, result->verdict == VERDICT_SKIP ? RIG_EXIT_SKIP : RIG_EXIT_USAGE, "%s",
		 result->problem ? result->problem : "the run was refused");
	loop_fail(&walk->loop, error);
}

static void on_ran(struct place_job *job, const struct child_result *result)
{
	struct walk_slot *slot = job->data;
	struct walk *walk = slot->walk;
	struct walk_cell *cell = slot->cell;
	GError *error = NULL;

	race_job_clear(&slot->job);
	cell->busy = FALSE;
	if (!result) {
		;
	} else if (result->exit_code == RIG_EXIT_USAGE || result->verdict == VERDICT_SKIP) {
		refuse(walk, result);
	} else if (result->end != CHILD_STOPPED) {
		walk_cell_take(cell, result, TRIES_MAX);
		if (!*cell->fail && cell->result != WALK_OPEN && cell->result != WALK_NOT_JUDGED)
			take_counts(walk, cell, result);
		if (walk->ended)
			walk->ended(cell, walk->data);
		if (!save(walk, &error))
			loop_fail(&walk->loop, error);
	}
	step(walk);
}

static void on_built(struct place_job *job, const struct child_result *result)
{
	struct walk_slot *slot = job->data;
	struct walk *walk = slot->walk;

	race_job_clear(&slot->job);
	loop_built(&walk->loop, result);
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
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	const struct race_run run = {o->duration_s, o->patience_s, words};

	if (*slot->cell->fail)
		add(words, "--fail", slot->cell->fail);
	else
		add(words, "--calls", NULL);
	slot->cell->busy = TRUE;
	race_job_run(&slot->job, walk->loop.place, o, &run, on_ran, slot);
}

/*
 * Builds the kernel if needed; then starts a run for each free guest, and ends the loop if no cell
 * (a call to let fail) is left.
 */
static void step(void *data)
{
	struct walk *walk = data;

	if (!walk->loop.built && !walk->loop.over) {
		if (!walk->slot[0].job.key)
			race_job_build(&walk->slot[0].job, walk->loop.place, &walk->options.run,
			       on_built, &walk->slot[0]);
		return;
	}
	for (guint i = 0; i < walk->options.run.guests && !walk->loop.over; i++) {
		struct walk_slot *slot = &walk->slot[i];

		if (!slot->job.key && (slot->cell = walk_cells_next(walk->cells)))
			start(walk, slot);
	}
	if (walk->loop.over)
		loop_end(&walk->loop, walk->loop.end);
	else if (!loop_is_busy(&walk->loop))
		loop_end(&walk->loop, RACE_DONE);
}

gboolean walk_run(struct walk *walk, enum race_end *ret, GError **error)
{
	walk->loop.options = &walk->options.run;
	for (guint i = 0; i < RACE_GUESTS_MAX; i++) {
		walk->slot[i].walk = walk;
		walk->loop.jobs[i] = &walk->slot[i].job;
	}
	if (!loop_run(&walk->loop, step, walk, error))
		return FALSE;
	*ret = walk->loop.end;
	return TRUE;
}
