/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by the files of the locks suite, and macros for lines of /proc/lockdep and
 * /proc/lockdep_chains.
 */
#ifndef RIG_TESTS_LOCKS_H
#define RIG_TESTS_LOCKS_H

#include <check.h>

#include "locks/graph.h"

#define USED(columns, name) "(____ptrval____) FD: 1 BD: 1 " columns ": " name "\n"
#define LINE(name) "[(____ptrval____)] " name "\n"
#define CHAIN(context) "irq_context: " context "\n"
#define A_THEN_B CHAIN("0") LINE("a") LINE("b") "\n"
#define B_THEN_A CHAIN("0") LINE("b") LINE("a") "\n"

void add_graph_tests(TCase *tcase); /* use a scratch folder */
void add_recorded_tests(TCase *tcase);

struct world {
	char *results;
	struct lock_db *db;
	struct lock_graph *graph;
};

/* locks-graph.c */

/* Creates a run folder. CHAINS is what /proc/lockdep_chains contained in the run's guest. */
void put_run(const char *results, const char *name, const char *machine, const char *verdict,
	     const char *chains);
/* Like put_run(); LOCKDEP is what /proc/lockdep contained. */
void put_run_of(const char *results, const char *name, const char *machine, const char *verdict,
		const char *lockdep, const char *chains);
/*
 * Opens the graph of W's runs, whose file is in FOLDER, or which is in memory if FOLDER is NULL;
 * and loads it.
 */
void look_in(struct world *w, const char *folder);
void look(struct world *w);
void world_clear(struct world *w);

void add_cycle_tests(TCase *graph);
void add_kind_tests(TCase *boot, TCase *graph);

#endif
