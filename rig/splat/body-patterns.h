/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RIG_SPLAT_BODY_PATTERNS_H
#define RIG_SPLAT_BODY_PATTERNS_H

#include "splat/internal.h"

#define ANY (~0u)

struct body_pattern {
	const char *words;
	unsigned families; /* of the reports it can be in */
	enum body body;
};

/*
 * What a line that begins with START (blanks aside) is to a report of FAMILY; foreign where no
 * sentence begins so.
 */
enum body body_pattern(const char *start, unsigned family);

#endif
