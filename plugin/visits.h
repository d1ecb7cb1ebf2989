/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts how often vCPUs visit (enter) each function, and which functions other vCPUs visit shortly
 * before or after (its *neighbours*). `rig race` chooses holds by these counts. No function here
 * calls QEMU.
 */
#ifndef RIG_PLUGIN_VISITS_H
#define RIG_PLUGIN_VISITS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "plugin/protocol.h"

#define VISITS_CPUS 16	 /* neighbours are only recorded on vCPUs 0 to VISITS_CPUS - 1 */
#define VISITS_RECENT 16 /* number of functions that are stored for each vCPU */
#define VISITS_NEAR_NS 50000000
/* after this many visits of a function, its neighbours are not counted any more */
#define VISITS_NEAR_MAX 20000

struct visits_recent {
	_Atomic int id; /* 1 + the function's ID, or 0 if the entry is unused */
	_Atomic int64_t ns;
};

struct visits {
	unsigned n; /* number of functions */
	_Atomic uint64_t count[DIRECTOR_VISITS_MAX];
	/*
	 * [A][B]: how often another vCPU visited B within VISITS_NEAR_NS of a visit of A, or the
	 * reverse; A and B may be equal
	 */
	_Atomic uint32_t beside[DIRECTOR_VISITS_MAX][DIRECTOR_VISITS_MAX];
	struct {
		_Atomic unsigned next;
		struct visits_recent recent[VISITS_RECENT];
	} cpu[VISITS_CPUS];
};

/*
 * Counts a visit, from the thread of any vCPU. The counts of neighbours are approximate if vCPUs
 * visit functions at the same moment.
 */
void visits_pass(struct visits *visits, unsigned id, unsigned cpu, int64_t now_ns);

/*
 * Writes the count of function ID and its neighbours, "COUNT ID:N ID:N…", into TEXT of SIZE bytes.
 * The neighbours are sorted by the share of their visits that were at about the same time as one of
 * ID, highest first; those that do not fit into TEXT are left out.
 */
void visits_text(struct visits *visits, unsigned id, char *text, size_t size);

#endif
