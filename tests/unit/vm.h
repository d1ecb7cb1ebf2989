/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the vm suite. */
#ifndef RIG_TESTS_VM_H
#define RIG_TESTS_VM_H

#include <check.h>

void add_end_tests(TCase *tcase);
void add_libvirt_tests(TCase *tcase);
void add_abandon_tests(TCase *tcase);
void add_sandbox_tests(TCase *tcase);
void add_cmdline_tests(TCase *tcase);

#endif
