/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef RIG_BISECT_ENTROPY_H
#define RIG_BISECT_ENTROPY_H

/*
 * Returns the binary entropy of probability P in bits; 0 outside of 0..1. It is read from a table
 * (error below 1e-6), because each step of a search needs thousands of values.
 */
double entropy_of(double p);

#endif
