// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel options that create the files of the agents `write` and `read`, for `rig kernel check`
 * and error messages.
 */
#include "scenario/scenario.h"

#include <string.h>

/*
 * The option that creates all files whose path begins with `path`. The first row that matches is
 * used, so longer paths come first.
 */
static const struct {
	const char *path, *option;
} rows[] = {
	{"/proc/sys/kernel/numa_balancing", "CONFIG_NUMA_BALANCING"},
	{"/proc/sys/kernel/soft_watchdog", "CONFIG_SOFTLOCKUP_DETECTOR"},
	{"/proc/sys/kernel/watchdog", "CONFIG_SOFTLOCKUP_DETECTOR|CONFIG_HARDLOCKUP_DETECTOR"},
	{"/proc/sys/vm/compact", "CONFIG_COMPACTION"},
	{"/proc/sys/vm/hugetlb_optimize_vmemmap", "CONFIG_HUGETLB_PAGE_OPTIMIZE_VMEMMAP"},
	{"/proc/sys/vm/memory_failure", "CONFIG_MEMORY_FAILURE"},
	{"/proc/sys/vm/nr_hugepages", "CONFIG_HUGETLBFS"},
	{"/proc/sys/vm/nr_overcommit_hugepages", "CONFIG_HUGETLBFS"},
	{"/proc/sys/", "CONFIG_SYSCTL|CONFIG_PROC_SYSCTL"},
	{"/sys/devices/system/memory/hard_offline_page", "CONFIG_MEMORY_FAILURE"},
	{"/sys/devices/system/memory/probe", "CONFIG_ARCH_MEMORY_PROBE"},
	{"/sys/devices/system/memory/soft_offline_page", "CONFIG_MEMORY_FAILURE"},
	{"/sys/devices/system/memory/", "CONFIG_MEMORY_HOTPLUG"},
	{"/sys/devices/system/node/node*/hugepages", "CONFIG_HUGETLBFS"},
	{"/sys/devices/system/node/", "CONFIG_NUMA"},
	{"/sys/fs/cgroup", "CONFIG_CGROUPS"},
	{"/sys/kernel/debug/fail_page_alloc", "CONFIG_FAIL_PAGE_ALLOC"},
	{"/sys/kernel/debug/failslab", "CONFIG_FAILSLAB"},
	{"/sys/kernel/debug/hwpoison", "CONFIG_HWPOISON_INJECT"},
	{"/sys/kernel/debug/kmemleak", "CONFIG_DEBUG_KMEMLEAK"},
	{"/sys/kernel/debug/notifier-error-inject/memory", "CONFIG_MEMORY_NOTIFIER_ERROR_INJECT=y"},
	{"/sys/kernel/debug/page_owner", "CONFIG_PAGE_OWNER"},
	{"/sys/kernel/debug/split_huge_pages", "CONFIG_TRANSPARENT_HUGEPAGE"},
	{"/sys/kernel/debug/tracing", "CONFIG_TRACING"},
	{"/sys/kernel/debug/", "CONFIG_DEBUG_FS"},
	{"/sys/kernel/mm/hugepages", "CONFIG_HUGETLBFS"},
	{"/sys/kernel/mm/ksm", "CONFIG_KSM"},
	{"/sys/kernel/mm/transparent_hugepage", "CONFIG_TRANSPARENT_HUGEPAGE"},
	{"/sys/kernel/slab", "CONFIG_SLUB_DEBUG"},
	{"/sys/kernel/tracing", "CONFIG_TRACING"},
};

const char *scenario_file_option(const char *file)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (g_str_has_prefix(file, rows[i].path))
			return rows[i].option;
	return NULL;
}

const char **scenario_agent_options(const struct agent *agent)
{
	GPtrArray *options = g_ptr_array_new();

	for (unsigned i = 0; i < agent->n_params; i++) {
		g_auto(GStrv) files = strcmp(agent->params[i].key, "files")
					      ? NULL
					      : g_strsplit(agent->params[i].value, ",", -1);

		for (char **file = files; file && *file; file++) {
			const char *option = scenario_file_option(*file);

			if (option)
				g_ptr_array_add(options, (gpointer)option);
		}
	}
	g_ptr_array_add(options, NULL);
	return (const char **)g_ptr_array_free(options, FALSE);
}
