/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nights: a plan's cells, run in parallel as children of the rig (rig/child), kept in RESULTS/nights/<id>/:
 *
 *	cells.json	what is to be run: made first, never changed
 *	journal		one JSON object a line: builds and cells as they end; on disk before anything else is started
 *	lock		held (flock) by the rig that runs the night
 *	stop		made by a user: nothing more is started
 *	night.json	the result so far, by rename; docs/nightly.md is the format
 *
 * A cell is finished when its run folder has a verdict, or the journal says why there is none. So the truth after a kill -9
 * is in the folders, found by the labels `night`, `cell` and `attempt`, and night_resume() goes on with the rest.
 */
#ifndef RIG_NIGHTLY_NIGHTLY_H
#define RIG_NIGHTLY_NIGHTLY_H

#include <glib.h>
#include <jansson.h>

#include "nightly/pack.h"
#include "nightly/plan.h"
#include "index/index.h"

enum cell_status {
	CELL_WAITING, /* not run, or not to its end */
	CELL_GOOD,    /* its runs are as expected */
	CELL_FLAKY,   /* some are, some are not */
	CELL_BAD,     /* none is */
	CELL_NONE,    /* no run gave an answer: INFRA, LOST, no kernel */
	CELL_SKIP,    /* cannot be run here */
};
const char *cell_status_name(enum cell_status status);

struct attempt {
	guint number; /* 1 is the first */
	enum verdict verdict;
	enum outcome outcome;
	char *run;	      /* the folder's name, or NULL */
	char *problem;	      /* why there is no verdict, or NULL */
	double wall_s, cpu_s; /* -1: unknown */
};

struct night_cell {
	char *key; /* "stable/dimm-storm/pc-q35/s7/1": tree, scenario, machine, seed, repetition */
	char *scenario, *scenario_name,
		*machine; /* scenario: as the plan has it, a name or a path */
	guint kernel;	  /* index into night->kernels */
	guint64 seed;
	guint repetition;
	struct pack_item item;
	GArray *attempts; /* struct attempt, by number; those that gave up ABORTED are not in it */
	enum cell_status status;
};

struct night_kernel {
	char *tree, *source;
	char **patches, **fragments;
	gboolean no_lockdep;
};

/* One kernel for one architecture, of those that are sources. */
struct night_build {
	guint kernel;
	char *arch;
	gboolean ended, ok, cached;
	char *problem, *name;
	double wall_s;
};

struct night_excluded {
	char *scenario, *machine, *tree, *why;
};

struct night_options {
	const char *results;
	guint cores;	  /* 0: all that this process may use */
	guint64 memory;	  /* 0: what is available */
	double budget_s;  /* nothing is started that would end later; 0: none */
	gboolean shuffle; /* in an order drawn from `seed` instead of longest first */
	guint64 seed;	  /* the night's: cells' seeds follow from it where the plan has none */
	const char *const *extra; /* further words for each `rig run` */
	const char *rig;	  /* the program; NULL: this one */
	/* longest wall time of a run and of a build; 0: the default. One that takes longer is INFRA */
	guint run_limit_s, build_limit_s;
};

/* What happens, for whoever watches. CELL or BUILD is NULL. */
struct night;
struct night_view {
	void (*ended)(const struct night *night, const struct night_cell *cell,
		      const struct night_build *build, void *data);
	void (*progress)(const struct night *night, const char *line, void *data);
	void *data;
};

struct night {
	char *id, *plan, *about, *dir, *results, *began;
	struct night_options options; /* its strings are not valid after night_new() but `extra` */
	char **extra;
	guint retries, duration_s, patience_s;
	guint64 seed;
	struct night_kernel *kernels;
	guint n_kernels;
	GPtrArray *cells, *builds, *excluded; /* of the structs above */
	struct pack_room host;
	const char *unfinished; /* why it ended before all was run, or NULL */
	double wall_s, controller_s,
		children_s; /* of all the rigs that ran it, as far as they could say */
	struct run_index *index;
	json_t *past; /* night.json of the nights before, for estimates */
	int lock, journal;
};

/*
 * A night of PLAN that is only in memory: expanded, estimated from the index. night_begin() writes its folder. Errors: RIG_EXIT_USAGE
 * (no cell is left), RIG_EXIT_INFRA.
 */
struct night *night_new(const struct plan *plan, const struct night_options *options,
			GError **error);
gboolean night_begin(struct night *night, GError **error);

/*
 * One that has begun: ID, or NULL for the newest of the plan called PLAN that is not finished. Its cells are what they were, whatever
 * became of the plan; of OPTIONS cores, memory, budget and rig are taken. Errors (RIG_EXIT_USAGE): there is none, it is being run.
 */
struct night *night_resume(const char *plan, const char *id, const struct night_options *options,
			   GError **error);
void night_free(struct night *night);
RIG_DEFINE_AUTO(night, night_free)

/* What it would do: cells, times, what is missing. New reference. */
json_t *night_dry_run(const struct night *night);

/*
 * Runs what is not finished. Blocks, on the default main context; SIGINT once, or the file `stop`: nothing more is started;
 * SIGINT again or SIGTERM: what runs is stopped. Errors (RIG_EXIT_INFRA): the journal cannot be written.
 */
gboolean night_run(struct night *night, const struct night_view *view, GError **error);

/* night.json, and what the night means: written, and handed out (new reference). */
json_t *night_result(struct night *night, GError **error);

/* 1 with a new finding, 3 where something gave no answer or it was stopped, 0 otherwise. RESULT is night_result()'s. */
int night_exit_code(const struct night *night, json_t *result);

/* night.json of all nights below RESULTS, oldest first: new array; those that cannot be read are left out. */
json_t *night_list(const char *results);

#endif
