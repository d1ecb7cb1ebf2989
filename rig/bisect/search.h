/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A search: kernels are built and run, as children (child/child.h), until the posterior is sure, the budget is
 * spent or a signal comes. Blocks in the default main context; kernels that are wanted next are built while
 * guests run.
 *
 * The folder of a search has `search.json` (what was asked, every run so far), written by rename after each
 * run: whatever kills the search, only the runs under way are lost.
 */
#ifndef RIG_BISECT_SEARCH_H
#define RIG_BISECT_SEARCH_H

#include "bisect/choice.h"
#include "bisect/evidence.h"
#include "bisect/span.h"

#define SEARCH_GUESTS_MAX CHOICE_PENDING_MAX

/* All borrowed for the life of the search. */
struct search_options {
	const char *scenario, *machine, *arch;
	const char *signature, *kind; /* one of them, or both NULL: learned from the bad end */
	gboolean fix;		      /* the change takes the bug away */
	double confidence;	      /* 0.99 */
	guint budget_boots, budget_s; /* of this sitting; 0: none */
	guint guests;		      /* at a time */
	guint duration_s, patience_s, jobs;
	char **patches, **fragments;
	gboolean no_lockdep;
	const char *results;
	const char *rig;		  /* the program to run; NULL: this one */
	guint run_limit_s, build_limit_s; /* longest wall time of each; 0: the default */
};

enum search_end {
	SEARCH_FOUND,	    /* the answer is as sure as was asked */
	SEARCH_GOOD_IS_BAD, /* the good end has it already */
	SEARCH_OUT_OF_BUDGET,
	SEARCH_STOPPED, /* by a signal */
};

struct search {
	struct search_options options;
	struct span *span;
	char *dir, *name; /* of the search's own folder */
	json_t *words;	  /* what the user asked, for --resume: an array */
	char *cwd;
	GPtrArray *evidence;  /* struct evidence, in order of time */
	struct target target; /* key NULL: not learned yet */
	char *learned;	      /* a sentence on how the target was learned, or NULL */
	struct posterior *posterior;
	gboolean *skipped, *ready;
	double spent_s; /* in earlier sittings too */
	guint builds, boots;
	double build_s;		  /* all builds that were not in the cache */
	struct search_work *work; /* while it runs */
	/* a run has ended, or something is to be told; NULL: nobody looks */
	void (*told)(const struct search *search, const struct evidence *evidence, void *data);
	void (*status)(const struct search *search, const char *text, void *data);
	void *data;
};

/* RANGE is taken over. DIR is made where it is not there. */
struct search *search_new(const struct search_options *options, struct span *span, const char *dir,
			  GError **error);
void search_free(struct search *search);
RIG_DEFINE_AUTO(search, search_free)

/* Brings back the runs of an earlier sitting. */
gboolean search_restore(struct search *search, json_t *state, GError **error);
gboolean search_save(const struct search *search, GError **error);

/*
 * Runs it to an end. Errors: RIG_EXIT_USAGE where the bad end cannot be built or shows nothing,
 * RIG_EXIT_INFRA where runs fail one after the other through the host's fault. All can be resumed.
 */
gboolean search_run(struct search *search, enum search_end *ret, GError **error);

/* Boots that are yet to be expected. */
double search_boots_left(const struct search *search);

/* ---- inside the room ---- */

/* Judges it and lets it count. */
void search_count(struct search *search, struct evidence *evidence);
/* Counts all evidence anew, when it is known what to look for. */
void search_recount(struct search *search);
/* Sets the target when the runs so far tell it. */
void search_learn(struct search *search);

#endif
