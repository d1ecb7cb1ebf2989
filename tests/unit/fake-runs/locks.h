/* SPDX-License-Identifier: GPL-2.0-only */
/* Lock orders for the runs that fake-runs makes. */
#ifndef RIG_TESTS_FAKE_RUNS_LOCKS_H
#define RIG_TESTS_FAKE_RUNS_LOCKS_H

#include <glib.h>

/*
 * Adds the orders.json.gz of VARIANT to the run folder DIR, as a link to the only file of this
 * variant in RESULTS. Ends the program after an error.
 */
void put_locks(const char *results, const char *dir, guint variant);

#endif
