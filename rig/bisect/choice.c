// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chooses the next run by one-step lookahead. The score of a position (a version of the kernel that
 * can be tested) is the expected information gain of a run there in bits, averaged over the
 * outcomes of the pending runs, times the probability that the position can be tested, divided by
 * its cost.
 *
 * A run at the bad end gives no information about the candidates, so it would never be chosen. But
 * without an estimate of the rate, runs that do not catch the bug have no weight. So the search
 * first runs the bad end until it has an estimate (posterior_rate_known()).
 */
#include "bisect/choice.h"

#include <math.h>
#include <string.h>

/*
 * The part of the allowed error (1 - confidence) that is reserved for errors of the model: the true
 * rate is between two points of the grid, or differs between positions.
 */
#define UNMODELLED 0.2

/*
 * Adds to SCORE[t] the gain of a run at position t, averaged over all combinations of outcomes of
 * the pending runs with index AT and above. P is the posterior for one combination of outcomes of
 * the pending runs before AT, and WEIGHT the probability of this combination. SCRATCH is memory for
 * n + 1 values.
 */
static void add_gains(const struct choice *choice, const struct posterior *p, guint at,
		      double weight, double *score, double *scratch)
{
	guint n = posterior_n(p);
	double catches;

	if (at == choice->n_pending) {
		posterior_gains(p, scratch);
		for (guint t = 0; t <= n; t++)
			score[t] += weight * scratch[t];
		return;
	}
	catches = posterior_catches(p, choice->pending[at]);
	for (int caught = 0; caught < 2; caught++) {
		rig_auto(posterior) then = posterior_copy(p);

		posterior_observe(then, choice->pending[at], caught);
		add_gains(choice, then, at + 1, weight * (caught ? catches : 1 - catches), score,
			  scratch);
	}
}

/*
 * If a commit cannot be built or booted, commits within this distance are likely to have the same
 * fault.
 */
#define WINDOW 32

/*
 * Multiplies each score by the probability that the position can be tested. The neighbours of a
 * broken commit are likely to be broken, too, because a broken build is usually fixed only some
 * commits later. The probability is D / (D + K), where D is the distance to the nearest broken
 * position and K the number of broken positions within WINDOW; it is 1 if K is 0, or if the
 * position was tested.
 */
static void doubt(const struct posterior *p, const gboolean *skipped, double *score)
{
	guint n = posterior_n(p);
	/* number of broken positions before each position */
	g_autofree guint *before = g_new0(guint, n + 2);
	guint last = G_MAXUINT, next = G_MAXUINT;

	for (guint t = 0; t <= n; t++)
		before[t + 1] = before[t] + (skipped[t] != 0);
	for (guint t = 0; t <= n; t++) {
		guint low = t > WINDOW ? t - WINDOW : 0, high = MIN(t + WINDOW, n);
		guint known = before[high + 1] - before[low], near;

		if (next == G_MAXUINT || next < t)
			for (next = t; next <= n && !skipped[next];)
				next++;
		last = t && skipped[t - 1] ? t - 1 : last;
		near = MIN(next - t, last == G_MAXUINT ? G_MAXUINT : t - last);
		score[t] *= known && !posterior_tested(p, t) ? (double)near / (near + known) : 1;
	}
}

gboolean choice_next(const struct choice *choice, guint *ret_position)
{
	const struct posterior *p = choice->posterior;
	guint n = posterior_n(p), bad = posterior_bad_end(p);
	g_autofree double *score = g_new0(double, n + 1), *scratch = g_new(double, n + 1);
	gboolean any_skipped = FALSE, found = FALSE;
	double best = 0;

	if (!posterior_rate_known(p) && !(choice->skipped && choice->skipped[bad])) {
		*ret_position = bad;
		return TRUE;
	}
	add_gains(choice, p, 0, 1, score, scratch);
	for (guint t = 0; choice->skipped && t <= n; t++)
		any_skipped |= choice->skipped[t];
	if (any_skipped)
		doubt(p, choice->skipped, score);
	for (guint t = 0; t <= n; t++) {
		if (choice->ready && !choice->ready[t])
			score[t] /= 1 + choice->build_cost;
		if ((any_skipped && choice->skipped[t]) || (found && score[t] <= best))
			continue;
		best = score[t];
		*ret_position = t;
		found = TRUE;
	}
	return found;
}

/*
 * Adds to POSITIONS the position that would be chosen with the posterior THEN, unless its kernel is
 * built or it is in the list already.
 */
static void want(const struct choice *choice, const struct posterior *then, guint *positions,
		 guint max, guint *n)
{
	struct choice after = *choice;
	guint t;

	after.posterior = then;
	after.n_pending = 0;
	if (*n == max || !choice_next(&after, &t) || (choice->ready && choice->ready[t]))
		return;
	for (guint i = 0; i < *n; i++)
		if (positions[i] == t)
			return;
	positions[(*n)++] = t;
}

guint choice_ahead(const struct choice *choice, guint *positions, guint max)
{
	guint n = 0;

	for (guint i = 0; i < choice->n_pending; i++) {
		guint at = choice->pending[i];
		gboolean likely = posterior_catches(choice->posterior, at) >= 0.5;

		for (int k = 0; k < 2; k++) {
			rig_auto(posterior) then = posterior_copy(choice->posterior);

			posterior_observe(then, at, k ? !likely : likely);
			/*
			 * Until the rate is known, only the bad end is chosen. To find the
			 * positions (kernel versions) that are needed after that, assume that all
			 * runs until then catch the bug.
			 */
			while (!posterior_rate_known(then))
				posterior_observe(then, posterior_bad_end(then), TRUE);
			want(choice, then, positions, max, &n);
		}
	}
	return n;
}

gboolean choice_done(const struct posterior *posterior, const gboolean *skipped, double confidence)
{
	guint bad = posterior_bad_end(posterior);

	if (!posterior_rate_known(posterior) && !(skipped && skipped[bad]))
		return FALSE;
	return 1 - posterior_answer(posterior, skipped, NULL) <=
	       (1 - confidence) * (1 - UNMODELLED);
}
