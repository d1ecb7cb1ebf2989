// SPDX-License-Identifier: GPL-2.0-only
/* Implements a random scheduler for vCPUs (pct.h). */
#include "plugin/pct.h"

/*
 * Used as the expected number of visits of places if the previous round had fewer, or there was
 * none.
 */
#define EXPECTED_MIN 16

/* Draws a number from 0 to MAX - 1 by xorshift (Marsaglia 2003). */
static uint64_t draw(struct pct *pct, uint64_t max)
{
	pct->random ^= pct->random << 13;
	pct->random ^= pct->random >> 7;
	pct->random ^= pct->random << 17;
	return pct->random % max;
}

/* Gives the vCPUs the priorities 1 to PCT_CPUS in random order, and draws the change points. */
static void begin_round(struct pct *pct, int64_t now_ns)
{
	for (int i = 0; i < PCT_CPUS; i++) {
		int other = draw(pct, i + 1);

		pct->priority[i] = pct->priority[other];
		pct->priority[other] = i + 1;
	}
	pct->expected = pct->visits > EXPECTED_MIN ? pct->visits : EXPECTED_MIN;
	for (unsigned i = 0; i < pct->points; i++)
		pct->point[i] = 1 + draw(pct, pct->expected);
	pct->visits = 0;
	pct->lowest = 0;
	pct->round_ends_ns = now_ns + pct->round_ns;
}

void pct_init(struct pct *pct)
{
	pthread_mutex_init(&pct->lock, NULL);
	pct->round_ends_ns = 0;
}

void pct_visit(struct pct *pct, unsigned cpu, int64_t now_ns)
{
	if (cpu >= PCT_CPUS)
		return;
	pthread_mutex_lock(&pct->lock);
	if (now_ns >= pct->round_ends_ns)
		begin_round(pct, now_ns);
	pct->visits++;
	for (unsigned i = 0; i < pct->points; i++)
		if (pct->point[i] == pct->visits) {
			pct->priority[cpu] = --pct->lowest;
			pct->changed_until_ns[cpu] = now_ns + PCT_CHANGE_NS;
		}
	pct->visited_ns[cpu] = now_ns;
	pthread_mutex_unlock(&pct->lock);
}

int64_t pct_blocked_until(struct pct *pct, unsigned cpu, int64_t now_ns)
{
	int64_t until;

	if (cpu >= PCT_CPUS)
		return 0;
	pthread_mutex_lock(&pct->lock);
	until = pct->changed_until_ns[cpu];
	for (unsigned i = 0; i < PCT_CPUS && now_ns >= pct->rest_until_ns[cpu]; i++)
		if (pct->priority[i] > pct->priority[cpu] && pct->visited_ns[i] &&
		    pct->visited_ns[i] + PCT_BUSY_NS > until)
			until = pct->visited_ns[i] + PCT_BUSY_NS;
	pthread_mutex_unlock(&pct->lock);
	return until;
}

void pct_continue(struct pct *pct, unsigned cpu, int64_t start_ns, int64_t now_ns)
{
	if (cpu >= PCT_CPUS)
		return;
	pthread_mutex_lock(&pct->lock);
	pct->visited_ns[cpu] = now_ns;
	pct->rest_until_ns[cpu] = now_ns + (now_ns - start_ns) / 2;
	pthread_mutex_unlock(&pct->lock);
}
