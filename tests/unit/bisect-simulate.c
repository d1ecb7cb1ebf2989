// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks that the stated confidence is correct, by random searches over 1,000 commits. The
 * detection rate is between 1 and 1/20, and 5 % of the runs give a wrong or no result. Plain
 * bisection is simulated too, with as many repeats of each step as it needs to be as reliable.
 * RIG_SEARCHES=10000 and RIG_TABLE=FILE make the tables of docs/bisect.md; `make unit` simulates
 * only a few searches.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bisect/choice.h"
#include "bisect/simulate.h"
#include "tests/unit/bisect.h"

#define COMMITS 1000
#define CONFIDENCE 0.99

static const double rates[] = {1.0, 0.5, 0.2, 0.05};

/* The ways in which 5 % of the runs have a wrong result or none. */
static const struct {
	const char *what;
	double unrelated, unseen;
	double broken; /* share of the commits that cannot be built or booted */
} noises[] = {
	{"end in another report", 0.05, 0, 0},
	{"look clean, unnoticed", 0, 0.05, 0},
	{"end in another report, and 5 % of the commits do not build", 0.05, 0, 0.05},
};

static guint searches(void)
{
	const char *text = g_getenv("RIG_SEARCHES");

	return text ? (guint)CLAMP(strtoul(text, NULL, 10), 1, 1000000) : 120;
}

/* Returns TRUE if there are enough searches for a statistical result. */
static gboolean in_full(void)
{
	return searches() >= 10000;
}

struct tally {
	double right, boots, plain_right, plain_boots;
	guint repeats;
};

static void break_commits(gboolean *broken, double share, struct rng *rng)
{
	for (guint t = 1; t < COMMITS; t++)
		broken[t] = rng_between(rng, 0, 9999) < share * 10000;
}

static void play(guint noise, guint rate, struct tally *tally)
{
	struct rng rng = rng_stream(noise * 10 + rate, "bisect searches");
	struct simulation sim = {
		.confidence = CONFIDENCE,
		.rate = rates[rate],
		.unrelated = noises[noise].unrelated,
		.unseen = noises[noise].unseen,
		.rng = &rng,
	};

	for (guint i = 0; i < searches(); i++) {
		rig_auto(posterior) posterior = posterior_new(COMMITS, NULL, FALSE);
		gboolean broken[COMMITS + 1] = {0}, skipped[COMMITS + 1] = {0}, right;

		break_commits(broken, noises[noise].broken, &rng);
		sim.broken = broken;
		sim.truth = (guint)rng_between(&rng, 1, COMMITS);
		tally->boots += simulate_search(posterior, skipped, &sim, &right);
		tally->right += right;
	}
	tally->right /= searches();
	tally->boots /= searches();
}

/*
 * Simulates plain bisection with the least number of repeats of each step that makes 99 % of the
 * searches correct. Plain bisection looks only for the signature, so a run that another report has
 * ended counts as a clean run.
 */
static void play_plain(guint noise, guint rate, struct tally *tally)
{
	double seen = rates[rate] * 0.95;

	/* a bisection has ten steps, half of which are at a bad commit */
	for (guint repeats = MAX(1, (guint)(0.9 * log(0.01 / 5) / log1p(-seen)));; repeats++) {
		struct rng rng = rng_stream(noise * 10 + rate, "bisect plain");
		struct simulation sim = {
			.rate = rates[rate],
			.unrelated = noises[noise].unrelated,
			.unseen = noises[noise].unseen,
			.rng = &rng,
		};
		guint64 boots = 0;
		guint ok = 0;

		for (guint i = 0; i < searches(); i++) {
			gboolean right;

			sim.truth = (guint)rng_between(&rng, 1, COMMITS);
			boots += simulate_plain(COMMITS, repeats, &sim, &right);
			ok += right;
		}
		tally->repeats = repeats;
		tally->plain_right = (double)ok / searches();
		tally->plain_boots = (double)boots / searches();
		if (tally->plain_right >= CONFIDENCE)
			return;
	}
}

/* Returns the minimum share of correct searches: 99 %, minus three standard deviations. */
static double least(void)
{
	return in_full() ? CONFIDENCE
			 : CONFIDENCE - 3 * sqrt(CONFIDENCE * (1 - CONFIDENCE) / searches());
}

/*
 * Returns the least number of boots that any search needs on average, even if it is given the rate
 * (Fano's inequality): the bits that name one commit in 99 % of the searches, divided by the
 * capacity of a run. A run that catches at RATE and is silent without the bug is a Z channel.
 */
static double limit(double rate, double spoiled)
{
	double silent = 1 - rate, doubt = 1 - CONFIDENCE;
	double bits =
		CONFIDENCE * log2(COMMITS) + CONFIDENCE * log2(CONFIDENCE) + doubt * log2(doubt);
	double capacity = silent > 0 ? log2(1 + rate * pow(silent, silent / rate)) : 1;

	return bits / (capacity * (1 - spoiled));
}

/* Prints to standard output, and appends to the file RIG_TABLE. */
static void G_GNUC_PRINTF(1, 2) say(const char *format, ...)
{
	const char *path = g_getenv("RIG_TABLE");
	FILE *file = path ? fopen(path, "ae") : NULL;
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	fflush(stdout);
	if (!file)
		return;
	va_start(args, format);
	vfprintf(file, format, args);
	va_end(args);
	fclose(file);
}

/*
 * Prints a legend for the rows of the table: the letter in their first column stands for one of
 * `noises`.
 */
static void say_header(void)
{
	say("%u searches each over %u commits, stopped at %.0f %%; 5 %% of the runs", searches(),
	    COMMITS, CONFIDENCE * 100);
	for (guint i = 0; i < G_N_ELEMENTS(noises); i++)
		say("%s %s (%c)", i ? ";" : "", noises[i].what, 'A' + i);
	say(":\n\n| runs as in | detection rate | right searches | boots | least possible boots "
	    "| plain: repeats | plain: right | plain: boots |\n"
	    "|---|---:|---:|---:|---:|---:|---:|---:|\n");
}

START_TEST(searches_are_right)
{
	clock_t began = clock();

	if (_i == 0)
		say_header();
	for (guint r = 0; r < G_N_ELEMENTS(rates); r++) {
		double spoiled = noises[_i].unrelated + noises[_i].unseen;
		struct tally tally = {0};

		play(_i, r, &tally);
		if (in_full() && !noises[_i].broken)
			play_plain(_i, r, &tally);
		say("| %c | %.2f | %.2f %% | %.1f | %.1f ", 'A' + _i, rates[r], tally.right * 100,
		    tally.boots, limit(rates[r], spoiled));
		if (tally.repeats)
			say("| %u | %.2f %% | %.1f |\n", tally.repeats, tally.plain_right * 100,
			    tally.plain_boots);
		else
			say("| | | |\n");
		ck_assert_double_ge(tally.right, least());
		/*
		 * The search must need fewer boots than plain bisection only if the rig can
		 * recognise the runs without a valid result (those that end in another report).
		 */
		if (tally.repeats && noises[_i].unrelated > 0)
			ck_assert_double_lt(tally.boots, tally.plain_boots);
	}
	printf("%.1f s of CPU time\n", (double)(clock() - began) / CLOCKS_PER_SEC);
	fflush(stdout);
}
END_TEST

/*
 * For a search in the history that tests/bisect-tree makes, for a lock order that nearly every run
 * has.
 */
#define ORDER_COMMITS 40
#define ORDER_BOOTS 9 /* upper limit for the median of the number of boots */

static int by_number(const void *a, const void *b)
{
	return (int)*(const guint *)a - (int)*(const guint *)b;
}

START_TEST(lock_orders_are_found)
{
	static const double shown[] = {1.0, 0.95, 0.9};
	guint n = 10 * searches();
	g_autofree guint *boots = g_new(guint, n);
	double all;

	say("%u searches each over %u commits by a lock order; 5 %% of the runs end in another "
	    "report:\n\n"
	    "| detection rate | right | boots | median |\n|---:|---:|---:|---:|\n",
	    n, ORDER_COMMITS);
	for (guint r = 0; r < G_N_ELEMENTS(shown); r++) {
		struct rng rng = rng_stream(r, "bisect orders");
		struct simulation sim = {
			.confidence = CONFIDENCE, .rate = shown[r], .unrelated = 0.05, .rng = &rng};
		guint right = 0, sum = 0;

		for (guint i = 0; i < n; i++) {
			rig_auto(posterior) p = posterior_new(ORDER_COMMITS, NULL, FALSE);
			gboolean ok;

			posterior_presume_always(p);
			sim.truth = (guint)rng_between(&rng, 1, ORDER_COMMITS);
			boots[i] = simulate_search(p, NULL, &sim, &ok);
			sum += boots[i];
			right += ok;
		}
		qsort(boots, n, sizeof(*boots), by_number);
		all = (double)right / n;
		say("| %.2f | %.2f %% | %.1f | %u |\n", shown[r], all * 100, (double)sum / n,
		    boots[n / 2]);
		ck_assert_double_ge(all, CONFIDENCE - 3 * sqrt(CONFIDENCE * (1 - CONFIDENCE) / n));
		if (r == 0)
			ck_assert_uint_le(boots[n / 2], ORDER_BOOTS);
	}
	say("\n");
}
END_TEST

TCase *bisect_simulate_case(void)
{
	TCase *tc = tcase_create("simulate");

	tcase_set_timeout(tc, 5400);
	tcase_add_test(tc, lock_orders_are_found);
	tcase_add_loop_test(tc, searches_are_right, 0, G_N_ELEMENTS(noises));
	return tc;
}
