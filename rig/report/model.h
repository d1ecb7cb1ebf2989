/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model is the data that all output formats print: runs as a matrix of cells (scenario ×
 * machine × kernel), the signatures of their reports, and what has changed. It is made once, from
 * run folders.
 *
 * Each run belongs to NOW (a night, or by default the newest 16 hours) or is earlier. In each cell,
 * the runs of NOW are compared with those of THEN: the newest run before NOW, and the runs of the
 * 16 hours before that run.
 *
 * All text is clean (util/text.h); "?" stands for a value that the folder lacks.
 */
#ifndef RIG_REPORT_MODEL_H
#define RIG_REPORT_MODEL_H

#include <glib.h>

#include "index/index.h"
#include "store/store.h"
#include "util/auto.h"

#define N_VERDICTS (VERDICT_RUNNING + 1)
/* seconds: longer than a night, but shorter than the time between the begins of two nights */
#define MODEL_SPAN_S (16 * 3600)

/* Numbers of runs by result. */
struct tally {
	guint n[N_VERDICTS];
	guint all;
	guint judged; /* runs with a result for the kernel: PASS, FAIL or HANG */
	guint bad;    /* runs that did not end as the scenario expects */
	/*
	 * Numbers of first attempts only. Further attempts are made because the first one failed,
	 * so with them the failure rate would be too high.
	 */
	guint first, first_bad;
};

/*
 * Returns one word for several runs: the name of a verdict, "FLAKY" if only some are bad, or "none"
 * if there are no runs.
 */
const char *tally_word(const struct tally *tally);

struct run_view {
	const struct run_info *info; /* borrowed */
	/* name of the run folder; the members of struct index_run with these names */
	char *name, *scenario, *machine, *kernel, *created;
	char *slug;  /* a file name without suffix, different for each run */
	char *title; /* title of the first report; if there is none, the first reason, or "" */
	gint64 when; /* seconds since 1970; 0 if unknown */
	gboolean now;
	/*
	 * The verdict by which the run is counted: PASS if it ended as its scenario expects, which
	 * may be with a report; FAIL if it passed although its scenario expects a report.
	 */
	enum verdict as;
	/*
	 * name of the verdict; but "EXPECTED" if it is counted as PASS, or "MISSED" if it is
	 * counted as FAIL, although the verdict is another one
	 */
	const char *word;
	double total_s; /* duration of the run; total_s, detect_s and ops_per_s are -1 if unknown */
	/* time from the guest's boot to the first report that determines the verdict */
	double detect_s;
	double ops_per_s; /* rate of all agents during the load */
	struct cell *cell;
	GPtrArray *signatures; /* of struct signature, without duplicates */
};

struct cell {
	char *scenario, *machine, *kernel;
	char *slug;	 /* a file name without suffix, different for each cell */
	GPtrArray *runs; /* of struct run_view, oldest first */
	struct tally now, then, ever;
};

/*
 * A signature, by which equal reports of different builds, boots and architectures are recognised.
 * Notes and induced reports have no signature.
 */
struct signature {
	char *bug, *kind, *title;
	char *slug;
	char *known;	   /* reason from the list of known issues, or NULL */
	GPtrArray *runs;   /* of struct run_view, oldest first */
	guint now, before; /* number of these runs that belong to NOW, and of those before NOW */
	guint bad;	   /* number of these runs that belong to NOW and did not end as expected */
	/* number of further runs with the signature, which are not in the model */
	guint older;
	/*
	 * time of the first run with the signature, also if it is not in the model: "2026-11-01
	 * 02:15"
	 */
	char *first_seen;
	json_t *report;	   /* the report in the newest run, borrowed */
};

enum difference_kind {
	DIFF_NEW,      /* a signature that was never seen before */
	DIFF_BROKE,    /* a cell whose runs all passed before; some are bad now */
	DIFF_UNPROVEN, /* a cell that had judged runs before, but has none now */
	DIFF_FIXED,    /* a cell with bad runs before; all of its runs pass now */
	/*
	 * a signature that was seen before, but not now; all cells that had it have judged runs now
	 */
	DIFF_GONE,
	N_DIFFERENCES
};

struct difference {
	enum difference_kind kind;
	const struct cell *cell;	   /* NULL for DIFF_NEW and DIFF_GONE */
	const struct signature *signature; /* NULL for the other kinds */
	const struct run_view *run;	   /* a run of NOW as an example, or NULL */
};

/* Returns the name of a kind, such as "new" or "broke". */
const char *difference_word(enum difference_kind kind);
gboolean difference_is_worse(enum difference_kind kind);
/*
 * Returns the difference as a sentence: "dimm-storm on pc-q35, kernel 6.1.192: 4 of 5 failed, all 5
 * passed before". The caller owns it.
 */
char *difference_text(const struct difference *change);

/* A lock order (rig/locks) that no earlier run of its tree (the kernel's name in plans) had. */
struct new_order {
	char *text;	   /* "A --> B" */
	char *tree;	   /* "" if the run belongs to no tree */
	char *run;	   /* the first run with the order */
	gboolean anywhere; /* no earlier run of any tree had it */
};
struct new_order *new_order_new(const char *from, const char *to, const char *tree, const char *run,
				gboolean anywhere);

struct model {
	GPtrArray *runs;       /* of struct run_view, oldest first; owned */
	GPtrArray *cells;      /* of struct cell, sorted by scenario, kernel, machine; owned */
	GPtrArray *signatures; /* of struct signature, the most recent first */
	GPtrArray *changes;    /* of struct difference, the worst first */
	GPtrArray *scenarios;  /* of char *, sorted, without duplicates */
	/* of struct cell, borrowed: one cell for each column of the matrix (kernel and machine) */
	GPtrArray *columns;
	/*
	 * of struct new_order, those that are new in all trees first; added by the caller of
	 * model_new()
	 */
	GPtrArray *orders;
	struct tally now;
	gint64 first, last; /* start times of the first and the last run of NOW */
	char *label; /* the name of the newest runs (NOW): that of their night, or their day */
};

struct model_options {
	/*
	 * Set of the names of the runs of NOW. If it is NULL, NOW has the runs with the same label
	 * "night" as the newest run. If the newest run has no such label, NOW has the runs of the
	 * 16 hours before it.
	 */
	GHashTable *now;
	const char *label; /* a name for the newest runs (NOW), or NULL */
	/*
	 * maps the key of a signature to its struct index_signature, for runs that are not in RUNS;
	 * or NULL
	 */
	GHashTable *older;
};

/*
 * Makes a model of RUNS, an array of struct run_info, oldest first, which must stay valid longer
 * than the model. OPTIONS may be NULL.
 */
struct model *model_new(const GPtrArray *runs, const struct model_options *options);
void model_free(struct model *model);
RIG_DEFINE_AUTO(model, model_free)

/* Returns the name of the first run of NOW, or NULL if there is none. */
const char *model_first_run(const struct model *model);
/* Returns the cell of SCENARIO in COLUMN, or NULL if there is none. */
const struct cell *model_cell(const struct model *model, const char *scenario,
			      const struct cell *column);

/*
 * Returns the value of JSON at PATH, a path of keys ("times/total_ns"), or NULL if there is none.
 * Borrowed.
 */
json_t *model_at(json_t *json, const char *path);
/*
 * Returns the text of JSON at PATH, cleaned by text_clean(), or "?" if there is none. The caller
 * owns it.
 */
char *model_text(json_t *json, const char *path);

#endif
