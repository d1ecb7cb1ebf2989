/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RIG_SPLAT_BODY_PATTERNS_H
#define RIG_SPLAT_BODY_PATTERNS_H

#include "splat/internal.h"

#define ANY (~0u)

struct body_pattern {
	const char *words;
	unsigned families; /* families of the reports that the line can be in */
	enum body body;
};

/*
 * Classifies a line that begins with START (after blanks) inside a report of FAMILY. BODY_FOREIGN:
 * no pattern matches.
 */
enum body body_pattern(const char *start, unsigned family);

#endif
