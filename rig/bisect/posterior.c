// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bayes' rule over candidate × rate.
 *
 * Candidates that every tested position treats alike have the same likelihood, so they are kept as
 * classes: a test at a new position splits classes, a further test at the same position splits none. A
 * search of hundreds of runs over thousands of candidates has some tens of classes.
 *
 * For each class there is a weight for each rate of a grid. What a run at T would tell of the candidate,
 * the mutual information, is H(Y) - H(Y | candidate). Given the candidate, the run catches the bug with the
 * class's mean rate (or FALSE_ALARM), so the second term is a sum over the candidates that T contains: a
 * prefix sum on a line. What it would tell of candidate and rate, H(Y) - H(Y | candidate, rate), is a sum of the
 * same form.
 */
#include "bisect/posterior.h"

#include <math.h>
#include <string.h>

#include "bisect/entropy.h"

/* Detection rates that are told apart, all equally probable at first but the last. */
static const double rates[] = {.01, .015, .02, .03, .04, .05, .065, .08, .1, .13,
			       .16, .2,	  .25, .32, .4,	 .5,  .62,  .76, .9, .999};
#define RATES G_N_ELEMENTS(rates)

/* Most bugs that are worth a search show always: so many times as probable as each other rate. */
#define PRIOR_ALWAYS 2
/*
 * What a bit about the rate is worth, beside one about the candidates: a rate that is known makes later silence
 * louder. Of 0 to 0.9, tried in simulations, 0.4 to 0.7 take the fewest boots.
 */
#define RATE_BIT 0.5

/* The very signature, in a kernel without the bug. Not zero: then one freak run could not be outvoted. */
#define FALSE_ALARM 1e-4
/* A probability too small to choose a test by. */
#define NOTHING 1e-5
/* That the old end is not what the user says. */
#define PRIOR_OUTSIDE 0.01

struct klass {
	double weight[RATES]; /* likelihood so far, scaled */
	double p;	      /* of a candidate in it, over its prior */
	double mean;	      /* of the rate, given the class */
	double entropy; /* of a run that has the bug, as far as it says something (RATE_BIT) */
	guint member;	/* one of them */
	guint count;	/* how many, but for candidate 0 */
};

struct posterior {
	guint n;
	double prior[2]; /* of candidate 0, of each other */
	const struct ancestry *ancestry;
	gboolean fix;
	guint learned;
	guint16 *klass;	  /* of each candidate */
	gboolean *tested; /* positions */
	GArray *klasses;  /* struct klass */
};

/* ---- life ---- */

static struct klass *klass_at(const struct posterior *p, guint k)
{
	return &g_array_index(p->klasses, struct klass, k);
}

static double prior(const struct posterior *p, guint candidate)
{
	return p->prior[candidate > 0];
}

gboolean posterior_contains(const struct posterior *p, guint position, guint candidate)
{
	return ancestry_has(p->ancestry, position, candidate) != p->fix;
}

/* What follows from a class's weights. */
static void weigh(struct klass *klass)
{
	double p = 0, mean = 0, given = 0;

	for (guint g = 0; g < RATES; g++) {
		p += klass->weight[g];
		mean += klass->weight[g] * rates[g];
		given += klass->weight[g] * entropy_of(rates[g]);
	}
	klass->p = p;
	klass->mean = p > 0 ? mean / p : 0;
	klass->entropy =
		p > 0 ? (1 - RATE_BIT) * entropy_of(klass->mean) + RATE_BIT * given / p : 0;
}

/* Makes the probabilities sum to one, and what follows from the weights. */
static void refresh(struct posterior *p)
{
	double total = 0;

	for (guint k = 0; k < p->klasses->len; k++) {
		weigh(klass_at(p, k));
		total += klass_at(p, k)->count * prior(p, 1) * klass_at(p, k)->p;
	}
	total += prior(p, 0) * klass_at(p, p->klass[0])->p;
	for (guint k = 0; k < p->klasses->len; k++) {
		struct klass *klass = klass_at(p, k);

		klass->p /= total;
		for (guint g = 0; g < RATES; g++)
			klass->weight[g] /= total;
	}
}

struct posterior *posterior_new(guint n, const struct ancestry *ancestry, gboolean fix)
{
	struct posterior *p = g_new0(struct posterior, 1);
	struct klass all = {0};

	for (guint g = 0; g < RATES; g++)
		all.weight[g] = g == RATES - 1 ? PRIOR_ALWAYS : 1;
	all.count = n;
	p->n = n;
	p->prior[0] = PRIOR_OUTSIDE;
	p->prior[1] = (1 - PRIOR_OUTSIDE) / n;
	p->ancestry = ancestry;
	p->fix = fix;
	p->klass = g_new0(guint16, n + 1);
	p->tested = g_new0(gboolean, n + 1);
	p->klasses = g_array_sized_new(FALSE, FALSE, sizeof(struct klass), 64);
	g_array_append_val(p->klasses, all);
	refresh(p);
	return p;
}

struct posterior *posterior_copy(const struct posterior *p)
{
	struct posterior *copy = g_memdup2(p, sizeof(*p));

	copy->klass = g_memdup2(p->klass, (p->n + 1) * sizeof(*p->klass));
	copy->tested = g_memdup2(p->tested, (p->n + 1) * sizeof(*p->tested));
	copy->klasses = g_array_copy(p->klasses);
	return copy;
}

void posterior_free(struct posterior *p)
{
	g_free(p->klass);
	g_free(p->tested);
	g_array_unref(p->klasses);
	g_free(p);
}

/* ---- evidence ---- */

/* Parts each class into those who have the bug at POSITION and those who have not. */
static void split(struct posterior *p, guint position)
{
	guint old = p->klasses->len;
	g_autofree gint *other = g_new(gint, old);

	memset(other, 0xff, old * sizeof(*other));
	for (guint i = 0; i <= p->n; i++) {
		guint k = p->klass[i];

		if (posterior_contains(p, position, i) ==
		    posterior_contains(p, position, klass_at(p, k)->member))
			continue;
		if (other[k] < 0) {
			struct klass part = *klass_at(p, k);

			part.member = i;
			part.count = 0;
			other[k] = (gint)p->klasses->len;
			g_array_append_val(p->klasses, part);
		}
		p->klass[i] = (guint16)other[k];
		if (i) {
			klass_at(p, k)->count--;
			klass_at(p, other[k])->count++;
		}
	}
	p->tested[position] = TRUE;
}

void posterior_observe(struct posterior *p, guint position, gboolean caught)
{
	double without = caught ? FALSE_ALARM : 1 - FALSE_ALARM, with[RATES];

	for (guint g = 0; g < RATES; g++)
		with[g] = caught ? rates[g] : 1 - rates[g];
	g_return_if_fail(position <= p->n);
	/* no more classes than their numbers hold; a test more could only tell less */
	if (!p->tested[position] && p->klasses->len < G_MAXUINT16 / 2)
		split(p, position);
	for (guint k = 0; k < p->klasses->len; k++) {
		struct klass *klass = klass_at(p, k);
		gboolean has = posterior_contains(p, position, klass->member);

		for (guint g = 0; g < RATES; g++)
			klass->weight[g] *= has ? with[g] : without;
	}
	p->learned += caught && position == posterior_bad_end(p);
	refresh(p);
}

/* ---- questions ---- */

guint posterior_n(const struct posterior *p)
{
	return p->n;
}

guint posterior_bad_end(const struct posterior *p)
{
	return p->fix ? 0 : p->n;
}

guint posterior_learned(const struct posterior *p)
{
	return p->learned;
}

double posterior_of(const struct posterior *p, guint candidate)
{
	return prior(p, candidate) * klass_at(p, p->klass[candidate])->p;
}

guint posterior_best(const struct posterior *p)
{
	guint best = 0;

	for (guint k = 1; k < p->klasses->len; k++)
		if (klass_at(p, k)->count &&
		    (!klass_at(p, best)->count || klass_at(p, k)->p > klass_at(p, best)->p))
			best = k;
	if (posterior_of(p, 0) > klass_at(p, best)->p * p->prior[1])
		return 0;
	for (guint i = 1; i < p->n; i++)
		if (p->klass[i] == best)
			return i;
	return p->n;
}

gboolean posterior_tested(const struct posterior *p, guint position)
{
	return p->tested[position];
}

gboolean posterior_is_line(const struct posterior *p)
{
	return !p->ancestry;
}

double posterior_catches(const struct posterior *p, guint position)
{
	double sum = 0;

	for (guint i = 0; i <= p->n; i++)
		sum += posterior_of(p, i) * (posterior_contains(p, position, i)
						     ? klass_at(p, p->klass[i])->mean
						     : FALSE_ALARM);
	return sum;
}

double posterior_has_bug(const struct posterior *p, guint position)
{
	double sum = 0;

	for (guint i = 0; i <= p->n; i++)
		sum += posterior_contains(p, position, i) ? posterior_of(p, i) : 0;
	return MIN(sum, 1);
}

/* How probable each rate is. */
static void rate_weights(const struct posterior *p, double *weight)
{
	memset(weight, 0, RATES * sizeof(*weight));
	for (guint i = 0; i <= p->n; i++)
		for (guint g = 0; g < RATES; g++)
			weight[g] += prior(p, i) * klass_at(p, p->klass[i])->weight[g];
}

double posterior_rate(const struct posterior *p, double *ret_low, double *ret_high)
{
	double weight[RATES], mean = 0, sum = 0, low = rates[0], high = rates[0];

	rate_weights(p, weight);
	for (guint g = 0; g < RATES; g++) {
		mean += weight[g] * rates[g];
		low = sum < 0.05 ? rates[g] : low;
		high = sum < 0.95 ? rates[g] : high;
		sum += weight[g];
	}
	if (ret_low)
		*ret_low = low;
	if (ret_high)
		*ret_high = high;
	return mean;
}

double posterior_entropy(const struct posterior *p)
{
	double bits = 0;

	for (guint i = 0; i <= p->n; i++) {
		double one = posterior_of(p, i);

		bits -= one > 0 ? one * log2(one) : 0;
	}
	return bits;
}

/* Sums over the candidates that a position contains. */
struct sums {
	double p, mean, entropy;
};

static inline void add(struct sums *sums, const struct posterior *p, guint candidate)
{
	const struct klass *klass = klass_at(p, p->klass[candidate]);
	double one = prior(p, candidate) * klass->p;

	sums->p += one;
	sums->mean += one * klass->mean;
	sums->entropy += one * klass->entropy;
}

static double gain_of(const struct sums *with)
{
	double without = MAX(0, 1 - with->p);
	double gain = entropy_of(with->mean + without * FALSE_ALARM) - with->entropy -
		      without * entropy_of(FALSE_ALARM);

	return MAX(0, gain);
}

static struct sums minus(const struct sums *a, const struct sums *b)
{
	return (struct sums){a->p - b->p, a->mean - b->mean, a->entropy - b->entropy};
}

void posterior_gains(const struct posterior *p, double *gain)
{
	struct sums all = {0}, sums = {0};
	double last = -1;

	for (guint i = 0; p->fix && i <= p->n; i++)
		add(&all, p, i);
	for (guint t = 0; t <= p->n; t++) {
		struct sums with;

		if (!p->ancestry) {
			add(&sums, p, t);
			/* in a part of the line that is out, all positions are alike */
			if (sums.p - last < NOTHING) {
				gain[t] = gain[t - 1];
				continue;
			}
			last = sums.p;
		} else {
			sums = (struct sums){0};
			for (guint i = 0; i <= p->n; i++)
				if (ancestry_has(p->ancestry, t, i))
					add(&sums, p, i);
		}
		with = p->fix ? minus(&all, &sums) : sums;
		gain[t] = gain_of(&with);
	}
}

/* ---- playing on ---- */

void posterior_sample(const struct posterior *p, double u, double v, guint *ret_candidate,
		      double *ret_rate)
{
	const struct klass *klass;
	guint i = 0, g = 0;

	for (; i < p->n && u >= posterior_of(p, i); i++)
		u -= posterior_of(p, i);
	klass = klass_at(p, p->klass[i]);
	for (v *= klass->p; g < RATES - 1 && v >= klass->weight[g]; g++)
		v -= klass->weight[g];
	*ret_candidate = i;
	*ret_rate = rates[g];
}
