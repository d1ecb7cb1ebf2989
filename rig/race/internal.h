/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of race/. */
#ifndef RIG_RACE_INTERNAL_H
#define RIG_RACE_INTERNAL_H

#include "child/child.h"
#include "race/race.h"

/* A run or a kernel build, as a job of a place: this host or a cluster (place/place.h). */
struct race_job {
	struct place_job job;
	/* the job's unique name and its command line; both are NULL if no job is in progress */
	char *key, **words;
};
typedef void (*race_done)(struct place_job *job, const struct child_result *result);

/*
 * Those options of a run that differ between the runs of a search (race.h) or of a walk (walk.h).
 */
struct race_run {
	guint duration_s, patience_s;
	const GPtrArray *extra; /* char *: further arguments of `rig run` */
};

/*
 * The main loop of a search (race.h) or a walk (walk.h). Only loop.c sets the fields after `jobs`.
 */
struct race_loop {
	const struct race_options *options;
	/* the jobs of the search or walk, one for each guest that it runs at a time */
	const struct race_job *jobs[RACE_GUESTS_MAX];
	GMainLoop *main;     /* only set while the loop runs */
	struct place *place; /* where jobs are executed; only set while the loop runs */
	guint budget_source;
	/* TRUE when runs can start: the kernel is built, or each run builds it itself */
	gboolean built;
	gboolean over;
	enum race_end end;
	GError *error;
};

/* A slot for one of the jobs that a search runs at the same time, at most RACE_GUESTS_MAX. */
struct race_slot {
	struct race_search *search;
	struct race_job job;
	gboolean is_record;
	struct race_trial trial;
};

struct race_search {
	struct race_options options;
	/*
	 * the functions to count and to try first, from race_around(); the folder in which the
	 * search was started
	 */
	char *visits_words, **favoured, *cwd;
	/*
	 * arrays for race.json: the command line; the functions that vCPUs executed in the first
	 * run (director_visits()), NULL until it has ended; the trials that have ended
	 */
	json_t *words, *visits, *trials;
	double seconds;			 /* how long the load ran in the first run */
	struct race *race;		 /* the strategy; NULL until the first run has ended */
	/*
	 * of the last sweep that failed in RACE_EXPLORE: `said` is the first reason of its verdict,
	 * `failure` the result of outcome_failure(); both are NULL if no sweep has failed yet
	 */
	char *said, *failure;
	void (*ended)(const struct race_event *event, void *data);
	void (*starting)(const char *what, void *data);
	void *data;
	GHashTable *orders; /* set of the lock orders seen, as text; NULL before the first one */
	struct race_loop loop;
	struct race_slot slot[RACE_GUESTS_MAX];
	/*
	 * faults: number of consecutive runs without a result; sweeps: number of files "sweep-N-M"
	 * written
	 */
	guint faults, sweeps;
};

/* ---- job.c ---- */

/*
 * Opens the place where jobs are executed, that of O, or this host if O has none. Errors: those of
 * place_open(); *RET is set even after an error.
 */
gboolean race_open_place(const struct race_options *o, place_failed failed, void *data,
			 struct place **ret, GError **error);
/* Frees *PLACE, unless it is the place in O, which belongs to the caller. */
void race_close_place(const struct race_options *o, struct place **place);
/*
 * Adds a job to PLACE: the build of O's kernel, or RUN. DONE is called when the job has ended;
 * job->data is DATA. DONE must first call race_job_clear().
 */
void race_job_build(struct race_job *job, struct place *place, const struct race_options *o,
		    race_done done, void *data);
void race_job_run(struct race_job *job, struct place *place, const struct race_options *o,
		  const struct race_run *run, race_done done, void *data);
void race_job_clear(struct race_job *job);
/*
 * Returns TRUE if the build has succeeded. Returns FALSE without an error if the build was stopped.
 * Errors: the exit code of the build (RIG_EXIT_USAGE, RIG_EXIT_SKIP or RIG_EXIT_INFRA).
 */
gboolean race_was_built(const struct child_result *result, GError **error);

/* ---- loop.c ---- */

/*
 * Opens the place where jobs are executed, calls STEP, which adds jobs, and blocks until the loop
 * has ended and no job is left. If loop->over is set already, nothing is run. Errors: those of
 * loop_fail() and of place_open().
 */
gboolean loop_run(struct race_loop *loop, void (*step)(void *data), void *data, GError **error);
/* Returns TRUE if a job has not ended. */
gboolean loop_is_busy(const struct race_loop *loop);
/* Ends the loop with END, unless loop_end() was called before, and stops all jobs. */
void loop_end(struct race_loop *loop, enum race_end end);
/* Ends the loop with ERROR, which is stolen. Later errors are ignored. */
void loop_fail(struct race_loop *loop, GError *error);
/*
 * Starts the time budget again, reduced by SPENT_S seconds. Must be called after a kernel build,
 * because the budget does not include the time of the build.
 */
void loop_start_budget(struct race_loop *loop, double spent_s);
/* Handles the end of the kernel's build. */
void loop_built(struct race_loop *loop, const struct child_result *result);

/* ---- trial.c ---- */

/*
 * Adds the run of SLOT's trial (the holds to try) as a job. DONE is called when the run has ended;
 * it must first call race_job_clear(). Errors: RIG_EXIT_INFRA, the file of a sweep cannot be
 * written.
 */
gboolean race_start_trial(struct race_slot *slot, race_done done, GError **error);

/* ---- search.c ---- */

/*
 * Creates the strategy from VISITS (which functions vCPUs executed, director_visits()), counted
 * during SECONDS of load.
 */
gboolean search_begin(struct race_search *search, json_t *visits, double seconds, GError **error);

/* ---- outcome.c ---- */

/* Returns the first reason of RESULT's verdict, or why there is no result; borrowed. */
const char *outcome_reason(const struct child_result *result);
/*
 * Returns a text that identifies the failure: the signature of the first report or of the hang,
 * otherwise the reason. The caller owns it.
 */
char *outcome_failure(const struct child_result *result);
/*
 * Reads the outcome of TRIAL from RESULT, its run, which must have exactly the holds of TRIAL in
 * the same order. In phases after RACE_EXPLORE, the trial has only failed if its failure can have
 * the same cause as search->failure.
 */
void outcome_read(const struct race_search *search, const struct child_result *result,
		  const struct race_trial *trial, struct race_outcome *o);

/*
 * Returns TRUE if the run has a lock order that no earlier run of this process had. In the first
 * run with lock orders all of them are new, which means nothing, so the result is FALSE for this
 * run.
 */
gboolean outcome_news(struct race_search *search, const struct child_result *result);

/* ---- suspects.c ---- */

/*
 * Returns the set of the functions in the stacks of a run's reports and of the tasks of its hang;
 * DETAILS is the content of `verdict`. The caller owns it.
 */
GHashTable *race_stacks(json_t *details);
/*
 * Changes the ranks o->suspect of the failed sweep TRIAL, which holds_arms_json() has derived from
 * the times of the waits. Arms whose function is in a stack of the failure get the first ranks. If
 * the failure is a hang with known tasks, the arms in the stacks of these tasks are suspects
 * whenever they waited; the one that waited last comes first.
 */
void suspects_rank(json_t *details, const struct race_trial *trial, struct race_outcome *o);

/* ---- state.c ---- */

/* Returns TRIAL with its OUTCOME as JSON, for race.json. New reference. */
json_t *trial_json(const struct race_trial *trial, const struct race_outcome *outcome);
/*
 * Reads what trial_json() made; the strings are borrowed from JSON. Returns FALSE if JSON is not a
 * valid trial.
 */
gboolean trial_read(json_t *json, struct race_trial *trial, struct race_outcome *outcome);

gboolean state_save(const struct race_search *search, GError **error);
gboolean state_restore(struct race_search *search, json_t *state, GError **error);

#endif
