/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A random scheduler for the vCPUs that pass places of interest, after PCT (Burckhardt et al., "A
 * Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010). Each vCPU has
 * a random priority. Of the vCPUs at places, the one with the highest priority continues, and the
 * others wait. At a few random visits, the change points, the visiting vCPU gets the lowest
 * priority. After each round, priorities and change points are drawn again.
 *
 * PCT runs one thread at a time. A vCPU that is not at a place may be anywhere, also idle, so it
 * only counts as running for PCT_BUSY_NS after its last visit. At a change point the other vCPUs
 * get at least PCT_CHANGE_NS to come to a place. Each wait is bounded by the caller.
 *
 * No function here calls QEMU.
 */
#ifndef RIG_PLUGIN_PCT_H
#define RIG_PLUGIN_PCT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "plugin/protocol.h"

#define PCT_CPUS 64 /* vCPUs from this number on do not wait */
#define PCT_BUSY_NS 20000000
#define PCT_CHANGE_NS 100000000

struct pct {
	/* constant after pct_init() */
	unsigned points; /* change points in a round; 0: PCT is not used */
	int64_t round_ns;
	uint64_t random; /* state of the random numbers; at first the seed, not 0 */

	/* protects the fields below */
	pthread_mutex_t lock;
	int64_t round_ends_ns;
	uint64_t visits, expected; /* visits in this round, and in the previous one */
	uint64_t point[PCT_POINTS_MAX];
	int priority[PCT_CPUS]; /* higher runs first; at change points below all others */
	int lowest;
	int64_t visited_ns[PCT_CPUS];	 /* the last visit of a vCPU that does not wait */
	int64_t changed_until_ns[PCT_CPUS]; /* a vCPU waits at a change point at least until then */
	int64_t rest_until_ns[PCT_CPUS]; /* until then the vCPU only waits at change points */
};

void pct_init(struct pct *pct);
/* Must be called when CPU reaches a place, at NOW_NS. */
void pct_visit(struct pct *pct, unsigned cpu, int64_t now_ns);
/*
 * Returns the time until which CPU, which is at a place, must wait; NOW_NS or less: it may
 * continue. The time becomes later if a vCPU with a higher priority visits a place meanwhile.
 */
int64_t pct_blocked_until(struct pct *pct, unsigned cpu, int64_t now_ns);
/* Must be called when CPU, which has waited since START_NS, continues at NOW_NS. */
void pct_continue(struct pct *pct, unsigned cpu, int64_t start_ns, int64_t now_ns);

#endif
