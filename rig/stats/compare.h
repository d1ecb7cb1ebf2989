/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares two nights or two kernels, A (the older side) and B: which findings are new or gone,
 * which scenarios fail more often, and which have become slower. A finding is a report, a hang, or
 * the reason of a failed run (index/index.h). docs/nightly.md describes the rules.
 *
 * A difference counts if it is significant at 5 % over all tests of its kind together (Holm's
 * correction). Rates use only first attempts of a cell (a scenario on a machine): a cell is run
 * again because it has failed, so further attempts would bias the rate. Whether a signature occurs
 * at all is determined from all attempts.
 */
#ifndef RIG_STATS_COMPARE_H
#define RIG_STATS_COMPARE_H

#include "index/index.h"

enum change {
	/*
	 * seen in B, but neither in A nor in an earlier night: a regression, even if it was seen
	 * only once
	 */
	CHANGE_NEW,
	CHANGE_MORE,   /* occurs significantly more often: a regression */
	CHANGE_SLOWER, /* at least 10 % slower, and significant: a regression */
	CHANGE_FIXED,  /* not seen in B, and B has enough runs to make that significant */
	CHANGE_LESS,   /* seen in B, but significantly less often */
	CHANGE_FASTER,
	CHANGE_GONE, /* not seen in B, but B has too few runs to make that significant */
	CHANGE_SAME, /* no significant difference */
};

/* Returns the name of a change, such as "new" or "more". */
const char *change_name(enum change change);
gboolean change_is_regression(enum change change);

/*
 * One side of the comparison: the runs of a night or of a kernel. `name` is the id of the night, or
 * the name of the kernel.
 */
struct compare_side {
	char *name;
	gboolean is_night;
	guint runs;
	/* times ("2026-11-21T05:54:01Z") of its first and last run; NULL if it has no runs */
	char *first, *last;
};

/*
 * A finding in runs that did not end as expected; known issues are left out. Arrays of two elements
 * are for the sides A and B.
 */
struct compare_finding {
	enum change change;
	/*
	 * `bug`, `kind` and `title` are those of struct index_finding; `run` is the name of the
	 * newest run with the finding, from B if B has one
	 */
	char *bug, *kind, *title, *run;
	guint seen[2]; /* number of runs with the finding, over all attempts */
	/*
	 * number of first attempts with the finding, and of all first attempts, in the scenarios on
	 * the machines where it occurred
	 */
	guint hits[2], n[2];
	double p; /* p-value of Fisher's test */
	gboolean significant; /* by p; a finding that is CHANGE_NEW need not be */
	/*
	 * CHANGE_GONE: the number of consecutive runs without the finding that would show that it
	 * is fixed; otherwise 0
	 */
	guint to_tell;
	/*
	 * If A, the first side, does not have the finding: the time ("2026-11-21T05:54:01Z") of the
	 * newest run with the finding in a night before B. It is NULL if A has the finding, no such
	 * night has it, or B is a kernel.
	 */
	char *before;
};

/*
 * How often the runs of a scenario on a machine did not end as expected: `bad` of `n` runs, for A
 * and B.
 */
struct compare_rate {
	enum change change;
	/* `tree`: the kernel's name in the plan of the nights; "" in a comparison of kernels */
	char *scenario, *machine, *tree;
	guint bad[2], n[2];
	double p; /* p-value of Fisher's test */
};

/* The speed of the `n` runs that ended as expected, for A and B. */
struct compare_speed {
	enum change change;
	char *scenario, *machine, *tree;
	const char *what; /* "ops_per_s" or "boot_s" */
	guint n[2];
	double median[2];
	double p; /* p-value of the Mann-Whitney test */
};

struct compare {
	struct compare_side side[2];
	/* of struct compare_finding, compare_rate and compare_speed, the worst first */
	GPtrArray *findings, *rates, *speeds;
	gboolean regression;
};

/*
 * Compares A and B, which are nights (an id, "last", "last~1") or kernels (a name as in `rig
 * list`); "night:X" and "kernel:X" select one of the two. Errors: RIG_EXIT_USAGE if there is no
 * such night or kernel, or one is a night and the other a kernel.
 */
struct compare *compare_new(struct run_index *ix, const char *a, const char *b, GError **error);
/*
 * Compares the findings of a night with those of all earlier nights of the same trees (side[0] has
 * the name ""), without p-values, rates and speeds. A finding that no earlier night has is
 * CHANGE_NEW; all others are CHANGE_SAME.
 */
struct compare *compare_to_past(struct run_index *ix, const char *night, GError **error);
void compare_free(struct compare *c);
RIG_DEFINE_AUTO(compare, compare_free)

/* Returns C as JSON, in the format of `rig compare --json`. New reference. */
json_t *compare_json(const struct compare *c);

#endif
