/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the timeline suite. */
#ifndef RIG_TESTS_TIMELINE_H
#define RIG_TESTS_TIMELINE_H

#include <check.h>

#include "timeline/timeline.h"

const struct machine *first_machine(const struct scenario *scenario);

/* Returns a scenario in the scratch folder, with one track of three steps. */
struct scenario *small(void);

void add_lap_tests(TCase *tcase); /* use a scratch folder */

#endif
