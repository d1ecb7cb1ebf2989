// SPDX-License-Identifier: GPL-2.0-only
/* Starts the run of a trial: converts its holds to options of `rig run`. */
#include "race/internal.h"

#include "util/paths.h"

/*
 * Seconds without a completed operation after which a sweep is judged to hang. This is twice the
 * default: when no operation completes, the engine disarms the holds of the sweep (holds_pause()),
 * and then needs time to see whether operations complete again. A slow kernel often gets into this
 * state.
 */
#define SWEEP_PATIENCE_S 40

static void add(GPtrArray *words, const char *option, const char *value)
{
	g_ptr_array_add(words, g_strdup(option));
	if (value)
		g_ptr_array_add(words, g_strdup(value));
}

/* Adds the holds of TRIAL to the command line: those of a sweep as a file, others as options. */
static gboolean add_holds(struct race_search *search, const struct race_trial *trial,
			  GPtrArray *words, GError **error)
{
	g_autofree char *text = NULL, *name = NULL, *file = NULL;

	if (!race_is_sweep(trial)) {
		for (guint i = 0; i < trial->n; i++) {
			g_autofree char *hold = race_hold_text(trial, i);

			add(words, "--hold", hold);
		}
		return TRUE;
	}
	text = race_sweep(trial);
	name = g_strdup_printf("sweep-%zu-%u", json_array_size(search->trials), ++search->sweeps);
	file = g_build_filename(search->options.dir, name, NULL);
	add(words, "--sweep", file);
	return rig_write_file(file, text, -1, error);
}

/*
 * Returns how many seconds the load of the sweep TRIAL lasts (a run in which holds take turns): the
 * option `sweep_s` in RACE_EXPLORE, which tries up to RACE_ARMS holds at once; half of it in later
 * phases, which try at most RACE_GROUP.
 */
static guint sweep_s(const struct race_options *o, const struct race_trial *trial)
{
	return trial->phase == RACE_EXPLORE ? o->sweep_s : o->sweep_s / 2;
}

gboolean race_start_trial(struct race_slot *slot, race_done done, GError **error)
{
	struct race_search *search = slot->search;
	const struct race_options *o = &search->options;
	gboolean is_sweep = !slot->is_record && race_is_sweep(&slot->trial);
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	const struct race_run run = {
		.duration_s = slot->is_record && o->record_s ? o->record_s
			      : is_sweep && o->sweep_s	     ? sweep_s(o, &slot->trial)
							     : o->duration_s,
		.patience_s = is_sweep && !o->patience_s ? SWEEP_PATIENCE_S : o->patience_s,
		.extra = words,
	};

	if (slot->is_record)
		add(words, "--visits", search->visits_words);
	else if (!add_holds(search, &slot->trial, words, error))
		return FALSE;
	race_job_run(&slot->job, search->loop.place, o, &run, done, slot);
	return TRUE;
}
