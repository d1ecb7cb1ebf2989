/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the runs of a search have shown about the target, the report whose cause is searched for. A
 * report with another signature is stored, but does not count as the target. A position is a
 * version of the kernel that can be tested (posterior.h).
 */
#ifndef RIG_BISECT_EVIDENCE_H
#define RIG_BISECT_EVIDENCE_H

#include <glib.h>
#include <jansson.h>

#include "util/auto.h"

enum outcome {
	OUTCOME_CAUGHT, /* the run has the target's signature */
	OUTCOME_CLEAN,	/* the run was complete and does not have the target's signature */
	/* the run gives no information: another failure ended it, or lockdep switched itself off */
	OUTCOME_OTHER,
	OUTCOME_NO_BOOT,  /* the guest did not boot */
	OUTCOME_NO_BUILD, /* the kernel cannot be built */
	OUTCOME_UNFIT,	  /* the kernel lacks something that the scenario needs */
};

/* Returns the name of an outcome, for example "caught". */
const char *outcome_name(enum outcome outcome);
/* Returns FALSE if TEXT is not the name of an outcome. */
gboolean outcome_parse(const char *text, enum outcome *ret);

/* A report of a run. */
struct sighting {
	char *kind; /* for example "lockdep-circular" */
	char *key;  /* the signature: "v1:…" */
	char *title;
	char *former; /* the signature by an earlier version of the rules, or NULL (splat/key.h) */
};

/* The evidence from one run, or from a build that failed. */
struct evidence {
	guint position;
	enum outcome outcome;
	char *run;	   /* name of the run folder, or NULL */
	char *dir;	   /* path of the run folder, or NULL */
	char *verdict;	   /* for example "FAIL", or NULL */
	char *why;	   /* first reason of the verdict, or why there was no run; or NULL */
	GArray *sightings; /* of struct sighting: the reports of the run */
	gboolean booted;
	gboolean armed;	   /* lockdep was on until the end */
	gboolean finished; /* the memory accounts at the end of the run were read */
	/* a track (list of host steps) of the scenario was not executed to its end */
	gboolean partial;
	double wall_s;
};

struct evidence *evidence_new(guint position);
void evidence_free(struct evidence *evidence);
RIG_DEFINE_AUTO(evidence, evidence_free)

/*
 * Sets the members of EVIDENCE from ANSWER, the output of `rig run --json`. Members that ANSWER
 * does not have stay unchanged.
 */
void evidence_read(struct evidence *evidence, json_t *answer);

/* What a search looks for. */
struct target {
	char *key; /* the signature of a report or hang, as `rig show` prints it; or a kind */
	gboolean is_kind; /* KEY is a kind, and any report of this kind is meant */
};

/* Returns TRUE if the target is an edge of the lock graph, not a report of the kernel. */
gboolean target_is_lock_order(const struct target *target);

/* Sets the outcome, unless it is already OUTCOME_NO_BUILD or OUTCOME_UNFIT. */
void evidence_judge(struct evidence *evidence, const struct target *target);

json_t *evidence_to_json(const struct evidence *evidence);
/* Returns NULL if JSON is not valid evidence. */
struct evidence *evidence_from_json(json_t *json);

/*
 * Chooses the target from the reports of ALL (of struct evidence). It is the most frequent lock
 * report or hang that occurred in at least two runs of the position BAD_END and in no run of
 * GOOD_END. If many runs have no such report, it is the most frequent report of another kind.
 * Returns NULL if more runs are needed. *ret_times is the number of runs of BAD_END with the
 * target, and *ret_runs the number of all runs of BAD_END.
 */
const struct sighting *evidence_find_target(const GPtrArray *all, guint bad_end, guint good_end,
					    guint *ret_times, guint *ret_runs);

#endif
