// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calculates binary entropy from a table over sqrt(min(p, 1 - p)), because the curve is a smooth
 * function of this value.
 */
#include "bisect/entropy.h"

#include <glib.h>
#include <math.h>

#define TABLE 4096
/* The end of the table: sqrt(1/2), rounded up. */
#define LAST 0.70711

static double table[TABLE + 2];

static void table_init(void)
{
	static gsize done;

	if (!g_once_init_enter(&done))
		return;
	for (guint i = 1; i < TABLE + 2; i++) {
		double s = i * (LAST / TABLE), p = s * s;

		table[i] = -p * log2(p) - (1 - p) * log2(1 - p);
	}
	g_once_init_leave(&done, 1);
}

double entropy_of(double p)
{
	double s, whole;
	guint at;

	if (!(p > 0 && p < 1))
		return 0;
	table_init();
	s = sqrt(MIN(p, 1 - p)) * (TABLE / LAST);
	at = MIN((guint)s, TABLE);
	whole = at;
	return table[at] + (table[at + 1] - table[at]) * (s - whole);
}
