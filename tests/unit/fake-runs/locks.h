/* SPDX-License-Identifier: GPL-2.0-only */
/* Lock orders for the runs that fake-runs makes. */
#ifndef RIG_TESTS_FAKE_RUNS_LOCKS_H
#define RIG_TESTS_FAKE_RUNS_LOCKS_H

#include <glib.h>

/*
 * Adds orders.json.gz of VARIANT to the run folder DIR, as a link to one file for all its runs.
 * Ends the program on errors.
 */
void put_locks(const char *results, const char *dir, guint variant);

#endif
