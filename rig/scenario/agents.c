// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of the guest's agents. `rig kernel check` checks whether a kernel's config has the
 * options that each agent needs. At boot, the guest's HELLO reports which agents the running kernel
 * supports.
 */
#include "scenario/scenario.h"

#include <string.h>

#define NEEDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define PARAMS(...) NEEDS(__VA_ARGS__)

const struct agent_info scenario_agents[] = {
	{"block-state",
	 "writes states to memory blocks: online, online_kernel, online_movable, offline",
	 NEEDS("CONFIG_MEMORY_HOTPLUG", "CONFIG_MEMORY_HOTREMOVE"),
	 PARAMS("blocks", "order", "states")},
	{"block-online", "writes 0 and 1 to the `online` attribute of memory blocks",
	 NEEDS("CONFIG_MEMORY_HOTPLUG", "CONFIG_MEMORY_HOTREMOVE"),
	 PARAMS("blocks", "order", "values")},
	{"probe", "writes physical addresses to /sys/devices/system/memory/probe",
	 NEEDS("CONFIG_MEMORY_HOTPLUG", "CONFIG_ARCH_MEMORY_PROBE"), PARAMS("absent", "at")},
	{"slab-read", "reads every attribute below /sys/kernel/slab",
	 NEEDS("CONFIG_SLUB", "CONFIG_SLUB_DEBUG", "CONFIG_SYSFS"), PARAMS("files", "caches")},
	{"slab-shrink", "writes 1 to the `shrink` attribute of slab caches",
	 NEEDS("CONFIG_SLUB", "CONFIG_SYSFS"), PARAMS("caches")},
	{"slab-churn", "creates, shrinks and destroys slab caches", NEEDS("CONFIG_RIG_SLAB_CHURN"),
	 PARAMS("slots", "node")},
	{"cpu-online", "sets CPUs offline and online", NEEDS("CONFIG_HOTPLUG_CPU"),
	 PARAMS("keep")},
	{"mem-read", "reads files about memory in /proc, sysfs and debugfs",
	 NEEDS("CONFIG_MEMORY_HOTPLUG", "CONFIG_PROC_FS", "CONFIG_SYSFS"),
	 PARAMS("files", "frame", "frames")},
	{"pressure", "allocates and frees anonymous memory and page cache",
	 NEEDS("CONFIG_SHMEM", "CONFIG_TMPFS"), PARAMS("percent")},
	{"compact", "compacts memory", NEEDS("CONFIG_COMPACTION")},
	{"memtrace", "removes memory from the kernel for hardware tracing, and returns it",
	 NEEDS("CONFIG_PPC_MEMTRACE", "CONFIG_DEBUG_FS"), PARAMS("size")},
	{"dlpar", "adds and removes memory through /sys/kernel/dlpar",
	 NEEDS("CONFIG_PPC_PSERIES", "CONFIG_MEMORY_HOTREMOVE"), PARAMS("op", "count")},
	{"notifier-error", "makes the memory notifiers fail",
	 NEEDS("CONFIG_MEMORY_NOTIFIER_ERROR_INJECT=y", "CONFIG_DEBUG_FS"), PARAMS("errors")},
	{"busted", "acquires two locks in both orders, which lockdep must report",
	 NEEDS("CONFIG_RIG_BUSTED", "CONFIG_PROVE_LOCKING")},
	{"shell-loop", "writes two states to a block from a shell, for `make bench`",
	 NEEDS("CONFIG_MEMORY_HOTPLUG"), PARAMS("block", "first", "second", "pairs")},
	{"gallery", "makes a kernel with scenarios/gallery/gallery.patch print a report",
	 NEEDS("CONFIG_PROVE_LOCKING", "CONFIG_DEBUG_FS"), PARAMS("show", "after-ms")},
	{"lock-rules", "checks that callers of hotplug functions hold the required lock",
	 NEEDS("CONFIG_KPROBE_EVENTS", "CONFIG_KALLSYMS_ALL", "CONFIG_MEMORY_HOTREMOVE")},
	{"hang", "makes a kernel with scenarios/hang/hang.patch hang",
	 NEEDS("CONFIG_MEMORY_HOTPLUG", "CONFIG_DEBUG_FS"), PARAMS("do", "after", "again", "read")},
	{"poison", "reports hardware errors in pages of plugged memory to the kernel",
	 NEEDS("CONFIG_MEMORY_HOTPLUG", "CONFIG_MEMORY_FAILURE", "CONFIG_PROC_PAGE_MONITOR"),
	 PARAMS("pages", "kind", "how")},
	{"write", "writes words to files that the scenario names", NEEDS("CONFIG_SYSFS"),
	 PARAMS("files", "words", "order", "last", "legal", "later")},
	{"read", "reads files that the scenario names", NEEDS("CONFIG_SYSFS"),
	 PARAMS("files", "bytes", "from", "legal", "later")},
	{"run", "runs a script or a static program of the scenario", NEEDS("CONFIG_BINFMT_ELF"),
	 PARAMS("file", "args", "exit", "limit", "times", "processes")},
	{"dax", "turns an NVDIMM into a dax device and then into system memory, and back",
	 NEEDS("CONFIG_NVDIMM_DAX", "CONFIG_BLK_DEV_PMEM", "CONFIG_DEV_DAX_PMEM",
	       "CONFIG_DEV_DAX_KMEM", "CONFIG_FS_DAX"),
	 PARAMS("nvdimm", "spaces", "align", "states", "writes", "legal")},
	{"cxl", "creates and destroys a region of CXL memory, and uses it as system memory",
	 NEEDS("CONFIG_CXL_REGION", "CONFIG_CXL_ACPI", "CONFIG_CXL_MEM", "CONFIG_DEV_DAX_CXL",
	       "CONFIG_DEV_DAX_KMEM"),
	 PARAMS("memdev", "ways", "states", "writes")},
	{"hugetlb", "changes the number of huge pages, maps them, writes to them and unmaps them",
	 NEEDS("CONFIG_HUGETLBFS"), PARAMS("pages", "size", "per", "surplus", "reserve")},
	{"module", "loads and unloads a module of the kernel's tree or of the scenario",
	 NEEDS("CONFIG_MODULES", "CONFIG_MODULE_UNLOAD"),
	 PARAMS("file", "params", "limit", "legal")},
	{"cgroup", "creates, fills, limits, partitions and deletes control groups",
	 NEEDS("CONFIG_MEMCG|CONFIG_CPUSETS"), PARAMS("controllers", "groups")},
	{"thp", "maps memory in transparent huge pages, splits and collapses them",
	 NEEDS("CONFIG_TRANSPARENT_HUGEPAGE"), PARAMS("pages")},
	{"pin", "pins pages for a bounded time: in pipes, as buffers, or by mlock",
	 NEEDS("CONFIG_ADVISE_SYSCALLS"), PARAMS("how", "pages", "ms")},
	{"ksm", "maps equal pages, which KSM merges, and unmerges them",
	 NEEDS("CONFIG_KSM"), PARAMS("pages")},
	{"migrate", "moves pages between NUMA nodes", NEEDS("CONFIG_NUMA", "CONFIG_MIGRATION"),
	 PARAMS("pages")},
	{"perf", "opens and closes performance events of each CPU", NEEDS("CONFIG_PERF_EVENTS")},
	{NULL},
};

const char *const *scenario_agent_needs(const char *name)
{
	for (const struct agent_info *info = scenario_agents; info->name; info++)
		if (!strcmp(info->name, name))
			return info->needs;
	return NULL;
}

static void add_needs(GPtrArray *all, const char *const *needs)
{
	for (; needs && *needs; needs++)
		if (!g_ptr_array_find_with_equal_func(all, *needs, g_str_equal, NULL))
			g_ptr_array_add(all, (gpointer)*needs);
}

/* Kernel options without which the guest does not notice a device of this kind. */
static const struct {
	enum step_device device;
	const char *const *needs;
} device_needs[] = {
	{DEVICE_NVDIMM, NEEDS("CONFIG_ACPI_NFIT|CONFIG_PAPR_SCM", "CONFIG_BLK_DEV_PMEM")},
	{DEVICE_VIRTIO_PMEM, NEEDS("CONFIG_VIRTIO_PMEM", "CONFIG_BLK_DEV_PMEM",
				   "CONFIG_HOTPLUG_PCI_ACPI|CONFIG_HOTPLUG_PCI_PCIE")},
	{DEVICE_CXL, NEEDS("CONFIG_CXL_PCI", "CONFIG_CXL_ACPI", "CONFIG_CXL_MEM",
			   "CONFIG_HOTPLUG_PCI_PCIE")},
	{DEVICE_BALLOON,
	 NEEDS("CONFIG_VIRTIO_BALLOON", "CONFIG_HOTPLUG_PCI_ACPI|CONFIG_HOTPLUG_PCI_PCIE")},
};

const char **scenario_all_needs(const struct scenario *scenario)
{
	GPtrArray *all = g_ptr_array_new();

	add_needs(all, (const char *const *)scenario->needs);
	for (guint i = 0; i < G_N_ELEMENTS(device_needs); i++)
		if (scenario_plugs(scenario, device_needs[i].device))
			add_needs(all, device_needs[i].needs);
	for (guint i = 0; i < scenario->n_agents; i++)
		if (!scenario->agents[i].optional) {
			g_autofree const char **options =
				scenario_agent_options(&scenario->agents[i]);

			add_needs(all, scenario_agent_needs(scenario->agents[i].name));
			add_needs(all, options);
		}
	g_ptr_array_add(all, NULL);
	return (const char **)g_ptr_array_free(all, FALSE);
}
