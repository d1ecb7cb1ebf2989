/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plans: all combinations of scenarios, machines, kernels, seeds and repetitions, without the
 * excluded ones. A plan is a file scenarios/plans/NAME.yaml; rig-plan(5) describes the format.
 */
#ifndef RIG_NIGHTLY_PLAN_H
#define RIG_NIGHTLY_PLAN_H

#include <glib.h>

#include "util/auto.h"

struct plan_kernel {
	/* a name for the kernel, the same in all nights: "stable"; label `tree` of its runs */
	char *name;
	char *source;		     /* a source or image, as for `rig run --kernel` */
	char **patches, **fragments; /* paths, as for `rig run` */
	unsigned n_patches, n_fragments;
	gboolean no_lockdep;
};

/* Excludes the combinations that match all of its keys. */
struct plan_exclude {
	char *scenario, *machine, *kernel; /* NULL: any */
	char *why;
	guint used; /* number of combinations that it has excluded */
};

/* How many days runs and kernels are kept after a finished night. 0: without a limit. */
struct plan_keep {
	guint runs;    /* runs with any verdict */
	guint passed;  /* runs that passed or were skipped */
	guint kernels; /* builds and work trees, counted from their last use */
};

struct plan {
	char *about;
	char **scenarios, **machines;	  /* not NULL-terminated */
	unsigned n_scenarios, n_machines; /* no machines: use those of each scenario */
	struct plan_kernel *kernels;
	unsigned n_kernels;
	struct plan_exclude *excludes;
	unsigned n_excludes;
	guint64 *seeds;
	unsigned n_seeds;		 /* 0: draw one seed for each cell from the night's seed */
	unsigned repeat;		 /* 1 by default */
	unsigned retries;		 /* how often a failing cell is repeated; 2 by default */
	unsigned duration_s, patience_s; /* 0: that of the scenario, or of the rig */
	struct plan_keep keep;
	char **vary; /* kernel switches that each run varies (switch_draw()) */
	unsigned n_vary;
	gboolean coverage; /* each run records which code it reaches (docs/coverage.md) */
	char *launcher, *connect; /* options of `rig run`; NULL: its default */
	char *name, *file;	  /* "nightly"; the path of the plan's file */
};

/*
 * Loads the plan WHAT: a name ("nightly" is scenarios/plans/nightly.yaml of the rig), or a path
 * with a slash or .yaml. Paths in the plan are relative to its folder. Errors (RIG_EXIT_USAGE, with
 * file:line:column): invalid format, unknown scenario or machine, duplicate name, an exclude that
 * matches nothing in the plan.
 */
struct plan *plan_load(const char *what, GError **error);
/*
 * Like plan_load(), from the LEN bytes of DATA. FILE is the name in error messages; its base name
 * is the plan's name.
 */
struct plan *plan_parse(const char *file, const char *data, gsize len, GError **error);
void plan_free(struct plan *plan);
RIG_DEFINE_AUTO(plan, plan_free)

#endif
