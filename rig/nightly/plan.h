/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plans: scenarios x machines x kernels x seeds x repetitions, less the excluded combinations.
 * Files: scenarios/plans/NAME.yaml; docs/nightly.md describes the format.
 */
#ifndef RIG_NIGHTLY_PLAN_H
#define RIG_NIGHTLY_PLAN_H

#include <glib.h>

#include "util/auto.h"

struct plan_kernel {
	char *name;   /* the tree's name in all nights: "stable"; the label `tree` of its runs */
	char *source; /* source or image, as for `rig run --kernel` */
	char **patches, **fragments; /* paths, as for `rig run` */
	unsigned n_patches, n_fragments;
	gboolean no_lockdep;
};

/* Leaves out the combinations that match all of its keys. */
struct plan_exclude {
	char *scenario, *machine, *kernel; /* NULL: any */
	char *why;
	guint used; /* how many combinations it has left out */
};

/* After a finished night: for how many days runs and kernels are kept. 0: for ever. */
struct plan_keep {
	guint runs;    /* all runs */
	guint passed;  /* those that passed or were skipped */
	guint kernels; /* builds and work trees, since their last use */
};

struct plan {
	char *about;
	char **scenarios, **machines;	  /* not NULL-terminated */
	unsigned n_scenarios, n_machines; /* no machines: those of each scenario */
	struct plan_kernel *kernels;
	unsigned n_kernels;
	struct plan_exclude *excludes;
	unsigned n_excludes;
	guint64 *seeds;
	unsigned n_seeds;		 /* 0: one for each cell, from the night's seed */
	unsigned repeat;		 /* 1 */
	unsigned retries;		 /* how often a failing cell is repeated; 2 by default */
	unsigned duration_s, patience_s; /* 0: the scenario's, the rig's */
	struct plan_keep keep;
	char *launcher, *connect;	 /* as of `rig run`; NULL: its default */
	char *name, *file;		 /* "nightly"; the file it was read from */
};

/*
 * WHAT is a name ("nightly": scenarios/plans/nightly.yaml of the rig), or a path with a slash or
 * .yaml. Paths in the plan are relative to its folder. Errors (RIG_EXIT_USAGE, with
 * file:line:column): wrong format, unknown scenario or machine, duplicate name, an exclude of
 * something that is not in the plan.
 */
struct plan *plan_load(const char *what, GError **error);
/*
 * plan_load() from DATA of LEN bytes; FILE is the name in errors, and its base name is the plan's
 * name.
 */
struct plan *plan_parse(const char *file, const char *data, gsize len, GError **error);
void plan_free(struct plan *plan);
RIG_DEFINE_AUTO(plan, plan_free)

#endif
