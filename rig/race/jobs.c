// SPDX-License-Identifier: GPL-2.0-only
/* Starts the runs and the build of a search as jobs of a place. */
#include "race/internal.h"

#include "util/clock.h"
#include "util/paths.h"

/*
 * Seconds without a completed operation after which a run fails; twice the default, because a sweep
 * pauses while no operation completes, which is frequent with a slow kernel.
 */
#define SWEEP_PATIENCE_S 40
#define LABEL "race="

void race_slot_clear(struct race_slot *slot)
{
	g_clear_pointer(&slot->words, g_strfreev);
	g_clear_pointer(&slot->key, g_free);
}

static char **slot_words(const struct place_job *job, guint cores)
{
	const struct race_slot *slot = job->data;

	(void)cores;
	return g_strdupv(slot->words);
}

/* Adds the job of SLOT to the place. WORDS is stolen. */
static void add_job(struct race_slot *slot, enum child_kind kind, char **words, guint limit_s,
		    void (*done)(struct place_job *job, const struct child_result *result))
{
	struct race_search *search = slot->search;

	slot->words = words;
	/* a unique key, because the results of an earlier process are not used */
	slot->key = g_strdup_printf("%" G_GINT64_FORMAT " %u", rig_now_ns(), ++search->n_jobs);
	slot->job = (struct place_job){
		.kind = kind,
		.key = slot->key,
		.label = slot->key,
		.item = {.need = search->options.need},
		.limit_s = limit_s,
		.words = slot_words,
		.done = done,
		.data = slot,
	};
	place_add(search->place, &slot->job);
}

void race_start_build(struct race_slot *slot,
		      void (*done)(struct place_job *job, const struct child_result *result))
{
	const struct race_options *o = &slot->search->options;
	const struct child_build_spec spec = {
		.source = o->source,
		.arch = o->arch,
		.patches = o->patches,
		.fragments = o->fragments,
		.no_lockdep = o->no_lockdep,
	};

	add_job(slot, CHILD_BUILD, child_build_words(&spec), CHILD_BUILD_LIMIT_S, done);
}

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

/* The duration of a sweep; a sweep of few holds needs only half the time. */
static guint sweep_s(const struct race_options *o, const struct race_trial *trial)
{
	return trial->phase == RACE_EXPLORE ? o->sweep_s : o->sweep_s / 2;
}

/* The scenario, the kernel, and the duration of the run in SLOT. */
static struct child_spec spec_of(const struct race_slot *slot, const char *const *labels)
{
	const struct race_options *o = &slot->search->options;
	gboolean is_sweep = !slot->is_record && race_is_sweep(&slot->trial);

	return (struct child_spec){
		.scenario = o->scenario,
		.machine = o->machine,
		.kernel = o->kernel,
		.patches = o->patches,
		.fragments = o->fragments,
		.duration_s = slot->is_record && o->record_s ? o->record_s
			      : is_sweep && o->sweep_s	     ? sweep_s(o, &slot->trial)
							     : o->duration_s,
		.patience_s = is_sweep && !o->patience_s ? SWEEP_PATIENCE_S : o->patience_s,
		.labels = labels,
	};
}

gboolean race_start_run(struct race_slot *slot,
			void (*done)(struct place_job *job, const struct child_result *result),
			GError **error)
{
	struct race_search *search = slot->search;
	const struct race_options *o = &search->options;
	g_autofree char *name = g_path_get_basename(o->dir),
			*label = g_strconcat(LABEL, name, NULL);
	const char *labels[] = {label, NULL};
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	struct child_spec spec = spec_of(slot, labels);

	/* a run that hung ends sooner if no memory image is saved */
	add(words, "--memory-image", "0");
	if (o->drop_holds)
		add(words, "--without", "holds");
	if (o->no_lockdep)
		add(words, "--no-lockdep", NULL);
	if (o->emulator)
		add(words, "--qemu", o->emulator);
	if (slot->is_record)
		add(words, "--visits", search->visits_words);
	if (!slot->is_record && !add_holds(search, &slot->trial, words, error))
		return FALSE;
	g_ptr_array_add(words, NULL);
	spec.extra = (const char *const *)words->pdata;
	add_job(slot, CHILD_RUN, child_run_words(&spec), CHILD_RUN_LIMIT_S + o->duration_s, done);
	return TRUE;
}

gboolean race_open_place(struct race_search *search, place_failed failed, GError **error)
{
	const struct race_options *o = &search->options;
	g_autofree char *record = g_build_filename(o->dir, "place", NULL),
			*name = g_path_get_basename(o->dir);

	search->place = o->place ? o->place : place_here_unlimited(o->results, o->rig);
	search->place->failed = failed;
	search->place->failed_data = search;
	return place_open(search->place, record, name, error);
}
