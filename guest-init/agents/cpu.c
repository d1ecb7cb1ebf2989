// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpu-online: sets CPUs offline and online through sysfs, which takes device_hotplug_lock,
 * cpu_add_remove_lock and cpu_hotplug_lock for writing. When the agent ends, it sets the CPUs
 * online that it took offline.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest-init/agent.h"
#include "guest-init/files.h"

#define CPU_DIR "/sys/devices/system/cpu"
#define CPUS_MAX 4096

static struct listing cpus;
static bool off[CPUS_MAX];
static uint64_t keep;

static int lacks(struct text *what)
{
	/*
	 * look for a CPU with the file `online`: the kernel creates it only with
	 * CONFIG_HOTPLUG_CPU, and if more than one CPU is possible
	 */
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
		char path[64];

		snprintf(path, sizeof(path), CPU_DIR "/cpu%u", cpu);
		if (!file_exists(path))
			break;
		snprintf(path, sizeof(path), CPU_DIR "/cpu%u/online", cpu);
		if (file_exists(path))
			return 0;
	}
	text_add(what, CPU_DIR "/cpu1/online");
	return -ENODEV;
}

static int prepare(struct run *run)
{
	int err = run_param_number(run, "keep", 1, CPUS_MAX, &keep);

	if (err)
		return err;
	err = listing_open(&cpus, CPU_DIR);
	return err ? run_fail(run, -err, CPU_DIR) : 0;
}

static void count_one(unsigned cpu, void *data)
{
	(void)cpu;
	++*(unsigned *)data;
}

static unsigned count_online(void)
{
	char list[1024];
	unsigned count = 0;

	if (file_line(cpus.dir, "online", list, sizeof(list)) > 0)
		text_list(list, CPUS_MAX, count_one, &count);
	return count;
}

static void step(struct run *run)
{
	unsigned entry, cpu = 0;
	char path[96];
	bool online;
	int err;

	listing_refresh(&cpus, "cpu");
	if (!cpus.count) {
		run_idle(run);
		return;
	}
	entry = guest_rng_index(&run->shared->rng, cpus.count);
	listing_number(cpus.name[entry], "cpu", &cpu);
	online = guest_rng_next(&run->shared->rng) & 1;
	snprintf(path, sizeof(path), "%s/online", cpus.name[entry]);
	if (cpu >= CPUS_MAX || faccessat(cpus.dir, path, W_OK, 0)) {
		/*
		 * this CPU has no file `online` (the boot CPU of x86), or was removed: list the
		 * CPUs again at the next operation
		 */
		cpus.stale = true;
		if (cpus.count == 1)
			run_idle(run);
		return;
	}
	/*
	 * fewer than `keep` CPUs may still remain online, because other tasks may set CPUs offline
	 * at the same time
	 */
	if (!online && count_online() <= keep)
		online = true;
	err = op_write_path(run, online ? OP_CPU_ONLINE : OP_CPU_OFFLINE, cpus.dir, path,
			    online ? "1" : "0");
	if (!err)
		off[cpu] = !online;
	cpus.stale |= err == -ENOENT || err == -ENODEV;
}

static void cleanup(struct run *run)
{
	char path[64];

	(void)run;
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
		if (!off[cpu])
			continue;
		snprintf(path, sizeof(path), CPU_DIR "/cpu%u/online", cpu);
		file_write(AT_FDCWD, path, "1");
	}
}

const struct agent agent_cpu_online = {
	.name = "cpu-online",
	.needs = CPU_DIR,
	.lacks = lacks,
	.params = (const struct agent_param[]){
		{"keep", "1", "minimum number of CPUs that stay online"},
		{NULL},
	},
	.prepare = prepare,
	.step = step,
	.cleanup = cleanup,
};
