/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The outcome of each run. Only the signature of the target counts; other reports are stored, but
 * have no effect.
 */
#ifndef RIG_BISECT_EVIDENCE_H
#define RIG_BISECT_EVIDENCE_H

#include <glib.h>
#include <jansson.h>

#include "util/auto.h"

enum outcome {
	OUTCOME_CAUGHT, /* the run has the target's signature */
	OUTCOME_CLEAN,	/* the run was complete and does not have the target's signature */
	/*
	 * another failure ended the run, or lockdep switched itself off, so the run gives no
	 * information
	 */
	OUTCOME_OTHER,
	OUTCOME_NO_BOOT,  /* the guest did not boot */
	OUTCOME_NO_BUILD, /* the kernel cannot be built */
	OUTCOME_UNFIT,	  /* the kernel lacks something that the scenario needs */
};

/* Returns the name of an outcome, for example "caught". */
const char *outcome_name(enum outcome outcome);
gboolean outcome_parse(const char *text, enum outcome *ret);

/* A report of a run. */
struct sighting {
	char *kind, *key, *title; /* "lockdep-circular"; signature "v1:…"; title */
	char *former; /* the signature by an earlier version of the rules, or NULL (splat/key.h) */
};

struct evidence {
	guint position;
	enum outcome outcome;
	char *run;		/* name of the run folder, or NULL */
	char *dir;		/* path of the run folder, or NULL */
	char *verdict;		/* for example "FAIL", or NULL */
	char *why;		/* why it was not run, or NULL */
	GArray *sightings;	/* of struct sighting: the reports of the run */
	gboolean booted, armed; /* armed: lockdep was on until the end */
	gboolean finished;	/* the memory accounts at the end of the run were read */
	gboolean partial;	/* a track of the scenario did not execute all its steps */
	double wall_s;
};

struct evidence *evidence_new(guint position);
void evidence_free(struct evidence *evidence);
RIG_DEFINE_AUTO(evidence, evidence_free)

/* Sets the members of EVIDENCE, except the outcome, from the output of `rig run --json`. */
void evidence_read(struct evidence *evidence, json_t *answer);

/*
 * The target of a search: the signature of a report (its first level, as in `rig show`) or of a
 * hang; with IS_KIND, any report of a kind.
 */
struct target {
	char *key;
	gboolean is_kind;
};

/* Returns TRUE if the target is an edge of the lock graph, not a report of the kernel. */
gboolean target_is_lock_order(const struct target *target);

/* Sets the outcome, unless it is already OUTCOME_NO_BUILD or OUTCOME_UNFIT. */
void evidence_judge(struct evidence *evidence, const struct target *target);

json_t *evidence_to_json(const struct evidence *evidence);
/* Reads evidence from JSON; NULL: JSON is not valid evidence. */
struct evidence *evidence_from_json(json_t *json);

/*
 * Chooses a signature that runs of BAD_END have and runs of GOOD_END do not have: the most frequent
 * one of a lock report or hang that was seen at least twice; after more runs without one, the most
 * frequent one of any kind. NULL: more runs are needed.
 */
const struct sighting *evidence_find_target(const GPtrArray *all, guint bad_end, guint good_end,
					    guint *ret_times, guint *ret_runs);

#endif
