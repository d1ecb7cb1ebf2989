/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads plans. A plan stands for all combinations of its scenarios, machines, kernels, seeds and
 * repetitions, except those that it excludes. It is a file scenarios/plans/NAME.yaml; rig-plan(5)
 * describes the format.
 */
#ifndef RIG_NIGHTLY_PLAN_H
#define RIG_NIGHTLY_PLAN_H

#include <glib.h>

#include "util/auto.h"

struct plan_kernel {
	/*
	 * the name of the kernel, for example "stable"; results of different nights are compared by
	 * this name, and runs have it as their label `tree`
	 */
	char *name;
	char *source;		     /* a source or image, as for `rig run --kernel` */
	char **patches, **fragments; /* paths, as for `rig run` */
	unsigned n_patches, n_fragments;
	gboolean no_lockdep;
};

/* An entry of `exclude`. Excludes the combinations that match all of its fields. */
struct plan_exclude {
	char *scenario, *machine, *kernel; /* NULL matches all */
	char *why;
	guint used; /* number of combinations that were excluded by this entry */
};

/*
 * Ages in days. When a night has finished, it deletes runs and kernels that are older. 0 stands for
 * no limit.
 */
struct plan_keep {
	guint runs;    /* all runs, whatever their verdict */
	guint passed;  /* runs that passed or were skipped */
	guint kernels; /* builds and work trees, counted from their last use */
};

struct plan {
	char *about;
	char **scenarios, **machines; /* names; the arrays are not NULL-terminated */
	/* without machines, each scenario is run on all of its machines */
	unsigned n_scenarios, n_machines;
	struct plan_kernel *kernels;
	unsigned n_kernels;
	struct plan_exclude *excludes;
	unsigned n_excludes;
	guint64 *seeds;
	/*
	 * if it is 0, one seed for each cell (scenario × machine × kernel) is drawn from the seed
	 * of the night
	 */
	unsigned n_seeds;
	unsigned repeat;		 /* 1 by default */
	/* maximum number of repetitions of a run that failed or has no result; 2 by default */
	unsigned retries;
	/* 0 stands for the scenario's duration, and for the rig's default patience */
	unsigned duration_s, patience_s;
	struct plan_keep keep;
	char **vary; /* kernel switches that each run varies (switch_draw()) */
	unsigned n_vary;
	gboolean coverage; /* each run records which code it reaches (docs/coverage.md) */
	char *launcher, *connect; /* options of `rig run`; NULL stands for its default */
	/* `name` is for example "nightly"; `file` is the path of the plan */
	char *name, *file;
};

/*
 * Loads the plan WHAT: a name ("nightly" is scenarios/plans/nightly.yaml of the rig), or a path
 * with a slash or .yaml. Paths in the plan are relative to its folder. Error: RIG_EXIT_USAGE (the
 * message has file:line:column), the format is not valid, a scenario or machine is unknown, a name
 * is duplicated, or an entry of `exclude` matches nothing in the plan.
 */
struct plan *plan_load(const char *what, GError **error);
/*
 * Loads a plan from the LEN bytes of DATA, with the checks and errors of plan_load(). FILE is the
 * file name in error messages; its base name is the name of the plan.
 */
struct plan *plan_parse(const char *file, const char *data, gsize len, GError **error);
void plan_free(struct plan *plan);
RIG_DEFINE_AUTO(plan, plan_free)

#endif
