// SPDX-License-Identifier: GPL-2.0-only
/* Simulates bisections with random outcomes of runs (simulate.h). */
#include "bisect/simulate.h"

#include "bisect/choice.h"

/*
 * Limits for the estimate of the remaining boots, so that it takes little time: the number of
 * simulated searches, the boots of each, and the candidates examined in all of them.
 */
#define PLAYS 24
#define PLAY_BOOTS 600
#define PLAY_WORK 4000000.0

static double uniform(struct rng *rng)
{
	return (double)(rng_next(rng) >> 11) / 9007199254740992.0;
}

/*
 * Simulates a run. Returns TRUE if it catches the bug. *ret_hidden is TRUE if another failure ended
 * the run early, so that the run does not count.
 */
static gboolean run_at(gboolean has_bug, const struct simulation *sim, gboolean *ret_hidden)
{
	*ret_hidden = uniform(sim->rng) < sim->unrelated;
	if (*ret_hidden || uniform(sim->rng) < sim->unseen)
		return FALSE;
	return has_bug && uniform(sim->rng) < sim->rate;
}

guint simulate_search(struct posterior *posterior, gboolean *skipped, const struct simulation *sim,
		      gboolean *ret_right)
{
	struct choice choice = {.posterior = posterior, .skipped = skipped};
	g_autofree gboolean *same = g_new(gboolean, posterior_n(posterior) + 1);
	guint boots = 0, at;

	while (!choice_done(posterior, skipped, sim->confidence) &&
	       (!sim->max_boots || boots < sim->max_boots) && choice_next(&choice, &at)) {
		gboolean hidden, caught;

		if (sim->broken && skipped && sim->broken[at]) {
			skipped[at] = TRUE;
			continue;
		}
		boots++;
		caught = run_at(posterior_contains(posterior, at, sim->truth), sim, &hidden);
		if (!hidden)
			posterior_observe(posterior, at, caught);
	}
	if (ret_right) {
		posterior_answer(posterior, skipped, same);
		*ret_right = same[sim->truth];
	}
	return boots;
}

guint simulate_plain(guint n, guint repeats, const struct simulation *sim, gboolean *ret_right)
{
	guint good = 0, bad = n, boots = 0;

	while (bad - good > 1) {
		guint at = (good + bad) / 2;
		gboolean caught = FALSE, hidden;

		for (guint i = 0; i < repeats && !caught; i++, boots++)
			caught = run_at(at >= sim->truth, sim, &hidden);
		if (caught)
			bad = at;
		else
			good = at;
	}
	*ret_right = bad == sim->truth;
	return boots;
}

double simulate_boots_left(const struct posterior *posterior, const gboolean *skipped,
			   double confidence, struct rng *rng)
{
	guint n = posterior_n(posterior), plays = 0;
	double boots = 0, work = 0;

	while (plays < PLAYS && work < PLAY_WORK) {
		rig_auto(posterior) copy = posterior_copy(posterior);
		g_autofree gboolean *known =
			skipped ? g_memdup2(skipped, (n + 1) * sizeof(*skipped)) : NULL;
		struct simulation sim = {
			.confidence = confidence, .max_boots = PLAY_BOOTS, .rng = rng};
		double u = uniform(rng), v = uniform(rng);
		guint played;

		posterior_sample(copy, u, v, &sim.truth, &sim.rate);
		played = simulate_search(copy, known, &sim, NULL);
		boots += played;
		work += (double)(played + 1) * n * (posterior_is_line(posterior) ? 1 : n / 8.0);
		plays++;
	}
	return boots / plays;
}
