// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of expected errnos. A row has operations, an errno that they may return, and the kernel
 * function from which it comes. An operation with any other errno counts as failed and makes the
 * guest's verdict bad. So add a row only if you have found the function that returns the errno.
 */
#include "expected-errno.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* a bit for each operation; there are more than 64 */
typedef unsigned __int128 op_set;
#define BIT(op) ((op_set)1 << (op))
_Static_assert(OP_COUNT <= 128, "op_set is too small");
#define STATE_ON (BIT(OP_ONLINE) | BIT(OP_ONLINE_KERNEL) | BIT(OP_ONLINE_MOVABLE))
#define STATE (STATE_ON | BIT(OP_OFFLINE))
#define ON (STATE_ON | BIT(OP_ONLINE_1))
#define OFF (BIT(OP_OFFLINE) | BIT(OP_ONLINE_0))
#define CPU (BIT(OP_CPU_ONLINE) | BIT(OP_CPU_OFFLINE))
#define SLAB (BIT(OP_SLAB_READ) | BIT(OP_SLAB_SHRINK))
#define CHURN (BIT(OP_CACHE_CREATE) | BIT(OP_CACHE_DESTROY) | BIT(OP_CACHE_SHRINK))
#define READ_SYSFS (BIT(OP_READ_NODE) | BIT(OP_READ_BLOCK))
#define READ_ANY (READ_SYSFS | BIT(OP_READ_PROC) | BIT(OP_READ_PAGE_OWNER) | BIT(OP_READ_PTDUMP))
#define GROW (BIT(OP_ANON) | BIT(OP_CACHE))
#define DLPAR (BIT(OP_DLPAR_REFUSED) | BIT(OP_DLPAR_ADD) | BIT(OP_DLPAR_REMOVE))
#define ANY_FILE (BIT(OP_WRITE_FILE) | BIT(OP_READ_FILE))
#define HUGE_POOLS (BIT(OP_HUGE_POOL) | BIT(OP_HUGE_NODE))
#define HUGE_MAPS (BIT(OP_HUGE_MAP) | BIT(OP_HUGE_UNRESERVED))
#define SYSFS (STATE | ON | OFF | CPU | SLAB | READ_SYSFS | BIT(OP_COMPACT) | BIT(OP_HUGE_NODE))
#define COMES_AND_GOES (SYSFS | ANY_FILE)

static const struct {
	op_set ops;
	int error;
	const char *why;
} expected[] = {
	/* files of a device, node, cache or block that is being removed or was removed */
	{COMES_AND_GOES, ENOENT, "kernfs_iop_lookup(): its folder was removed"},
	{COMES_AND_GOES, ENODEV, "kernfs_get_active(): it is being removed while the file is open"},

	/* memory blocks */
	{STATE, EINVAL,
	 "state_store(): the block was in that state, device_online/offline() returned 1"},
	{ON | OFF, EINVAL,
	 "memory_block_change_state(), offline_pages(): holes, or more than a zone"},
	{ON, EINVAL, "online_pages(): the range does not fit the zone that was asked for"},
	{OFF, EBUSY,
	 "start_isolate_page_range(), scan_movable_pages(): unmovable pages in the block"},
	{OFF, EINTR, "offline_pages(): a signal of init, for its time limit or for STOP"},
	{ON | OFF, ENOMEM, "memory notifiers without memory (slab, page_ext, kasan), or injected"},
	{ON | OFF, EBUSY,
	 "virtio_mem_memory_notifier_cb(): the device plugs or unplugs in this block"},
	{ON | OFF, EPERM, "notifier_to_errno(NOTIFY_BAD): kasan and balloons refuse with it"},

	/* the agent probe */
	{BIT(OP_PROBE), EEXIST, "register_memory_resource(): the range exists, as intended"},
	{BIT(OP_PROBE_ABSENT), EEXIST, "register_memory_resource(): added before"},
	{BIT(OP_PROBE_ABSENT), ENOMEM, "arch_add_memory(): no memory for the memmap"},

	/* slab caches */
	{BIT(OP_SLAB_READ), ENOSYS,
	 "slab_attr of a debug feature that the kernel lacks (SLUB_STATS, stack depot)"},
	{BIT(OP_SLAB_READ), EIO, "slab_attr_show(): an attribute that can only be written"},
	{SLAB, ENOMEM, "kernfs seq buffers, bitmaps of list_locations() and validate_slab_cache()"},
	{CHURN, EBUSY, "rig_slab_write(): the slot is not in the state that the command needs"},
	{CHURN, ENOMEM, "kmem_cache_create(): no memory, or a cpu or node callback failed with it"},

	/* CPUs */
	{CPU, EBUSY, "cpu_up/cpu_down(): hotplug is disabled, last CPU, deadline tasks"},
	{CPU, EPERM, "device_offline(): it must stay online; cpu_up(): boot options"},
	{CPU, ENOMEM, "cpuhp callbacks and idle threads without memory"},
	{BIT(OP_CPU_ONLINE), EAGAIN, "cpu_check_up_prepare(): the CPU is not fully offline yet"},
	{BIT(OP_CPU_OFFLINE), EINVAL, "cpu_down(): the CPU was not online"},

	/* agents that read files */
	{READ_ANY, ENOMEM, "seq_file: no memory for the buffer"},

	{BIT(OP_READ_NODE), EPERM,
	 "cpumap_print_list_to_buf(): a CPU went offline, and the list is shorter than the offset"},

	/* the agent pressure */
	{GROW, ENOMEM, "mmap(), tmpfs; and each time the OOM killer killed the agent, as intended"},
	{GROW, ENOSPC, "shmem_inode_acct_block(): tmpfs is full"},

	/* the agent memtrace (powernv) */
	{BIT(OP_TRACE_ON), EAGAIN,
	 "memtrace_enable_set(): no contiguous range, or old one not freed"},
	{BIT(OP_TRACE_ON), EINVAL,
	 "memtrace_enable_set(), before v5.11: nothing could be taken offline"},
	{BIT(OP_TRACE_ON), ENOMEM, "memtrace_init_regions_runtime()"},
	{BIT(OP_TRACE_OFF), EAGAIN, "memtrace_free_regions(): a region could not be freed"},

	/* the agent dlpar (pseries) */
	{DLPAR, EINVAL, "dlpar_memory(): not that many LMBs to add or to remove"},
	{DLPAR, EPERM, "dlpar_acquire_drc(): returns -1 if the hypervisor has none left"},
	{DLPAR, EBUSY, "dlpar_remove_lmb(): a block could not be taken offline"},
	{DLPAR, ENOMEM, "kmemdup() of the request"},
	{DLPAR, ENODEV, "dlpar_offline_lmb(), update_lmb_associativity_index(): LMB without block"},
	{BIT(OP_DLPAR_ADD), EEXIST, "__add_memory(): the range exists"},

	/*
	 * lock-rules: ENOLCK stands for a broken rule; it is not in the table, so that the run
	 * fails
	 */
	{BIT(OP_LOCK_RULE), ENOBUFS, "ring_buffer_lock_reserve(): full, events were lost"},

	/* the agent hang */
	{BIT(OP_HANG), EAGAIN, "rig_hang_pin(): there is no movable memory yet"},

	/* the agent poison */
	{BIT(OP_POISON), EBUSY, "memory_failure(): the page is in use or being migrated"},
	{BIT(OP_POISON), EIO, "soft_offline_page(): the page is going offline"},
	{BIT(OP_POISON), ENOMEM, "soft_offline_in_use_page(): no page to migrate to"},

	/* the agents write, read: scenarios can add errnos by the parameter `legal` */
	{ANY_FILE, EINTR, "a wait that a signal of init ended, for its time limit or for STOP"},
	{BIT(OP_READ_FILE), EAGAIN, "a file without data now: it is opened with O_NONBLOCK"},
	{BIT(OP_READ_FILE), ENOMEM, "seq_file: no memory for the buffer"},

	/* the agent run: the scenario may set a time limit, which the host checks */
	{BIT(OP_RUN), ECANCELED, "check_bounds(): it had not ended when the agents stopped"},

	/*
	 * the agents dax, cxl; the host decides whether ECANCELED, of the first row, fails the run
	 */
	{BIT(OP_NS_MAKE) | BIT(OP_REGION_MAKE), ECANCELED,
	 "cleanup(): the device had not appeared when the agents stopped"},
	{BIT(OP_NS_MAKE), ENOMEM, "memremap_pages(): no memory for the pages' metadata"},
	{BIT(OP_KMEM_BIND) | BIT(OP_REGION_BIND), ENOMEM,
	 "arch_add_memory(): no memory for the memmap"},
	{BIT(OP_REGION_MAKE), EBUSY,
	 "alloc_region_ref(): below another region of the host bridge; __create_region(): a race"},
	{BIT(OP_REGION_COMMIT), EBUSY,
	 "cxl_decoder_commit(): out of order, a region that was made earlier is not committed"},
	{BIT(OP_DAX_MAP), ENOMEM, "mmap(): no memory for page tables"},

	/* the agent hugetlb */
	{BIT(OP_HUGE_MAP), ENOMEM, "hugetlb_acct_memory(): the pool has too few free pages"},
	{HUGE_MAPS, ENOMEM, "vm_area_alloc(), resv_map_alloc(): no memory"},
	{HUGE_MAPS, ENOSPC, "hugetlb_file_setup(): no memory for an inode"},
	{BIT(OP_HUGE_UNRESERVED), EFAULT,
	 "hugetlb_fault(): the kernel has no page for one that was not reserved"},
	{BIT(OP_HUGE_MAP), EFAULT,
	 "alloc_huge_page(): a page was poisoned after it had been reserved"},
	{HUGE_POOLS, ENOMEM, "set_max_huge_pages(): NODEMASK_ALLOC()"},
	{HUGE_POOLS, EINVAL,
	 "__nr_hugepages_store_common(), set_max_huge_pages(): gigantic, can be had only at boot"},
	{BIT(OP_HUGE_SURPLUS), EINVAL, "nr_overcommit_hugepages_store(): gigantic"},

	/* module: errnos of the module's own init function must be listed by the scenario */
	{BIT(OP_MODULE_LOAD), EEXIST, "add_unformed_module(): another agent has loaded it"},
	{BIT(OP_MODULE_LOAD), EBUSY, "add_unformed_module(), since 6.5: a load of it is under way"},
	{BIT(OP_MODULE_LOAD), ENOMEM, "module_alloc(), percpu_modalloc(): no memory"},
	{BIT(OP_MODULE_UNLOAD), EAGAIN, "try_stop_module(): it is in use"},
	{BIT(OP_MODULE_UNLOAD), EBUSY, "delete_module(): its init function still runs"},
	{BIT(OP_MODULE_UNLOAD), ENOENT, "find_module(): another agent has unloaded it"},

	/* the agent cgroup */
	{BIT(OP_GROUP_MAKE), ENOMEM, "css_create(), mem_cgroup_css_alloc()"},
	{BIT(OP_GROUP_MAKE), ENOSPC, "mem_cgroup_id_alloc(): 65,535 deleted groups have pages"},
	{BIT(OP_GROUP_MOVE), ENOSPC, "cpuset_can_attach_check(): the group has no CPUs or nodes"},
	{BIT(OP_GROUP_MOVE), ENOMEM, "find_css_set(): no memory"},
	{BIT(OP_GROUP_LIMIT), EAGAIN, "memory_reclaim(): there was less to reclaim"},
	{BIT(OP_GROUP_LIMIT) | BIT(OP_GROUP_CPUS), EINTR,
	 "memory_reclaim(), and waits that a signal of init ended"},
	{BIT(OP_GROUP_CPUS), EINVAL,
	 "update_cpumask(), update_nodemask(): not a subset of the machine's; validate_change(): "
	 "another partition has the CPU"},
	{BIT(OP_GROUP_CPUS), ERANGE, "bitmap_parselist(): the machine has fewer CPUs"},
	{BIT(OP_GROUP_CPUS), ENOSPC, "validate_change(): tasks would have no CPU or node"},
	{BIT(OP_GROUP_CPUS), EBUSY, "validate_change(): a child or a deadline task needs them"},
	{BIT(OP_GROUP_CPUS), ENOMEM, "alloc_trial_cpuset()"},
	{BIT(OP_GROUP_DELETE), EBUSY, "cgroup_destroy_locked(): a task is still in it"},

	/* the agent thp */
	{BIT(OP_THP_MAP) | BIT(OP_KSM_MERGE) | BIT(OP_KSM_UNMERGE), ENOMEM,
	 "mmap(), unmerge_ksm_pages(): no memory"},
	{BIT(OP_THP_SPLIT), EINTR, "split_huge_pages_write(): a signal of init, for STOP"},
	{BIT(OP_KSM_UNMERGE), EINTR, "unmerge_ksm_pages(): a signal of init, for STOP"},
	{BIT(OP_THP_COLLAPSE), EAGAIN, "madvise_collapse_errno(): a page is locked or isolated"},
	{BIT(OP_THP_COLLAPSE), ENOMEM, "madvise_collapse_errno(): no huge page is free"},
	{BIT(OP_THP_COLLAPSE), EBUSY, "madvise_collapse_errno(): the memory cgroup is full"},
	{BIT(OP_THP_COLLAPSE), EINVAL,
	 "madvise_collapse_errno(): pages are shared; madvise_behavior_valid(), before 6.1"},

	/* the agent pin */
	{BIT(OP_PIN), ENOMEM, "migrate_longterm_unpinnable_pages(): no page to migrate to"},
	{BIT(OP_PIN), EAGAIN, "__mlock_posix_error_return(): no memory for a page"},
	{BIT(OP_PIN), EBUSY, "migrate_longterm_unpinnable_pages(): memory of a device"},
	{BIT(OP_PIN), ENOSYS, "a kernel without CONFIG_IO_URING"},

	/* the agent migrate */
	{BIT(OP_MOVE_PAGES) | BIT(OP_MIGRATE_PAGES) | BIT(OP_MBIND), ENOMEM,
	 "do_pages_move(), mpol_new(): no memory, or none on that node"},
	{BIT(OP_MOVE_PAGES), ENODEV, "do_pages_move(): the node has lost its memory"},
	{BIT(OP_MOVE_PAGES), EACCES, "do_pages_move(): the task's cpuset does not have the node"},
	{BIT(OP_MIGRATE_PAGES) | BIT(OP_MBIND), EINVAL,
	 "kernel_migrate_pages(), mpol_set_nodemask(): the node has lost its memory"},

	/* the agent perf */
	{BIT(OP_PERF_OPEN), ENODEV, "perf_event_open(): the CPU is offline"},
	{BIT(OP_PERF_OPEN), EINVAL, "perf_event_alloc(): there is no such CPU"},
	{BIT(OP_PERF_OPEN), ENOMEM, "perf_event_alloc(), swevent_hlist_get_cpu(): no memory"},

	/* busted and gallery have no rows: they cause reports of the kernel (guest-init/kernel) */
};

static const char *const names[OP_COUNT] = {
	[OP_NONE] = "-",
	[OP_ONLINE] = "online",
	[OP_ONLINE_KERNEL] = "online_kernel",
	[OP_ONLINE_MOVABLE] = "online_movable",
	[OP_OFFLINE] = "offline",
	[OP_ONLINE_1] = "online=1",
	[OP_ONLINE_0] = "online=0",
	[OP_PROBE] = "probe",
	[OP_PROBE_ABSENT] = "probe-absent",
	[OP_SLAB_READ] = "slab-read",
	[OP_SLAB_SHRINK] = "slab-shrink",
	[OP_CACHE_CREATE] = "create",
	[OP_CACHE_DESTROY] = "destroy",
	[OP_CACHE_SHRINK] = "shrink",
	[OP_CPU_ONLINE] = "cpu-online",
	[OP_CPU_OFFLINE] = "cpu-offline",
	[OP_READ_PROC] = "read-proc",
	[OP_READ_NODE] = "read-node",
	[OP_READ_BLOCK] = "read-block",
	[OP_READ_PAGE_OWNER] = "read-page_owner",
	[OP_READ_PTDUMP] = "read-ptdump",
	[OP_ANON] = "anon",
	[OP_CACHE] = "cache",
	[OP_FREE] = "free",
	[OP_COMPACT] = "compact",
	[OP_TRACE_ON] = "trace-on",
	[OP_TRACE_OFF] = "trace-off",
	[OP_DLPAR_REFUSED] = "dlpar-refused",
	[OP_DLPAR_ADD] = "dlpar-add",
	[OP_DLPAR_REMOVE] = "dlpar-remove",
	[OP_INJECT] = "inject",
	[OP_INJECT_OFF] = "inject-off",
	[OP_BUSTED] = "busted",
	[OP_SHELL] = "shell",
	[OP_GALLERY] = "gallery",
	[OP_LOCK_RULE] = "lock-rule",
	[OP_HANG] = "hang",
	[OP_POISON] = "poison",
	[OP_WRITE_FILE] = "write",
	[OP_READ_FILE] = "read",
	[OP_RUN] = "run",
	[OP_NS_MAKE] = "ns-make",
	[OP_NS_DESTROY] = "ns-destroy",
	[OP_DAX_MAP] = "dax-map",
	[OP_KMEM_BIND] = "kmem-bind",
	[OP_KMEM_UNBIND] = "kmem-unbind",
	[OP_HUGE_POOL] = "huge-pool",
	[OP_HUGE_NODE] = "huge-node",
	[OP_HUGE_SURPLUS] = "huge-surplus",
	[OP_HUGE_MAP] = "huge-map",
	[OP_HUGE_UNRESERVED] = "huge-unreserved",
	[OP_HUGE_UNMAP] = "huge-unmap",
	[OP_MODULE_LOAD] = "module-load",
	[OP_MODULE_UNLOAD] = "module-unload",
	[OP_GROUP_MAKE] = "group-make",
	[OP_GROUP_MOVE] = "group-move",
	[OP_GROUP_LIMIT] = "group-limit",
	[OP_GROUP_CPUS] = "group-cpus",
	[OP_GROUP_DELETE] = "group-delete",
	[OP_THP_MAP] = "thp-map",
	[OP_THP_SPLIT] = "thp-split",
	[OP_THP_COLLAPSE] = "thp-collapse",
	[OP_THP_UNMAP] = "thp-unmap",
	[OP_PIN] = "pin",
	[OP_UNPIN] = "unpin",
	[OP_KSM_MERGE] = "ksm-merge",
	[OP_KSM_WRITE] = "ksm-write",
	[OP_KSM_UNMERGE] = "ksm-unmerge",
	[OP_MOVE_PAGES] = "move-pages",
	[OP_MIGRATE_PAGES] = "migrate-pages",
	[OP_MBIND] = "mbind",
	[OP_PERF_OPEN] = "perf-open",
	[OP_PERF_CLOSE] = "perf-close",
	[OP_REGION_MAKE] = "region-make",
	[OP_REGION_COMMIT] = "region-commit",
	[OP_REGION_BIND] = "region-bind",
	[OP_REGION_RESET] = "region-reset",
	[OP_REGION_DESTROY] = "region-destroy",
};

const char *op_name(unsigned op)
{
	return op < OP_COUNT ? names[op] : names[OP_NONE];
}

enum op op_find(const char *word)
{
	for (unsigned op = OP_NONE + 1; op < OP_COUNT; op++)
		if (!strcmp(names[op], word))
			return op;
	return OP_NONE;
}

const char *op_expected_why(unsigned op, int error)
{
	if (op >= OP_COUNT)
		return NULL;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		if (expected[i].error == error && expected[i].ops & BIT(op))
			return expected[i].why;
	return NULL;
}

bool op_expected(unsigned op, int error)
{
	return !error || op_expected_why(op, error);
}
