/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The zoo: bugs that were fixed in the past and are reintroduced, to test whether the rig catches
 * them. An entry is scenarios/zoo/zNN.yaml with its patches next to it. Its clean twin is the same
 * kernel without the patches that reintroduce the bug. docs/zoo.md is the manual.
 */
#ifndef RIG_ZOO_ZOO_H
#define RIG_ZOO_ZOO_H

#include <glib.h>
#include <jansson.h>

#include "store/store.h"
#include "util/auto.h"

/* The detector that must report the bug. */
enum zoo_oracle {
	ORACLE_LOCKDEP,	 /* lockdep */
	ORACLE_WATCHDOG, /* the rig, which declares a hang if the guest makes no progress */
	ORACLE_RULES,	 /* assertions of locking rules, which a base patch adds to the kernel */
	ORACLE_KERNEL,	 /* any other report of the kernel: an oops, a sanitizer */
	ORACLE_ACCOUNTS, /* the memory accounts after the load differ from those before it */
	/* an operation of an agent has a result that only the bug causes */
	ORACLE_OPERATION,
};

const char *zoo_oracle_name(enum zoo_oracle oracle);

/* The patches for one kernel source. Their files are next to the entry's file. */
struct zoo_variant {
	char *kernel;	    /* "deb:linux-source-6.1" */
	char **base, **bug; /* patches in order, NULL-terminated; the clean twin only has `base` */
	char **fragments;   /* config fragments, used with and without the bug */
};

struct zoo_entry {
	char *id;	/* for example "z03" */
	char *subject;	/* subject of the commit that fixed the bug */
	char *wrong;	/* a description of the bug */
	char **commits; /* upstream commits of the fix, NULL-terminated */
	char *fixed;	/* the release with the fix, for example "v5.3" */
	struct zoo_variant *variants;
	unsigned n_variants;
	char *scenario; /* name of a scenario, or of a file NAME.yaml next to the entry's file */
	char **machines;     /* names of machines; the first one is the default */
	char *mmu;	     /* value of the option `rig run --mmu`, "radix" or "hash"; or NULL */
	unsigned duration_s; /* 0 stands for the scenario's duration */
	unsigned patience_s; /* 0 stands for the rig's default */
	enum zoo_oracle oracle;
	/*
	 * kinds of reports; the run must have a report of one of them. Empty for ORACLE_ACCOUNTS
	 * and ORACLE_OPERATION, and for ORACLE_WATCHDOG if any hang is expected
	 */
	char **kinds;
	char **cycle;	 /* lock classes that the report must have; may be empty */
	char *function;	 /* a text that the report's title must contain, or NULL */
	/*
	 * only for ORACLE_OPERATION: operations of agents with results that only the bug causes,
	 * for example "kmem-bind EBUSY|kmem-bind EINVAL"; one of them must occur
	 */
	char *operation;
	char **verified; /* kernel versions on which the bug was seen */
	char *file;	 /* path of the entry's file */
};

void zoo_entry_free(struct zoo_entry *entry);
RIG_DEFINE_AUTO(zoo_entry, zoo_entry_free)

/*
 * Loads the entry ID: "z03", or the path of its file. Error: RIG_EXIT_USAGE; the message has
 * file:line:column.
 */
struct zoo_entry *zoo_load(const char *id, GError **error);

/* Returns the ids of all entries, sorted; NULL-terminated. */
char **zoo_ids(void);

/*
 * Returns ENTRY's variant for the source KERNEL, or the first variant if KERNEL is NULL. Returns
 * NULL if there is none.
 */
const struct zoo_variant *zoo_variant(const struct zoo_entry *entry, const char *kernel);

/*
 * Sets *ret and *ret_fragments to the paths of the patches and fragments for the source KERNEL, or
 * for the first variant if KERNEL is NULL. If CLEAN, they make the clean twin (without the bug);
 * otherwise the kernel with the bug. Free both with g_strfreev(). Error: RIG_EXIT_USAGE, there is
 * no variant for KERNEL.
 */
gboolean zoo_patches(const struct zoo_entry *entry, const char *kernel, gboolean clean, char ***ret,
		     char ***ret_fragments, GError **error);
/* Returns the kernel source of the first variant. */
const char *zoo_kernel(const struct zoo_entry *entry);
/* Returns the name or path of the scenario, for scenario_load(). */
char *zoo_scenario(const struct zoo_entry *entry);

/* Whether a run caught the bug of a zoo entry. */
struct zoo_outcome {
	/*
	 * FALSE if the run does not count: its verdict is INFRA, SKIP or ABORTED, or LOST without a
	 * report
	 */
	gboolean valid;
	gboolean caught;  /* the run has what the entry expects */
	gboolean alarmed; /* the verdict is FAIL or HANG, for any reason */
	double guest_s;	  /* guest seconds until the bug was caught */
	guint64 ops;	  /* operations of agents and host until the bug was caught */
};

struct zoo_outcome zoo_judge(const struct zoo_entry *entry, const struct run_info *run);

/* Counts of the runs of an entry on one machine and kernel version, with the bug and without it. */
struct zoo_score {
	/* id of the entry; name of the machine; version of the kernel */
	char *id, *machine, *kernel;
	char *without;	    /* the part of the scenario that was left out, or NULL */
	guint runs, caught; /* number of runs with the bug, and number of those that caught it */
	guint clean_runs, clean_caught;
	/* runs without the bug that were caught or ended as FAIL or HANG; includes clean_caught */
	guint clean_alarms;
	GArray *seconds;   /* guest seconds until the bug was caught, double, sorted */
	GArray *ops;	   /* operations until the bug was caught, double, sorted */
	gboolean directed; /* the runs had holds or calls that fail (docs/director.md) */
};

struct zoo_score *zoo_score_new(const char *id, const char *machine, const char *kernel,
				const char *without);
void zoo_score_free(struct zoo_score *score);
RIG_DEFINE_AUTO(zoo_score, zoo_score_free)

/* Adds a run; an outcome that is not valid is not counted. */
void zoo_score_add(struct zoo_score *score, const struct zoo_outcome *outcome, gboolean clean);

/*
 * Converts RUNS (of struct run_info) to scores, sorted by id, machine, kernel and left-out part. A
 * run with the bug counts for the entry that its run.json names ("zoo": {"entry", "clean"};
 * "without": the part that was left out). A run without the bug counts for all entries with the
 * same clean twin: the same scenario, base patches and fragments. Runs without "zoo" are ignored.
 */
GPtrArray *zoo_scores(GPtrArray *runs);

/*
 * Returns a Markdown table that shows how often the bugs are caught whose scenarios have holds
 * (places where a vCPU waits) or calls that fail, with these and without. Returns NULL if none of
 * SCORES has them. The caller owns the text.
 */
char *zoo_directed(GPtrArray *scores);

/* Returns the median of SORTED (double), or 0 if it is empty. */
double zoo_median(GArray *sorted);

/*
 * Returns median, minimum and maximum of SORTED (double) as text that the caller owns: "4.9 (4.6 to
 * 5.3)", or "-" if it is empty.
 */
char *zoo_spread(GArray *sorted, int digits);

/*
 * Returns TRUE if the runs of SCORE caught the bug less often than those of WHOLE, the score of the
 * whole scenario. Returns FALSE if one of the two has no runs.
 */
gboolean zoo_is_worse(const struct zoo_score *score, const struct zoo_score *whole);

/*
 * zoo_table() returns a Markdown table of the scores of whole scenarios, and zoo_ablation() one of
 * the scores with a part left out. The caller owns the text, which is NULL if there are no such
 * scores.
 */
char *zoo_table(GPtrArray *scores);
char *zoo_ablation(GPtrArray *scores);

/* The NAME of each of these tables for zoo_table_insert(). */
#define ZOO_TABLE "table"
#define ZOO_ABLATION "table, parts left out"
#define ZOO_DIRECTED "table, directed"

/*
 * Returns a copy of TEXT with TABLE between the lines "<!-- rig zoo NAME: begin -->" and "<!-- rig
 * zoo NAME: end -->". Error: RIG_EXIT_USAGE, these lines are missing or in the wrong order.
 */
char *zoo_table_insert(const char *text, const char *name, const char *table, GError **error);

#endif
