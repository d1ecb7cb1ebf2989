/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RIG_BISECT_ENTROPY_H
#define RIG_BISECT_ENTROPY_H

/*
 * The bits that one answer of yes or no is worth, where yes has probability P; 0 outside of 0..1. Read from a
 * table (error below 1e-6): a search asks for it a thousand times a step.
 */
double entropy_of(double p);

#endif
