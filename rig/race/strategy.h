/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The strategy of `rig race`, without guests: given which functions vCPUs passed in a run without
 * holds, what to run next, given what came of the runs before.
 *
 *	RACE_EXPLORE	a sweep: one boot tries some two hundred holds, its arms, a few at a time.
 *			A hold is a delay at one place, so there are as many arms as places and
 *			not as many as pairs. The arms are chosen by prior and reward.
 *	RACE_CONFIRM	a sweep failed: the arms that waited when it did, in groups of RACE_GROUP
 *			that are active all the time, nearest to the failure first
 *	RACE_REDUCE	a group failed, too: its holds are halved, then left out one at a time, as
 *			long as the rest fails
 *	RACE_MEASURE	the holds that are left, again and again, and the scenario without any
 *
 * All is determined by the record and the outcomes in their order, so that a search can be resumed
 * from them.
 */
#ifndef RIG_RACE_STRATEGY_H
#define RIG_RACE_STRATEGY_H

#include <glib.h>
#include <jansson.h>

#include "util/auto.h"

#define RACE_ARMS 256	  /* holds of a trial at most */
#define RACE_GROUP 6	  /* of other trials than sweeps */
#define RACE_RUNS 6	  /* runs with the remaining holds, */
#define RACE_BASE_RUNS 3  /* and runs without any, including the first run */

enum race_phase { RACE_EXPLORE, RACE_CONFIRM, RACE_REDUCE, RACE_MEASURE, RACE_BASE, RACE_OVER };

/* "explore", … */
const char *race_phase_name(enum race_phase phase);

struct race_trial {
	enum race_phase phase; /* RACE_EXPLORE: a sweep */
	guint n;
	const char *hold[RACE_ARMS]; /* as hold_parse() reads it, without numbers */
	guint turns;		     /* of a sweep: arms from this one on take turns, */
	guint slots;		     /* so many at a time */
	guint max_ms;		     /* the longest wait */
	const char *why;	     /* static: why it was chosen */
};

/* The outcome of a trial; the counts are those of its holds, in order. */
struct race_outcome {
	gboolean failed; /* the run has an unknown finding */
	gboolean news;	 /* it has a lock order that no run before had */
	guint64 reached[RACE_ARMS], held[RACE_ARMS], met[RACE_ARMS];
	guint suspect[RACE_ARMS]; /* of a sweep: holds_arms_json() */
};

struct race;

/* What the first run recorded, and what else the arms depend on. */
struct race_record {
	json_t *visits; /* director_visits(); of any origin, so it is checked */
	double seconds; /* of load */
	const char *const *favoured; /* functions whose arms come first, NULL-terminated, or NULL */
	gboolean updates; /* this QEMU can hold a vCPU inside an update */
};

#define RACE_WINDOW_MS 1500 /* of a sweep: so long is the turn of an arm */

/*
 * NULL with an error (RIG_EXIT_USAGE): the record cannot be read, or no two functions were passed
 * by different vCPUs at about the same time.
 */
struct race *race_new(const struct race_record *record, GError **error);
void race_free(struct race *race);
RIG_DEFINE_AUTO(race, race_free)

/* The numbers of functions and arms. */
void race_size(const struct race *race, guint *ret_functions, guint *ret_arms);

/*
 * What to run next. FALSE: nothing until a trial in progress has ended, or nothing any more
 * (race_phase() is RACE_OVER). The trial is in progress until race_result() or race_forget().
 */
gboolean race_next(struct race *race, struct race_trial *ret);
/*
 * To be called when a trial has ended, from race_next() or from an earlier process (with other
 * strings).
 */
void race_result(struct race *race, const struct race_trial *trial,
		 const struct race_outcome *outcome);
/* To be called when a trial has no result, for example because its run was stopped. */
void race_forget(struct race *race, const struct race_trial *trial);

enum race_phase race_phase(const struct race *race);
/* The holds that cause the failure, as far as known: none in RACE_EXPLORE. */
void race_found(const struct race *race, struct race_trial *ret);
/* How many of the runs with race_found()'s holds, and without holds, failed. */
void race_rates(const struct race *race, guint *ret_failed, guint *ret_runs, guint *ret_base_failed,
		guint *ret_base_runs);

#endif
