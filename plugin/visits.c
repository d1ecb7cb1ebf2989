// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts visits of functions (a vCPU enters one), and which functions other vCPUs visited at about
 * the same time.
 */
#include "plugin/visits.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

static void count_beside(struct visits *visits, unsigned id, unsigned cpu, int64_t now_ns)
{
	for (unsigned other = 0; other < VISITS_CPUS; other++)
		for (unsigned i = 0; i < VISITS_RECENT && other != cpu; i++) {
			struct visits_recent *recent = &visits->cpu[other].recent[i];
			int near = atomic_load_explicit(&recent->id, memory_order_relaxed) - 1;
			int64_t ns = atomic_load_explicit(&recent->ns, memory_order_relaxed);

			if (near < 0 || now_ns - ns > VISITS_NEAR_NS)
				continue;
			atomic_fetch_add_explicit(&visits->beside[id][near], 1,
						  memory_order_relaxed);
			if (near != (int)id)
				atomic_fetch_add_explicit(&visits->beside[near][id], 1,
							  memory_order_relaxed);
		}
}

/*
 * Adds a visit to the vCPU's recent ones. A function that is visited repeatedly has only one entry,
 * so that it does not displace others.
 */
static void remember(struct visits *visits, unsigned id, unsigned cpu, int64_t now_ns)
{
	unsigned at = atomic_load_explicit(&visits->cpu[cpu].next, memory_order_relaxed);

	for (unsigned i = 0; i < VISITS_RECENT; i++)
		if (atomic_load_explicit(&visits->cpu[cpu].recent[i].id, memory_order_relaxed) ==
		    (int)id + 1) {
			atomic_store_explicit(&visits->cpu[cpu].recent[i].ns, now_ns,
					      memory_order_relaxed);
			return;
		}
	atomic_store_explicit(&visits->cpu[cpu].recent[at].id, id + 1, memory_order_relaxed);
	atomic_store_explicit(&visits->cpu[cpu].recent[at].ns, now_ns, memory_order_relaxed);
	atomic_store_explicit(&visits->cpu[cpu].next, (at + 1) % VISITS_RECENT,
			      memory_order_relaxed);
}

void visits_pass(struct visits *visits, unsigned id, unsigned cpu, int64_t now_ns)
{
	uint64_t count = atomic_fetch_add_explicit(&visits->count[id], 1, memory_order_relaxed);

	if (count >= VISITS_NEAR_MAX || cpu >= VISITS_CPUS)
		return;
	count_beside(visits, id, cpu, now_ns);
	remember(visits, id, cpu, now_ns);
}

/*
 * Returns the share of the visits of NEAR that were within VISITS_NEAR_NS of a visit of ID by
 * another vCPU. For ID itself the result is infinite, so that it comes first: it shows whether two
 * vCPUs were in this function at the same time, and so whether an update there can be lost
 * (rig/race/arms.c).
 */
static double closeness(struct visits *visits, unsigned id, unsigned near)
{
	if (near == id)
		return INFINITY;
	return visits->beside[id][near] / (1.0 + visits->count[near]);
}

void visits_text(struct visits *visits, unsigned id, char *text, size_t size)
{
	bool told[DIRECTOR_VISITS_MAX] = {false};
	int len = snprintf(text, size, "%" PRIu64, (uint64_t)visits->count[id]);

	for (unsigned n = 0; n < visits->n; n++) {
		unsigned best = visits->n;
		int more;

		for (unsigned near = 0; near < visits->n; near++)
			if (!told[near] && visits->beside[id][near] &&
			    (best == visits->n ||
			     closeness(visits, id, near) > closeness(visits, id, best)))
				best = near;
		if (best == visits->n)
			return;
		told[best] = true;
		more = snprintf(text + len, size - len, " %u:%" PRIu32, best,
				(uint32_t)visits->beside[id][best]);
		if (more < 0 || (size_t)more >= size - len) {
			text[len] = '\0';
			return;
		}
		len += more;
	}
}
