/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares two nights or two kernels: what is new, what is gone, what fails more often, what has
 * become slower. docs/nightly.md describes the rules.
 *
 * A difference counts if it is significant at 5 % over all tests of its kind together (Holm's
 * correction). Rates use only first attempts: a cell (a scenario on a machine) is run again because
 * it has failed, so its repetitions would bias the rate. Whether a signature occurs at all is
 * determined from all attempts.
 */
#ifndef RIG_STATS_COMPARE_H
#define RIG_STATS_COMPARE_H

#include "index/index.h"

enum change {
	/* a finding that was never seen before: a regression, even if it was seen only once */
	CHANGE_NEW,
	CHANGE_MORE,   /* occurs significantly more often: a regression */
	CHANGE_SLOWER, /* at least 10 % slower, and significant: a regression */
	CHANGE_FIXED,  /* not seen any more, and the number of runs makes that significant */
	CHANGE_LESS,   /* still seen, but significantly less often */
	CHANGE_FASTER,
	CHANGE_GONE, /* not seen, but the number of runs does not make that significant */
	CHANGE_SAME, /* no significant difference */
};

/* Returns the name of a change, such as "new" or "more". */
const char *change_name(enum change change);
gboolean change_is_regression(enum change change);

/* One of the two sides: the id of a night, or the name of a kernel. */
struct compare_side {
	char *name;
	gboolean is_night;
	guint runs;
	/* times of the first and the last of its runs; NULL if there are none */
	char *first, *last;
};

/* A finding that is not a known issue, of runs that did not end as expected. */
struct compare_finding {
	enum change change;
	/* `run` is the newest run with the finding, from B if B has one */
	char *bug, *kind, *title, *run;
	guint seen[2]; /* number of runs with the finding, over all attempts */
	/*
	 * `hits` of `n` first attempts have the finding, in the scenarios and machines where it
	 * occurred
	 */
	guint hits[2], n[2];
	double p; /* p-value of Fisher's test */
	/*
	 * CHANGE_GONE: how many consecutive runs without the finding would prove that it is fixed;
	 * otherwise 0
	 */
	guint to_tell;
	/*
	 * if A does not have the finding, the time of the newest earlier run that has it; or NULL
	 */
	char *before;
};

/* How often the runs of a scenario on a machine did not end as expected. */
struct compare_rate {
	enum change change;
	char *scenario, *machine, *tree; /* `tree` is "" in a comparison of kernels */
	guint bad[2], n[2];
	double p; /* p-value of Fisher's test */
};

/* The speed of the runs that ended as expected. */
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
	GPtrArray *findings, *rates, *speeds; /* of the structs above, the worst first */
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
