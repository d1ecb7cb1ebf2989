/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RIG_SPLAT_SENTENCE_H
#define RIG_SPLAT_SENTENCE_H

#include "splat/internal.h"

#define ANY (~0u)

struct sentence {
	const char *words;
	unsigned families; /* of the reports it can be in */
	enum body body;
};

/* What a line that begins with START (blanks aside) is to a report of FAMILY; foreign where no sentence
 * begins so. */
enum body sentence_kind(const char *start, unsigned family);

#endif
