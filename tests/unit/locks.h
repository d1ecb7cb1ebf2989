/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the locks suite share: chains as /proc/lockdep_chains has them. */
#ifndef RIG_TESTS_LOCKS_H
#define RIG_TESTS_LOCKS_H

#include <check.h>

#define LINE(name) "[(____ptrval____)] " name "\n"
#define CHAIN(context) "irq_context: " context "\n"
#define A_THEN_B CHAIN("0") LINE("a") LINE("b") "\n"
#define B_THEN_A CHAIN("0") LINE("b") LINE("a") "\n"

void add_graph_tests(TCase *tcase); /* use a scratch folder */
void add_recorded_tests(TCase *tcase);

#endif
