/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What runs have shown. A run counts by the signature that is searched for, and by nothing else: other
 * reports are written down and change nothing.
 */
#ifndef RIG_BISECT_EVIDENCE_H
#define RIG_BISECT_EVIDENCE_H

#include <glib.h>
#include <jansson.h>

#include "util/auto.h"

enum outcome {
	OUTCOME_CAUGHT,	  /* the signature was there */
	OUTCOME_CLEAN,	  /* it ran its course, and it was not */
	OUTCOME_OTHER,	  /* something else ended it, or disarmed the validator: says nothing */
	OUTCOME_NO_BOOT,  /* the guest did not come up */
	OUTCOME_NO_BUILD, /* there is no kernel */
	OUTCOME_UNFIT,	  /* the scenario cannot be run on it */
};

const char *outcome_name(enum outcome outcome); /* "caught" */
gboolean outcome_parse(const char *text, enum outcome *ret);

/* A report that a run had. */
struct sighting {
	char *kind, *key, *title; /* "lockdep-circular", signature "v1:…" */
	char *former;		  /* the signature by earlier rules, or NULL (splat/key.h) */
};

struct evidence {
	guint position;
	enum outcome outcome;
	char *run;		/* folder's name, or NULL */
	char *dir;		/* where it is, or NULL */
	char *verdict;		/* "FAIL", or NULL */
	char *why;		/* what kept it from being run, or NULL */
	GArray *sightings;	/* struct sighting */
	gboolean booted, armed; /* armed: to the end of the run */
	gboolean finished;	/* it came to the accounts at its end */
	double wall_s;
};

struct evidence *evidence_new(guint position);
void evidence_free(struct evidence *evidence);
RIG_DEFINE_AUTO(evidence, evidence_free)

/* Takes over what the answer of `rig run --json` says. The outcome is not yet judged. */
void evidence_read(struct evidence *evidence, json_t *answer);

/*
 * What is searched for: the signature of a report (its first level, as `rig show` has it) or of a hang, or with
 * IS_KIND any report of a kind.
 */
struct target {
	char *key;
	gboolean is_kind;
};

/* Judges the outcome of a run; one that was not built or not fit stays so. */
void evidence_judge(struct evidence *evidence, const struct target *target);

json_t *evidence_to_json(const struct evidence *evidence);
/* NULL where it is not one. */
struct evidence *evidence_from_json(json_t *json);

/*
 * The signature that the runs of BAD_END share and those of GOOD_END have not: the most frequent of a lock or a
 * hang, seen twice at least; after some more runs without one, the most frequent of anything else. NULL: not yet.
 */
const struct sighting *evidence_learn(const GPtrArray *all, guint bad_end, guint good_end,
				      guint *ret_times, guint *ret_runs);

#endif
