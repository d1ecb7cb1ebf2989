/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the director suite. */
#ifndef RIG_TESTS_DIRECTOR_H
#define RIG_TESTS_DIRECTOR_H

#include <check.h>

#include "director/director.h"
#include "kernel/kernel.h"
#include "tests/unit/suite.h"

/* The toy kernel, which is made before each test. */
extern struct kernel *kernel;
/* Makes the toy kernel again, with MORE, C code, added. */
void make_kernel_with(const char *more);
/*
 * Finds the places of the hold TEXT, in the format of hold_parse(), in the toy kernel. The caller
 * owns the result.
 */
struct director_orders *resolve(const char *text, GError **error);
/* Calls director_fits() for the hold TEXT. */
gboolean hold_fits_api(const char *text, int api, GError **error);
/* Sends LINE to the rig, as the plugin does. */
void director_say(int fd, const char *line);

void add_recorder_tests(TCase *tcase);
void add_fail_tests(TCase *tcase);
void add_cover_tests(TCase *tcase);
void add_get_tests(TCase *tcase);

#endif
