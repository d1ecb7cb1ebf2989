/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RIG_SPLAT_BODY_PATTERNS_H
#define RIG_SPLAT_BODY_PATTERNS_H

#include "splat/internal.h"

#define ANY (~0u)

struct body_pattern {
	const char *words;
	unsigned families; /* families of the reports in which the line can occur */
	enum body body;
};

/*
 * Classifies a line inside a report of FAMILY; START is the line's text after blanks. BODY_FOREIGN:
 * no pattern matches.
 */
enum body body_pattern(const char *start, unsigned family);

#endif
