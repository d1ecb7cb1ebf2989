/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A random scheduler for the vCPUs that pass places of interest, after PCT (Burckhardt et al., "A
 * Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010). Each vCPU has
 * a random priority. Of the vCPUs at places, the one with the highest priority continues, and the
 * others wait. At a few random visits, the change points, the visiting vCPU gets the lowest
 * priority. After round_ns (a round), priorities and change points are drawn again.
 *
 * PCT runs one thread at a time. Here, a vCPU that is not at a place may be idle, so others only
 * wait for it until PCT_BUSY_NS after its last visit. A vCPU at a change point waits for at least
 * PCT_CHANGE_NS, so that others can come to a place meanwhile. The caller limits each wait.
 *
 * No function here calls QEMU.
 */
#ifndef RIG_PLUGIN_PCT_H
#define RIG_PLUGIN_PCT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "plugin/protocol.h"

#define PCT_CPUS 64 /* only the vCPUs 0 to PCT_CPUS - 1 wait */
#define PCT_BUSY_NS 20000000
#define PCT_CHANGE_NS 100000000

struct pct {
	/* constant after pct_init() */
	unsigned points; /* number of change points in a round, or 0 if PCT is not used */
	int64_t round_ns;

	/* protects the fields below */
	pthread_mutex_t lock;
	/* state of the random numbers; the caller sets it to the seed, which must not be 0 */
	uint64_t random;
	int64_t round_ends_ns;
	uint64_t visits;		/* how often vCPUs reached places in this round */
	/* the same as expected for this round: as often as in the previous one */
	uint64_t expected;
	/*
	 * at which visits of a place, counted from 1, a vCPU gets the lowest priority (change
	 * points)
	 */
	uint64_t point[PCT_POINTS_MAX];
	int priority[PCT_CPUS];		/* the vCPU with the highest one continues first */
	int lowest;			/* the lowest priority that a change point has assigned */
	/* time at which the vCPU last reached a place, or continued after a wait there */
	int64_t visited_ns[PCT_CPUS];
	int64_t changed_until_ns[PCT_CPUS]; /* a vCPU waits at a change point at least until then */
	int64_t rest_until_ns[PCT_CPUS];    /* until then the vCPU only waits at change points */
};

void pct_init(struct pct *pct);
/* Must be called when CPU reaches a place of the scheduler, at NOW_NS. */
void pct_visit(struct pct *pct, unsigned cpu, int64_t now_ns);
/*
 * Returns the time until which CPU, which is at a place, must wait; CPU may continue if this time
 * is not after NOW_NS. The time becomes later if a vCPU with a higher priority visits a place
 * meanwhile.
 */
int64_t pct_blocked_until(struct pct *pct, unsigned cpu, int64_t now_ns);
/* Must be called when CPU, which has waited since START_NS, continues at NOW_NS. */
void pct_continue(struct pct *pct, unsigned cpu, int64_t start_ns, int64_t now_ns);

#endif
