/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every output shows: runs as a matrix of cells (scenario × machine × kernel), the
 * signatures of their reports, and what changed. Made once from run folders; each output only
 * writes it down.
 *
 * The runs of NOW (a night, by default the newest 16 hours) are separated from earlier ones.
 * They are compared with the cell's runs of THEN: the newest one before NOW, and those of the 16
 * hours before that one.
 *
 * All text is clean (util/text.h); "?" stands where a folder does not say.
 */
#ifndef RIG_REPORT_MODEL_H
#define RIG_REPORT_MODEL_H

#include <glib.h>

#include "index/index.h"
#include "store/store.h"
#include "util/auto.h"

#define N_VERDICTS (VERDICT_RUNNING + 1)
#define MODEL_SPAN_S (16 * 3600) /* longer than a night, shorter than from one to the next */

/* Counts of runs by result. */
struct tally {
	guint n[N_VERDICTS];
	guint all;
	guint judged; /* the kernel was judged: PASS, FAIL, HANG */
	guint bad;    /* not as the scenario expects */
	/*
	 * first attempts alone: a cell is run again because it failed, so the others would raise
	 * its rate
	 */
	guint first, first_bad;
};

/* One word for several runs: a verdict's name, "FLAKY" if some but not all are bad, "none". */
const char *tally_word(const struct tally *tally);

struct run_view {
	const struct run_info *info; /* borrowed */
	char *name, *scenario, *machine, *kernel, *created;
	char *slug;	  /* a file name without suffix, different for each run */
	char *title;	  /* title of the first report, else the first reason, else "" */
	gint64 when;	  /* seconds since 1970, 0: unknown */
	gboolean now;
	/*
	 * Its verdict for counting: PASS where it ended as its scenario expects (which may be with
	 * a report), FAIL where it passed and should not have.
	 */
	enum verdict as;
	/* the verdict's name; "EXPECTED" or "MISSED" if `as` is not the verdict */
	const char *word;
	double total_s;	  /* how long it took; -1 if unknown, also in the next two */
	double detect_s;  /* the first failing report, after the guest's boot */
	double ops_per_s; /* rate of all agents during the load */
	struct cell *cell;
	GPtrArray *signatures; /* of struct signature, each once */
};

struct cell {
	char *scenario, *machine, *kernel;
	char *slug; /* a file name without suffix, different for each cell */
	GPtrArray *runs; /* of struct run_view, oldest first */
	struct tally now, then, ever;
};

/*
 * Identifies a report in every build, boot and architecture. Notes and induced reports have
 * none.
 */
struct signature {
	char *bug, *kind, *title;
	char *slug;
	char *known;	 /* reason from the list of known issues, or NULL */
	GPtrArray *runs; /* of struct run_view, oldest first */
	guint now, before; /* how many of them are of NOW, and how many are earlier */
	guint bad;	   /* runs of NOW that ended otherwise than expected */
	guint older;	   /* runs with it that are not shown */
	char *first_seen;  /* "2026-11-01 02:15", older runs too */
	json_t *report;	 /* the newest run's, borrowed */
};

enum difference_kind {
	DIFF_NEW,	 /* a signature never seen before */
	DIFF_BROKE,	 /* a cell: all its runs passed before, some are bad now */
	DIFF_UNPROVEN, /* a cell: it had judged runs before, and has none now */
	DIFF_FIXED,	 /* a cell: some of its runs were bad before, all pass now */
	DIFF_GONE,	 /* a signature seen before, not now; its cells have judged runs now */
	N_DIFFERENCES
};

struct difference {
	enum difference_kind kind;
	const struct cell *cell;	   /* or NULL */
	const struct signature *signature; /* or NULL */
	const struct run_view *run;	   /* a witness of now; NULL where there is none */
};

const char *difference_word(enum difference_kind kind); /* "new", "broke", … */
gboolean difference_is_worse(enum difference_kind kind);
/*
 * A sentence like "dimm-storm on pc-q35, kernel 6.1.192: 4 of 5 failed, all 5 passed before". The
 * caller's.
 */
char *difference_text(const struct difference *change);

/* A lock order (rig/locks) that no run of its tree had before now. */
struct new_order {
	char *text; /* "A --> B" */
	char *tree; /* "" outside of trees */
	char *run;  /* the first with it */
	gboolean anywhere; /* no run of any tree had it before */
};
struct new_order *new_order_new(const char *from, const char *to, const char *tree, const char *run,
				gboolean anywhere);

struct model {
	GPtrArray *runs;       /* of struct run_view, oldest first; owned, as the next */
	GPtrArray *cells;      /* cells, sorted by scenario, kernel, machine */
	GPtrArray *signatures; /* the most recent first */
	GPtrArray *changes;    /* the worst first */
	GPtrArray *scenarios;  /* of char *, sorted, each once */
	GPtrArray *columns;    /* of struct cell, borrowed: one of each kernel and machine, in this
			        * order */
	GPtrArray *orders;     /* of struct new_order, those that are new anywhere first; added by
			        * the caller of model_new() */
	struct tally now;
	gint64 first, last; /* when the first and the last run of NOW began */
	char *label;	    /* name of NOW: a night's name, or its day */
};

struct model_options {
	/*
	 * names of the runs of now (a set); NULL: those of the newest run's night (label "night"),
	 * without one those of the 16 hours that end with it
	 */
	GHashTable *now;
	const char *label; /* what now is called, or NULL */
	GHashTable *older; /* bug -> struct index_signature: what runs that are not shown have had;
			    * or NULL */
};

/* RUNS: of struct run_info, oldest first, and outliving the model. OPTIONS may be NULL. */
struct model *model_new(const GPtrArray *runs, const struct model_options *options);
void model_free(struct model *model);
RIG_DEFINE_AUTO(model, model_free)

/* The name of the first run of now, or NULL. */
const char *model_first_run(const struct model *model);
/* The cell of a scenario in a column, or NULL. */
const struct cell *model_cell(const struct model *model, const char *scenario,
			      const struct cell *column);

/* The value at the path of keys PATH ("times/total_ns"), or NULL. */
json_t *model_at(json_t *json, const char *path);
/* The text at PATH, clean, or "?". The caller's. */
char *model_text(json_t *json, const char *path);

#endif
