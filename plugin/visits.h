/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which functions vCPUs pass, how often, and which ones other vCPUs pass within a short time of
 * that: what `rig race` chooses holds by. No call here touches QEMU.
 */
#ifndef RIG_PLUGIN_VISITS_H
#define RIG_PLUGIN_VISITS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "plugin/protocol.h"

#define VISITS_CPUS 16	  /* further vCPUs are counted and have no neighbours */
#define VISITS_RECENT 16  /* functions that are remembered for each vCPU */
#define VISITS_NEAR_NS 50000000
#define VISITS_NEAR_MAX 20000 /* a function that is passed more often than this has no more
			       * neighbours counted */

struct visits_recent {
	_Atomic int id; /* 1 + the function's; 0: none yet */
	_Atomic int64_t ns;
};

struct visits {
	unsigned n; /* functions */
	_Atomic uint64_t count[DIRECTOR_VISITS_MAX];
	/*
	 * how often the second was passed by another vCPU within VISITS_NEAR_NS of the first, or
	 * the reverse; both may be the same function
	 */
	_Atomic uint32_t beside[DIRECTOR_VISITS_MAX][DIRECTOR_VISITS_MAX];
	struct {
		_Atomic unsigned next;
		struct visits_recent recent[VISITS_RECENT];
	} cpu[VISITS_CPUS];
};

/*
 * From any vCPU's thread. The counts of neighbours are approximate where vCPUs pass at the same
 * moment.
 */
void visits_pass(struct visits *visits, unsigned id, unsigned cpu, int64_t now_ns);

/*
 * Writes function ID's count and its neighbours, "COUNT ID:N ID:N…", into TEXT of SIZE bytes: as
 * many as fit, those first that are most often passed beside it, relative to all their passes.
 */
void visits_text(struct visits *visits, unsigned id, char *text, size_t size);

#endif
