/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of test-bisect. */
#ifndef RIG_TESTS_BISECT_H
#define RIG_TESTS_BISECT_H

#include <check.h>

TCase *bisect_evidence_case(void);
TCase *bisect_posterior_case(void);
TCase *bisect_search_case(void);
TCase *bisect_simulate_case(void);
TCase *bisect_span_case(void);

#endif
