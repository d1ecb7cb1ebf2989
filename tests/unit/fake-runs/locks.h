/* SPDX-License-Identifier: GPL-2.0-only */
/* fake-runs: lock orders of the made-up runs. */
#ifndef RIG_TESTS_FAKE_RUNS_LOCKS_H
#define RIG_TESTS_FAKE_RUNS_LOCKS_H

#include <glib.h>

/*
 * Gives the run folder DIR orders.json.gz of the VARIANT, one file for all runs that have it. Ends
 * the program on errors.
 */
void put_locks(const char *results, const char *dir, guint variant);

#endif
