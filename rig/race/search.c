// SPDX-License-Identifier: GPL-2.0-only
/*
 * The main loop of a search: starts a run without holds, in which functions are counted, then the
 * trials.
 */
#include "race/internal.h"

#include <errno.h>
#include <string.h>

#include "util/error.h"
#include "util/paths.h"

#define FAULTS_MAX 3 /* after this many consecutive faults of the host, the search ends */

static void step(void *data);

struct race_search *race_search_new(const struct race_options *options, json_t *words,
				    json_t *state, GError **error)
{
	rig_auto(race_search) search = g_new0(struct race_search, 1);

	search->options = *options;
	search->cwd = g_get_current_dir();
	search->words = json_incref(words);
	search->trials = json_array();
	/* create the folder only after this check, so that a usage error leaves no folder behind */
	if (!race_around(options->around, options->results, &search->visits_words,
			 &search->favoured, error))
		return NULL;
	if (g_mkdir_with_parents(options->dir, 0755) < 0) {
		rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s': %s", options->dir,
			 g_strerror(errno));
		return NULL;
	}
	if ((state && !state_restore(search, state, error)) || !state_save(search, error))
		return NULL;
	return g_steal_pointer(&search);
}

void race_search_free(struct race_search *search)
{
	race_close_place(&search->options, &search->loop.place);
	for (guint i = 0; i < RACE_GUESTS_MAX; i++)
		race_job_clear(&search->slot[i].job);
	g_clear_pointer(&search->race, race_free);
	json_decref(search->words);
	json_decref(search->visits);
	json_decref(search->trials);
	g_free(search->visits_words);
	g_strfreev(search->favoured);
	g_free(search->said);
	g_free(search->failure);
	g_free(search->cwd);
	g_clear_pointer(&search->orders, g_hash_table_unref);
	g_free(search);
}

void race_search_watch(struct race_search *search,
		       void (*ended)(const struct race_event *event, void *data),
		       void (*starting)(const char *what, void *data), void *data)
{
	search->ended = ended;
	search->starting = starting;
	search->data = data;
}

const struct race *race_search_strategy(const struct race_search *search)
{
	return search->race;
}

const char *race_search_reason(const struct race_search *search)
{
	return search->said;
}

gboolean search_begin(struct race_search *search, json_t *visits, double seconds, GError **error)
{
	const struct race_record record = {
		.visits = visits,
		.seconds = seconds,
		.favoured = (const char *const *)search->favoured,
		.updates = search->options.updates,
		.pct = search->options.pct,
	};

	search->race = race_new(&record, error);
	if (search->race) {
		search->visits = json_incref(visits);
		search->seconds = seconds;
	}
	return search->race != NULL;
}

/* ---- the result of a run ---- */

static void notify(struct race_search *search, const struct child_result *result,
		   const struct race_trial *trial, const struct race_outcome *outcome)
{
	const struct race_event event = {
		.number = json_array_size(search->trials),
		.trial = trial,
		.outcome = outcome,
		.verdict = verdict_name(result->verdict),
		.said = outcome_reason(result),
		.wall_s = result->wall_s,
	};

	if (search->ended)
		search->ended(&event, search->data);
}

static gboolean is_judged(enum verdict verdict)
{
	return verdict == VERDICT_PASS || verdict == VERDICT_KNOWN || verdict == VERDICT_FAIL ||
	       verdict == VERDICT_HANG;
}

/*
 * Handles a run without a result. If the request was not valid, the search ends with an error;
 * otherwise the run is counted as a fault of the host.
 */
static void count_fault(struct race_search *search, const struct child_result *result)
{
	GError *error = NULL;

	if (result->exit_code == RIG_EXIT_USAGE || result->verdict == VERDICT_SKIP) {
		rig_fail(&error, result->verdict == VERDICT_SKIP ? RIG_EXIT_SKIP : RIG_EXIT_USAGE,
			 "%s", result->problem ? result->problem : "the run was refused");
		loop_fail(&search->loop, error);
	} else if (++search->faults >= FAULTS_MAX) {
		rig_fail(&error, RIG_EXIT_INFRA, "%u runs in a row could not be judged: %s",
			 FAULTS_MAX, outcome_reason(result) ? outcome_reason(result) : "?");
		loop_fail(&search->loop, error);
	}
}

static void take_trial(struct race_search *search, const struct child_result *result,
		       const struct race_trial *trial)
{
	guint failed, runs, alone, alone_runs;
	struct race_outcome outcome;
	struct race_trial found;
	GError *error = NULL;

	outcome_read(search, result, trial, &outcome);
	outcome.news = outcome_news(search, result);
	if (outcome.failed && trial->phase == RACE_EXPLORE &&
	    race_phase(search->race) == RACE_EXPLORE) {
		g_free(search->said);
		g_free(search->failure);
		search->said = g_strdup(outcome_reason(result));
		search->failure = outcome_failure(result);
	}
	json_array_append_new(search->trials, trial_json(trial, &outcome));
	notify(search, result, trial, &outcome);
	race_result(search->race, trial, &outcome);
	race_rates(search->race, &failed, &runs, &alone, &alone_runs);
	race_found(search->race, &found);
	if (!state_save(search, &error))
		loop_fail(&search->loop, error);
	else if (alone == alone_runs && alone >= (found.n ? RACE_BASE_RUNS : RACE_ALONE))
		loop_end(&search->loop, RACE_FAILS_ALONE);
	else if (race_phase(search->race) == RACE_OVER)
		loop_end(&search->loop, RACE_DONE);
}

/*
 * Handles the result of the first run, which had no holds and counted functions. It is also the
 * first of the runs that show whether the scenario fails without holds.
 */
static void take_record(struct race_search *search, const struct child_result *result,
			const struct race_slot *slot)
{
	json_t *details = json_object_get(result->answer, "details");
	json_t *times = json_object_get(details, "times");
	double seconds = json_integer_value(json_object_get(times, "hammer_ns")) / 1e9;
	GError *error = NULL;

	/* the time in which this run built the kernel does not count */
	loop_start_budget(&search->loop,
			  json_integer_value(json_object_get(times, "total_ns")) / 1e9);

	if (search_begin(search, json_object_get(details, "visits"), seconds, &error))
		take_trial(search, result, &slot->trial);
	else
		loop_fail(&search->loop, error);
}

static void on_ran(struct place_job *job, const struct child_result *result)
{
	struct race_slot *slot = job->data;
	struct race_search *search = slot->search;

	race_job_clear(&slot->job);
	if (result && is_judged(result->verdict)) {
		search->faults = 0;
		if (slot->is_record)
			take_record(search, result, slot);
		else
			take_trial(search, result, &slot->trial);
	} else {
		if (search->race)
			race_forget(search->race, &slot->trial);
		if (result && result->end != CHILD_STOPPED)
			count_fault(search, result);
	}
	step(search);
}

static void on_built(struct place_job *job, const struct child_result *result)
{
	struct race_slot *slot = job->data;
	struct race_search *search = slot->search;

	race_job_clear(&slot->job);
	loop_built(&search->loop, result);
	step(search);
}

/* ---- starting runs ---- */

static void start(struct race_search *search, struct race_slot *slot)
{
	GError *error = NULL;

	if (!race_start_trial(slot, on_ran, &error))
		loop_fail(&search->loop, error);
	else if (search->starting)
		search->starting(slot->trial.why, search->data);
}

static gboolean records(const struct race_search *search)
{
	for (guint i = 0; i < RACE_GUESTS_MAX; i++)
		if (search->slot[i].job.key && search->slot[i].is_record)
			return TRUE;
	return FALSE;
}

/*
 * Builds the kernel if needed; then starts a run for each free guest, and ends the loop if no trial
 * is left.
 */
static void step(void *data)
{
	struct race_search *search = data;

	if (!search->loop.built && !search->loop.over) {
		if (!search->slot[0].job.key)
			race_job_build(&search->slot[0].job, search->loop.place,
				       &search->options, on_built, &search->slot[0]);
		return;
	}
	for (guint i = 0; i < search->options.guests && !search->loop.over; i++) {
		struct race_slot *slot = &search->slot[i];

		if (slot->job.key || records(search))
			continue;
		slot->is_record = !search->race;
		if (slot->is_record)
			slot->trial = (struct race_trial){
				.phase = RACE_BASE, .why = "without holds, functions are counted"};
		if (slot->is_record || race_next(search->race, &slot->trial))
			start(search, slot);
	}
	if (search->loop.over)
		loop_end(&search->loop, search->loop.end);
}

gboolean race_search_run(struct race_search *search, enum race_end *ret, GError **error)
{
	search->loop.options = &search->options;
	for (guint i = 0; i < RACE_GUESTS_MAX; i++) {
		search->slot[i].search = search;
		search->loop.jobs[i] = &search->slot[i].job;
	}
	search->loop.over = search->race && race_phase(search->race) == RACE_OVER;
	if (!loop_run(&search->loop, step, search, error))
		return FALSE;
	*ret = search->loop.end;
	if (*ret == RACE_OUT_OF_BUDGET && search->race && race_is_found(search->race))
		*ret = RACE_DONE;
	return TRUE;
}
