/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The zoo: fixed bugs that are reintroduced, to test whether the rig catches them. An entry is
 * scenarios/zoo/zNN.yaml with its patches beside it; docs/zoo.md is the manual.
 */
#ifndef RIG_ZOO_ZOO_H
#define RIG_ZOO_ZOO_H

#include <glib.h>
#include <jansson.h>

#include "store/store.h"
#include "util/auto.h"

/* The detector that must report the bug. */
enum zoo_oracle {
	ORACLE_LOCKDEP,	 /* the lock validator */
	ORACLE_WATCHDOG, /* the rig's watchdog: no progress */
	ORACLE_RULES,	 /* assertions of locking rules, which a base patch adds */
	ORACLE_KERNEL,	 /* any other report: an oops, a sanitizer */
	ORACLE_ACCOUNTS, /* the memory accounts differ after the load */
};

const char *zoo_oracle_name(enum zoo_oracle oracle);

/* The patches for one kernel source. Files are named as they are beside the entry. */
struct zoo_variant {
	char *kernel;	    /* "deb:linux-source-6.1" */
	char **base, **bug; /* patches in order, NULL-terminated; the clean twin has `base`, too */
	char **fragments;   /* config fragments, with and without the bug */
};

struct zoo_entry {
	char *id;	/* "z03" */
	char *subject;	/* subject of the commit that fixed it */
	char *wrong;	/* what is wrong */
	char **commits; /* upstream, NULL-terminated */
	char *fixed;	/* "v5.3" */
	struct zoo_variant *variants;
	unsigned n_variants;
	char *scenario;	     /* a name, or NAME.yaml beside the entry */
	char **machines;     /* the first one is the default */
	char *mmu;	     /* or NULL */
	unsigned duration_s; /* 0: the scenario's */
	unsigned patience_s; /* 0: the rig's */
	enum zoo_oracle oracle;
	char **kinds; /* report kinds, any of them; none for ORACLE_ACCOUNTS, and for
		       * ORACLE_WATCHDOG where any hang will do */
	char **cycle; /* lock classes it must name; may be empty */
	char *function;	 /* part of its title, or NULL */
	char **verified; /* kernel versions it was seen on */
	char *file;
};

void zoo_entry_free(struct zoo_entry *entry);
RIG_DEFINE_AUTO(zoo_entry, zoo_entry_free)

/* ID ("z03"), or the path of a file. Errors (RIG_EXIT_USAGE) have file:line:column. */
struct zoo_entry *zoo_load(const char *id, GError **error);

/* The ids of all entries, sorted; NULL-terminated. */
char **zoo_ids(void);

/* ENTRY's variant for KERNEL, a source (NULL: the first variant). NULL if it has none. */
const struct zoo_variant *zoo_variant(const struct zoo_entry *entry, const char *kernel);

/*
 * The paths of the patches and fragments for KERNEL (NULL: the first variant), with the bug or, if
 * CLEAN, of the clean twin.
 */
gboolean zoo_patches(const struct zoo_entry *entry, const char *kernel, gboolean clean, char ***ret,
		     char ***ret_fragments, GError **error);
/* The kernel source of the first variant. */
const char *zoo_kernel(const struct zoo_entry *entry);
/* The scenario's name or path, for scenario_load(). */
char *zoo_scenario(const struct zoo_entry *entry);

/* The result of a run for ENTRY. */
struct zoo_outcome {
	/* it is counted: not for INFRA, SKIP, LOST without a report, and ABORTED */
	gboolean valid;
	gboolean caught;  /* what the entry expects was seen */
	gboolean alarmed; /* FAIL or HANG, for any reason */
	double guest_s;	  /* guest seconds until then */
	guint64 ops;	  /* operations of agents and host until then */
};

struct zoo_outcome zoo_judge(const struct zoo_entry *entry, const struct run_info *run);

/* Runs of one entry on one machine and kernel, with the bug and without. */
struct zoo_score {
	char *id, *machine, *kernel;
	char *without;	    /* the part of the scenario that was left out, or NULL */
	guint runs, caught; /* runs with the bug, and those that caught it */
	guint clean_runs, clean_caught;
	guint clean_alarms; /* alarms of any kind, including clean_caught */
	GArray *seconds;    /* of double: guest seconds to detection, sorted */
	GArray *ops;	    /* of double, sorted */
	gboolean directed;  /* its runs had holds (docs/director.md) */
};

struct zoo_score *zoo_score_new(const char *id, const char *machine, const char *kernel,
				const char *without);
void zoo_score_free(struct zoo_score *score);
RIG_DEFINE_AUTO(zoo_score, zoo_score_free)

/* Adds a run; an invalid one is not counted. */
void zoo_score_add(struct zoo_score *score, const struct zoo_outcome *outcome, gboolean clean);

/*
 * RUNS (of struct run_info) to scores, sorted by id, machine, kernel and what was left out. A run
 * belongs to the entry that its run.json names ("zoo": {"entry", "clean"}, and "without"), one
 * without the bug to all entries that have this clean twin: the same scenario, base patches and
 * fragments. All others are passed over.
 */
GPtrArray *zoo_scores(GPtrArray *runs);

/*
 * Markdown: how often entries whose scenarios have holds are caught with these and without. NULL
 * where none of SCORES has holds. The caller's.
 */
char *zoo_directed(GPtrArray *scores);

/* The middle of sorted doubles; 0 without any. */
double zoo_median(GArray *sorted);

/* "4.9 (4.6 to 5.3)": median, least and most of sorted doubles; "-" without any. */
char *zoo_spread(GArray *sorted, int digits);

/* TRUE if fewer runs were caught than in WHOLE; FALSE without runs. */
gboolean zoo_is_worse(const struct zoo_score *score, const struct zoo_score *whole);

/* Markdown tables: scores of whole scenarios, and those with a part left out. Newly allocated. */
char *zoo_table(GPtrArray *scores);
char *zoo_ablation(GPtrArray *scores);

/* The NAMEs of these tables in docs/zoo.md (zoo_table_insert()). */
#define ZOO_TABLE "table"
#define ZOO_ABLATION "table, parts left out"
#define ZOO_DIRECTED "table, directed"

/*
 * Replaces what TEXT has between the lines "<!-- rig zoo NAME: begin -->" and "end" by TABLE, and
 * returns the result. Error (RIG_EXIT_USAGE): the lines are missing or in the wrong order.
 */
char *zoo_table_insert(const char *text, const char *name, const char *table, GError **error);

#endif
