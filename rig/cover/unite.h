/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unites the coverage of many runs: for each scenario, and for all. Lists the functions that none
 * reached.
 */
#ifndef RIG_COVER_UNITE_H
#define RIG_COVER_UNITE_H

#include "cover/coverage.h"

struct coverage_union {
	/* The files of memory hotplug's neighbours count, too. Set it before the first run. */
	gboolean neighbours;
	struct coverage *sum;
	GHashTable *scenarios; /* name -> struct coverage: what the runs of the scenario reached */
	GHashTable *kernels;   /* set of texts such as "6.1.192 (x86_64)" */
	guint runs;	       /* number of runs with coverage */
	guint damaged;	       /* number of runs whose coverage cannot be read */
};

struct coverage_union *coverage_union_new(void);
void coverage_union_free(struct coverage_union *united);
RIG_DEFINE_AUTO(coverage_union, coverage_union_free)

/*
 * Adds the run in the folder DIR. Returns FALSE if the run has no coverage, or a coverage that
 * cannot be read, which is counted in `damaged`.
 */
gboolean coverage_union_add(struct coverage_union *united, const char *dir, const char *scenario);

/* A function that no run has reached under load. Strings are borrowed. */
struct coverage_gap {
	const char *file;
	const struct coverage_function *function;
};
/* Returns all such functions, the largest first: array of struct coverage_gap. */
GArray *coverage_gaps(const struct coverage *coverage);

/* What a scenario reached under load, in numbers of functions. */
struct coverage_rank {
	const char *scenario; /* borrowed */
	guint reached;
	guint alone; /* functions that no other scenario reached */
	guint adds;  /* functions that no earlier scenario in the list reached */
};
/*
 * Returns the scenarios, ordered so that each one adds as many functions as possible to those that
 * the scenarios before it reached: array of struct coverage_rank.
 */
GArray *coverage_ranks(const struct coverage_union *united);

/*
 * Returns {"runs", "damaged", "scenarios", "kernels", "sums", "files": [{"file", …sums}],
 * "unreached": [{"file", "line", "function", "size", "boot"}], "rank": [{"scenario", "reached",
 * "alone", "adds"}]}. The caller owns the reference.
 */
json_t *coverage_union_json(const struct coverage_union *united);

#endif
