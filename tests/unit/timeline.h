/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the timeline suite share. */
#ifndef RIG_TESTS_TIMELINE_H
#define RIG_TESTS_TIMELINE_H

#include <check.h>

#include "timeline/timeline.h"

const struct machine *first_machine(const struct scenario *scenario);

/* A scenario with one track of three steps, in the scratch folder. */
struct scenario *small(void);

void add_lap_tests(TCase *tcase); /* use a scratch folder */

#endif
