/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RIG_SPLAT_BODY_PATTERNS_H
#define RIG_SPLAT_BODY_PATTERNS_H

#include "splat/internal.h"

#define ANY (~0u)

struct body_pattern {
	const char *words; /* the beginning of the line, after its blanks */
	unsigned families; /* families of the reports in which the line can occur */
	enum body body;
};

/* body-patterns.c; the first row that matches a line is used */
extern const struct body_pattern body_starts[];
extern const gsize n_body_starts;

/*
 * Classifies a line inside a report of FAMILY by the table of beginnings. START is the line's text
 * after its blanks. Returns BODY_FOREIGN if no row of the table matches.
 */
enum body body_pattern(const char *start, unsigned family);

#endif
