// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the best candidate (the change that most probably introduced the bug), and those that no
 * possible test can distinguish from it.
 */
#include "bisect/posterior.h"

#include <string.h>

static gboolean can_distinguish(const struct posterior *p, const gboolean *skipped, guint a,
				guint b)
{
	for (guint t = 0; t <= posterior_n(p); t++)
		if (!(skipped && skipped[t]) &&
		    posterior_contains(p, t, a) != posterior_contains(p, t, b))
			return TRUE;
	return FALSE;
}

/*
 * posterior_answer() for a linear history. There, no test can distinguish candidates (changes) A <
 * B if all positions from A to B - 1 are skipped.
 */
static double answer_line(const struct posterior *p, const gboolean *skipped, guint best,
			  gboolean *same)
{
	guint first = best, last = best;
	double sum = 0;

	while (skipped && first > 0 && skipped[first - 1])
		first--;
	while (skipped && last < posterior_n(p) && skipped[last])
		last++;
	for (guint i = first; i <= last; i++) {
		sum += posterior_of(p, i);
		if (same)
			same[i] = TRUE;
	}
	return sum;
}

double posterior_answer(const struct posterior *p, const gboolean *skipped, gboolean *same)
{
	guint best = posterior_best(p);
	double most = posterior_of(p, best), sum = 0;

	if (same)
		memset(same, 0, (posterior_n(p) + 1) * sizeof(*same));
	if (posterior_is_line(p))
		return answer_line(p, skipped, best, same);
	for (guint i = 0; i <= posterior_n(p); i++) {
		/*
		 * Skip the slow comparison for less probable candidates: indistinguishable ones are
		 * equally probable, except candidate 0, whose prior is different.
		 */
		if ((i && best && posterior_of(p, i) < most) ||
		    can_distinguish(p, skipped, i, best))
			continue;
		sum += posterior_of(p, i);
		if (same)
			same[i] = TRUE;
	}
	return sum;
}
