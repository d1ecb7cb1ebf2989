// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calculates the probability of each combination of candidate and rate by Bayes' rule.
 *
 * Candidates that are contained in the same tested positions have the same likelihood, and form a
 * class. A test at a new position splits classes. After hundreds of runs over thousands of
 * candidates there are some tens of classes.
 *
 * Each class has a weight for each rate of a grid. The gain of a run at T about the candidate is
 * the mutual information of the candidate and the outcome Y of the run, H(Y) - H(Y | candidate).
 * Given the candidate, the run catches the bug with the mean rate of its class (or with
 * FALSE_ALARM), so the second term is a sum over the candidates that T contains: a prefix sum for a
 * linear history. The gain about candidate and rate, H(Y) - H(Y | candidate, rate), is a sum of the
 * same form.
 */
#include "bisect/posterior.h"

#include <math.h>
#include <string.h>

#include "bisect/entropy.h"

/*
 * The values considered for the probability that a run of a bad version fails. All have the same
 * prior, except the last.
 */
static const double rates[] = {.01, .015, .02, .03, .04, .05, .065, .08, .1, .13,
			       .16, .2,	  .25, .32, .4,	 .5,  .62,  .76, .9, .999};
#define RATES G_N_ELEMENTS(rates)

/*
 * The last rate stands for "always". Its prior probability is this multiple of that of any other
 * rate, because most bugs show in every run.
 */
#define PRIOR_ALWAYS 2
/* The same multiple after posterior_presume_always(); the prior of the last rate is 68 % then. */
#define PRIOR_PRESUMED 40
/*
 * Number of runs at the bad end (the version that has the bug) that must catch the bug for a first
 * estimate of the rate. FIRST_CATCHES_PRESUMED is the number for a posterior after
 * posterior_presume_always().
 */
#define FIRST_CATCHES 3
#define FIRST_CATCHES_PRESUMED 1
/*
 * The weight of a bit of information about the rate, relative to a bit about the candidates. If the
 * rate is known better, later runs that do not catch the bug say more about the candidates. In
 * simulations with weights from 0 to 0.9, searches with weights from 0.4 to 0.7 needed the fewest
 * boots.
 */
#define RATE_BIT 0.5

/*
 * The probability that a run at a position without the bug has the bug's signature. If it were 0,
 * one such run would exclude all candidates that this position does not contain, whatever later
 * runs show.
 */
#define FALSE_ALARM 1e-4
/*
 * The gain of a position is not calculated if its candidate is less probable than this, because it
 * nearly equals the gain of the position before.
 */
#define NOTHING 1e-5
/* The prior probability that the user is wrong, and the old end has the bug already. */
#define PRIOR_OUTSIDE 0.01

struct candidate_class {
	double weight[RATES]; /* for each rate: its prior times the likelihood, normalised */
	double p;	      /* probability of each change in the class, divided by its prior */
	double mean; /* mean rate, if the change that introduced the bug is in this class */
	/*
	 * H(Y | …) of the two gains (see the top of this file) if the right candidate is in this
	 * class; the gain about the rate has the weight RATE_BIT
	 */
	double entropy;
	guint member; /* a candidate (change) of the class */
	guint count;  /* number of candidates in the class, not counting candidate 0 */
};

struct posterior {
	guint n;
	/* prior probability of candidate 0, and of each other candidate (change) */
	double prior[2];
	const struct ancestry *ancestry;
	gboolean fix;
	guint bad_end_catches, first_catches;
	guint16 *class;	  /* index of the class of each candidate */
	gboolean *tested; /* positions (kernel versions) that were tested */
	GArray *classes;  /* of struct candidate_class */
};

/* ---- creation and release ---- */

static struct candidate_class *klass_at(const struct posterior *p, guint k)
{
	return &g_array_index(p->classes, struct candidate_class, k);
}

static double prior(const struct posterior *p, guint candidate)
{
	return p->prior[candidate > 0];
}

gboolean posterior_contains(const struct posterior *p, guint position, guint candidate)
{
	return ancestry_has(p->ancestry, position, candidate) != p->fix;
}

/* Calculates `mean`, `entropy` and `p` of a class from its `weight`. */
static void weigh(struct candidate_class *class)
{
	double p = 0, mean = 0, given = 0;

	for (guint g = 0; g < RATES; g++) {
		p += class->weight[g];
		mean += class->weight[g] * rates[g];
		given += class->weight[g] * entropy_of(rates[g]);
	}
	class->p = p;
	class->mean = p > 0 ? mean / p : 0;
	class->entropy =
		p > 0 ? (1 - RATE_BIT) * entropy_of(class->mean) + RATE_BIT * given / p : 0;
}

/* Normalises the probabilities, and recalculates all values that depend on the weights. */
static void refresh(struct posterior *p)
{
	double total = 0;

	for (guint k = 0; k < p->classes->len; k++) {
		weigh(klass_at(p, k));
		total += klass_at(p, k)->count * prior(p, 1) * klass_at(p, k)->p;
	}
	total += prior(p, 0) * klass_at(p, p->class[0])->p;
	for (guint k = 0; k < p->classes->len; k++) {
		struct candidate_class *class = klass_at(p, k);

		class->p /= total;
		for (guint g = 0; g < RATES; g++)
			class->weight[g] /= total;
	}
}

struct posterior *posterior_new(guint n, const struct ancestry *ancestry, gboolean fix)
{
	struct posterior *p = g_new0(struct posterior, 1);
	struct candidate_class all = {0};

	for (guint g = 0; g < RATES; g++)
		all.weight[g] = g == RATES - 1 ? PRIOR_ALWAYS : 1;
	all.count = n;
	p->n = n;
	p->prior[0] = PRIOR_OUTSIDE;
	p->prior[1] = (1 - PRIOR_OUTSIDE) / n;
	p->ancestry = ancestry;
	p->fix = fix;
	p->first_catches = FIRST_CATCHES;
	p->class = g_new0(guint16, n + 1);
	p->tested = g_new0(gboolean, n + 1);
	p->classes = g_array_sized_new(FALSE, FALSE, sizeof(struct candidate_class), 64);
	g_array_append_val(p->classes, all);
	refresh(p);
	return p;
}

void posterior_presume_always(struct posterior *p)
{
	klass_at(p, 0)->weight[RATES - 1] *= (double)PRIOR_PRESUMED / PRIOR_ALWAYS;
	p->first_catches = FIRST_CATCHES_PRESUMED;
	refresh(p);
}

struct posterior *posterior_copy(const struct posterior *p)
{
	struct posterior *copy = g_memdup2(p, sizeof(*p));

	copy->class = g_memdup2(p->class, (p->n + 1) * sizeof(*p->class));
	copy->tested = g_memdup2(p->tested, (p->n + 1) * sizeof(*p->tested));
	copy->classes = g_array_copy(p->classes);
	return copy;
}

void posterior_free(struct posterior *p)
{
	g_free(p->class);
	g_free(p->tested);
	g_array_unref(p->classes);
	g_free(p);
}

/* ---- adding the outcomes of runs ---- */

/* Splits each class in two: the candidates with which POSITION has the bug, and the others. */
static void split(struct posterior *p, guint position)
{
	guint old = p->classes->len;
	g_autofree gint *other = g_new(gint, old);

	memset(other, 0xff, old * sizeof(*other));
	for (guint i = 0; i <= p->n; i++) {
		guint k = p->class[i];

		if (posterior_contains(p, position, i) ==
		    posterior_contains(p, position, klass_at(p, k)->member))
			continue;
		if (other[k] < 0) {
			struct candidate_class part = *klass_at(p, k);

			part.member = i;
			part.count = 0;
			other[k] = (gint)p->classes->len;
			g_array_append_val(p->classes, part);
		}
		p->class[i] = (guint16)other[k];
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
	/*
	 * The index of a class has 16 bits, and a split can double the number of classes. So above
	 * half of the range nothing is split; the result is then less precise, but not wrong.
	 */
	if (!p->tested[position] && p->classes->len < G_MAXUINT16 / 2)
		split(p, position);
	for (guint k = 0; k < p->classes->len; k++) {
		struct candidate_class *class = klass_at(p, k);
		gboolean has = posterior_contains(p, position, class->member);

		for (guint g = 0; g < RATES; g++)
			class->weight[g] *= has ? with[g] : without;
	}
	p->bad_end_catches += caught && position == posterior_bad_end(p);
	refresh(p);
}

/* ---- functions that return probabilities and gains ---- */

guint posterior_n(const struct posterior *p)
{
	return p->n;
}

guint posterior_bad_end(const struct posterior *p)
{
	return p->fix ? 0 : p->n;
}

guint posterior_bad_end_catches(const struct posterior *p)
{
	return p->bad_end_catches;
}

gboolean posterior_rate_known(const struct posterior *p)
{
	return p->bad_end_catches >= p->first_catches;
}

double posterior_of(const struct posterior *p, guint candidate)
{
	return prior(p, candidate) * klass_at(p, p->class[candidate])->p;
}

guint posterior_best(const struct posterior *p)
{
	guint best = 0;

	for (guint k = 1; k < p->classes->len; k++)
		if (klass_at(p, k)->count &&
		    (!klass_at(p, best)->count || klass_at(p, k)->p > klass_at(p, best)->p))
			best = k;
	if (posterior_of(p, 0) > klass_at(p, best)->p * p->prior[1])
		return 0;
	for (guint i = 1; i < p->n; i++)
		if (p->class[i] == best)
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
						     ? klass_at(p, p->class[i])->mean
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

/* Sets WEIGHT to the probability of each rate. */
static void rate_weights(const struct posterior *p, double *weight)
{
	memset(weight, 0, RATES * sizeof(*weight));
	for (guint i = 0; i <= p->n; i++)
		for (guint g = 0; g < RATES; g++)
			weight[g] += prior(p, i) * klass_at(p, p->class[i])->weight[g];
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

/* Sums over the candidates (changes) that a position contains. */
struct sums {
	double p, mean, entropy;
};

static inline void add(struct sums *sums, const struct posterior *p, guint candidate)
{
	const struct candidate_class *class = klass_at(p, p->class[candidate]);
	double one = prior(p, candidate) * class->p;

	sums->p += one;
	sums->mean += one * class->mean;
	sums->entropy += one * class->entropy;
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
			/*
			 * The sums have hardly changed since the last position, so the gain has not
			 * either. This saves most calculations in a long history.
			 */
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

/* ---- drawing from the posterior, for simulations ---- */

void posterior_sample(const struct posterior *p, double u, double v, guint *ret_candidate,
		      double *ret_rate)
{
	const struct candidate_class *class;
	guint i = 0, g = 0;

	for (; i < p->n && u >= posterior_of(p, i); i++)
		u -= posterior_of(p, i);
	class = klass_at(p, p->class[i]);
	for (v *= class->p; g < RATES - 1 && v >= class->weight[g]; g++)
		v -= class->weight[g];
	*ret_candidate = i;
	*ret_rate = rates[g];
}
