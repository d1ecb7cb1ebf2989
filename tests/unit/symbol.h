/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of the symbol suite. */
#ifndef RIG_TESTS_UNIT_SYMBOL_H
#define RIG_TESTS_UNIT_SYMBOL_H

#include <check.h>

/* symbol-kallsyms.c */
TCase *kallsyms_cases(void);

#endif
