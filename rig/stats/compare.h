/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two nights, or two kernels: what is new, what is gone, what fails more often, what got slower.
 * docs/nightly.md describes the rules.
 *
 * A difference counts if it is significant at 5 % over all tests of its kind together (Holm's
 * correction). Rates use first attempts only: a cell (a scenario on a machine) is run again
 * because it failed, so its repetitions would be biased. Whether a signature occurs at all is
 * taken from every attempt.
 */
#ifndef RIG_STATS_COMPARE_H
#define RIG_STATS_COMPARE_H

#include "index/index.h"

enum change {
	CHANGE_NEW,    /* a finding that was never seen before: a regression, even if seen once */
	CHANGE_MORE,   /* significantly more often: a regression */
	CHANGE_SLOWER, /* by at least 10 %, significantly: a regression */
	CHANGE_FIXED,  /* not seen any more, in enough runs to be significant */
	CHANGE_LESS,   /* seen, but significantly less often */
	CHANGE_FASTER,
	CHANGE_GONE, /* not seen, but not significantly less often */
	CHANGE_SAME, /* no significant difference */
};

const char *change_name(enum change change); /* "new", "more", … */
gboolean change_is_regression(enum change change);

/* One of the two: a night's id, or a kernel's name. */
struct compare_side {
	char *name;
	gboolean is_night;
	guint runs;
	char *first, *last; /* times; NULL without runs */
};

/* An unknown finding of runs that are not as expected. */
struct compare_finding {
	enum change change;
	/* run: the newest run with the finding, in B if B has one */
	char *bug, *kind, *title, *run;
	guint seen[2]; /* runs with the finding, of all attempts */
	/* first attempts, of the scenarios and machines in which it occurred */
	guint hits[2], n[2];
	double p;	     /* Fisher */
	guint to_tell;	     /* clean runs in a row needed to call it fixed; 0 if it still occurs */
	/* time of an earlier night with the finding, if A does not have it; or NULL */
	char *before;
};

/* How often the runs of a scenario on a machine are not as expected. */
struct compare_rate {
	enum change change;
	char *scenario, *machine, *tree; /* tree "" between kernels */
	guint bad[2], n[2];
	double p; /* Fisher */
};

/* How fast the good ones were. */
struct compare_speed {
	enum change change;
	char *scenario, *machine, *tree;
	const char *what; /* "ops_per_s", "boot_s" */
	guint n[2];
	double median[2];
	double p; /* Mann-Whitney */
};

struct compare {
	struct compare_side side[2];
	GPtrArray *findings, *rates, *speeds; /* of the structs above; the worst first */
	gboolean regression;
};

/*
 * A and B are nights (an id, "last", "last~1") or kernels (a name as in `rig list`); "night:X" and
 * "kernel:X" select one kind. Errors: RIG_EXIT_USAGE if there is no such night or kernel, or one of
 * each.
 */
struct compare *compare_new(struct run_index *ix, const char *a, const char *b, GError **error);
/*
 * A night against all that the nights before it saw of the same trees (side[0] has the name ""):
 * with no p, no rates and no speeds. CHANGE_NEW: in no earlier night; all others are CHANGE_SAME.
 */
struct compare *compare_to_past(struct run_index *ix, const char *night, GError **error);
void compare_free(struct compare *c);
RIG_DEFINE_AUTO(compare, compare_free)

/* C as JSON, as `rig compare --json` prints it. New reference. */
json_t *compare_json(const struct compare *c);

#endif
