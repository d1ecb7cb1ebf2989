/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the guest suite. */
#ifndef RIG_TESTS_GUEST_INIT_H
#define RIG_TESTS_GUEST_INIT_H

#include <check.h>

void add_frame_tests(TCase *tcase);
void add_file_tests(TCase *tcase);
void add_errno_tests(TCase *tcase);
void add_trace_tests(TCase *tcase);
void add_cxl_tests(TCase *tcase);

#endif
