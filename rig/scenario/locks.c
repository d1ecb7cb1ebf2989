// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of the hotplug locks that steps and agents take, for `rig scenario show`. The sources
 * are those of 6.1: mm/memory_hotplug.c, drivers/base/memory.c, kernel/cpu.c, mm/slab_common.c,
 * mm/slub.c.
 */
#include "scenario/scenario.h"

#include <string.h>

#define DEVICE "device_hotplug_lock"
#define MEMORY "mem_hotplug_lock"
#define CPUS "cpu_hotplug_lock"
#define ACTIVE "kn->active"
#define LOCKS(...)                \
	{                         \
		__VA_ARGS__, NULL \
	}

static const struct {
	enum step_do what;
	int device; /* the kind of device that the step plugs or unplugs; -1 stands for any kind */
	const char *locks[6];
} steps[] = {
	{STEP_PLUG, DEVICE_CPU, LOCKS("cpu_add_remove_lock", CPUS)},
	{STEP_UNPLUG, DEVICE_CPU, LOCKS("cpu_add_remove_lock", CPUS)},
	{STEP_PLUG, -1, LOCKS(DEVICE, CPUS, MEMORY)},
	{STEP_UNPLUG, -1, LOCKS(DEVICE, CPUS, MEMORY, ACTIVE)},
	{STEP_RESIZE, -1, LOCKS(DEVICE, CPUS, MEMORY, ACTIVE)},
	{STEP_ONLINE, -1, LOCKS(DEVICE, CPUS, MEMORY, ACTIVE)},
	{STEP_CPU, -1, LOCKS(DEVICE, "cpu_add_remove_lock", CPUS, ACTIVE)},
};

static const struct {
	const char *agent;
	const char *locks[6];
} agents[] = {
	{"block-state", LOCKS(DEVICE, CPUS, MEMORY, ACTIVE)},
	{"block-online", LOCKS(DEVICE, CPUS, MEMORY, ACTIVE)},
	{"probe", LOCKS(DEVICE, ACTIVE)},
	{"slab-read", LOCKS(MEMORY, ACTIVE)},
	{"slab-shrink", LOCKS(ACTIVE)},
	{"slab-churn", LOCKS(CPUS, "slab_mutex")},
	{"cpu-online", LOCKS(DEVICE, "cpu_add_remove_lock", CPUS, ACTIVE)},
	{"mem-read", LOCKS(MEMORY, ACTIVE)},
	{"memtrace", LOCKS(DEVICE, CPUS, MEMORY)},
	{"dax", LOCKS(DEVICE, CPUS, MEMORY, ACTIVE)},
	{"cxl", LOCKS(DEVICE, CPUS, MEMORY, ACTIVE)},
	{"dlpar", LOCKS(DEVICE, CPUS, MEMORY)},
	{"cgroup", LOCKS("cgroup_mutex", "cgroup_threadgroup_rwsem", CPUS, "cpuset_mutex")},
	{"hugetlb", LOCKS("resize_lock", "hugetlb_lock", CPUS, ACTIVE)},
	{"ksm", LOCKS("ksm_thread_mutex")},
	{"migrate", LOCKS("mmap_lock")},
	{"module", LOCKS("module_mutex", CPUS, "jump_label_mutex")},
	{"perf", LOCKS("pmus_lock", CPUS)},
	{"poison", LOCKS("mf_mutex", CPUS)},
	{"thp", LOCKS("mmap_lock")},
};

const char *const *scenario_step_locks(enum step_do what, enum step_device device)
{
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
		if (steps[i].what == what &&
		    (steps[i].device < 0 || steps[i].device == (int)device))
			return steps[i].locks;
	return NULL;
}

const char *const *scenario_agent_locks(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(agents); i++)
		if (!strcmp(agents[i].agent, name))
			return agents[i].locks;
	return NULL;
}
