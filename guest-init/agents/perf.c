// SPDX-License-Identifier: GPL-2.0-only
/* perf: opens and closes perf software events. Each counts all tasks on one CPU. */
#include <errno.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest-init/agent.h"

#define EVENTS 32

static int events[EVENTS];
static long cpus;

static int prepare(struct run *run)
{
	(void)run;
	cpus = sysconf(_SC_NPROCESSORS_CONF);
	for (unsigned i = 0; i < EVENTS; i++)
		events[i] = -1;
	return 0;
}

static void open_one(struct run *run, int *event)
{
	static const uint64_t kinds[] = {PERF_COUNT_SW_CPU_CLOCK, PERF_COUNT_SW_PAGE_FAULTS,
					 PERF_COUNT_SW_CONTEXT_SWITCHES,
					 PERF_COUNT_SW_CPU_MIGRATIONS};
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = kinds[guest_rng_index(&run->shared->rng, countof(kinds))],
	};
	int cpu = guest_rng_index(&run->shared->rng, cpus);

	op_begin(run, OP_PERF_OPEN);
	*event = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	op_end(run, OP_PERF_OPEN, *event < 0 ? -errno : 0);
}

static void step(struct run *run)
{
	int *event = &events[guest_rng_index(&run->shared->rng, EVENTS)];

	if (*event < 0) {
		open_one(run, event);
		return;
	}
	op_begin(run, OP_PERF_CLOSE);
	op_end(run, OP_PERF_CLOSE, close(*event) ? -errno : 0);
	*event = -1;
}

const struct agent agent_perf = {
	.name = "perf",
	.needs = "/proc/sys/kernel/perf_event_paranoid",
	.prepare = prepare,
	.step = step,
};
