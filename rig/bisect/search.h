/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A search builds and runs kernels on a place (place/place.h) until the posterior has the requested
 * confidence, the budget is used up, or a signal arrives. It iterates the default main context.
 * While guests run, the kernels that will be needed next are built.
 *
 * `search.json` in the folder of the search has the options and all evidence. It is written by
 * rename after each run, so a kill only loses the runs in progress.
 */
#ifndef RIG_BISECT_SEARCH_H
#define RIG_BISECT_SEARCH_H

#include "bisect/choice.h"
#include "bisect/evidence.h"
#include "bisect/span.h"
#include "place/place.h"

#define SEARCH_GUESTS_MAX CHOICE_PENDING_MAX

/* Options of a search; all pointers are borrowed for the life of the search. */
struct search_options {
	/* name or file of the scenario; names of the machine and of its architecture */
	const char *scenario, *machine, *arch;
	/*
	 * The target: at most one of `signature` and `kind` is set. If both are NULL, the target is
	 * chosen from the reports of the bad end.
	 */
	const char *signature, *kind;
	gboolean fix;		      /* search for the change that removes the bug */
	double confidence; /* probability of the answer at which the search ends, 0 to 1 */
	/* maximum number of boots and of seconds, for this process; 0 for no limit */
	guint budget_boots, budget_s;
	guint guests;		      /* number of guests that run at the same time */
	guint duration_s, patience_s, jobs;
	/* paths, for the kernel of every position; NULL-terminated, or NULL */
	char **patches, **fragments;
	gboolean no_lockdep;
	char **extra; /* further options for each `rig run`, NULL-terminated; or NULL */
	const char *results;   /* path of the results folder */
	struct place *place;   /* where runs and builds are executed, or NULL for this host */
	struct pack_room need; /* memory and CPUs that a run needs */
	const char *rig;       /* path of the rig, or NULL for the running program */
	/* maximum wall time of a run and of a build, or 0 for the default */
	guint run_limit_s, build_limit_s;
};

enum search_end {
	SEARCH_FOUND,	    /* the answer has the requested confidence */
	SEARCH_GOOD_IS_BAD, /* the good end has the bug already */
	SEARCH_OUT_OF_BUDGET,
	SEARCH_STOPPED, /* a signal ended the search */
};

struct search {
	struct search_options options;
	struct span *span;
	char *dir, *name; /* path and name of the search's folder */
	json_t *words;	  /* array with the command line, for --resume */
	char *cwd;
	GPtrArray *evidence;  /* of struct evidence, oldest first */
	struct target target; /* its key is NULL until the target is chosen */
	char *target_why;     /* a sentence that says how the target was chosen, or NULL */
	struct posterior *posterior;
	/* for each position: it cannot be built or booted; its kernel is built */
	gboolean *skipped, *ready;
	double spent_s;		   /* time spent, including earlier processes */
	guint builds, boots;
	double build_s;		  /* duration of all builds of kernels that were not in the cache */
	struct search_work *work; /* only set while the search runs */
	/*
	 * Callbacks for the user interface, or NULL. on_evidence is called when evidence was added,
	 * on_status when a run or build was started.
	 */
	void (*on_evidence)(const struct search *search, const struct evidence *evidence,
			    void *data);
	void (*on_status)(const struct search *search, const char *text, void *data);
	void *data;
};

/* Makes a search, which owns SPAN from then on. Creates DIR if it does not exist. */
struct search *search_new(const struct search_options *options, struct span *span, const char *dir,
			  GError **error);
void search_free(struct search *search);
RIG_DEFINE_AUTO(search, search_free)

/* Restores the evidence of an earlier process from STATE, the content of its search.json. */
gboolean search_restore(struct search *search, json_t *state, GError **error);
/* Writes search.json, from which search_restore() can continue the search. */
gboolean search_save(const struct search *search, GError **error);

/*
 * Runs the search. Blocks. Errors: RIG_EXIT_USAGE if the bad end cannot be built, or if no report
 * is seen twice there; RIG_EXIT_INFRA after several consecutive faults of the host. The search can
 * be resumed after an error.
 */
gboolean search_run(struct search *search, enum search_end *ret, GError **error);

/* Returns the expected number of further boots. */
double search_boots_left(const struct search *search);

/* ---- functions shared by the files of bisect/ ---- */

/* Sets the outcome of EVIDENCE (of a run), and updates the posterior and the skipped positions. */
void search_count(struct search *search, struct evidence *evidence);
/* Calls search_count() again for all evidence; needed when the target has become known. */
void search_recount(struct search *search);
/* Sets the target if the evidence determines it. */
void search_find_target(struct search *search);

#endif
