// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of fallible functions, for `rig race --fail`, which lets a function fail and tests what
 * its callers then do. So a function has a row for an errno only if it can really fail with this
 * errno before it has changed anything that its callers rely on. (It may also return the errno of a
 * function that it calls.) `rig race --fail` ignores a row if the kernel lacks the function or has
 * inlined it, so several rows can be about one operation in kernels of different versions.
 *
 * Three cases are left out:
 * - device_register(): it initialises the device before it fails, and its callers then call
 *   put_device()
 * - idle_thread_get() in finish_cpu(), where the CPU's idle thread exists
 * - EEXIST of added memory, which acpi_memory_enable_device() treats as success
 */
#include "scenario/fallible.h"

#include <string.h>

#include "scenario/read.h"

/* include/linux/notifier.h: NOTIFY_STOP_MASK, NOTIFY_OK */
#define NOTIFY_STOP_MASK 0x8000
#define NOTIFY_OK 0x0001

const struct fallible fallible_functions[] = {
	/* adding memory */
	{"check_hotplug_memory_range", NULL, "mm/memory_hotplug.c", RETURNS_ERRNO, "EINVAL"},
	{"register_memory_resource", NULL, "mm/memory_hotplug.c", RETURNS_ERRNO, "ENOMEM E2BIG"},
	{"add_memory_resource", NULL, "mm/memory_hotplug.c", RETURNS_ERRNO, "ENOMEM EINVAL"},
	{"__try_online_node", NULL, "mm/memory_hotplug.c", RETURNS_ERRNO, "ENOMEM"},
	{"hotadd_init_pgdat", NULL, "mm/memory_hotplug.c", RETURNS_POINTER, "NULL"},
	{"memblock_add_node", NULL, "mm/memblock.c", RETURNS_ERRNO, "ENOMEM"},
	{"arch_add_memory", NULL, "arch/x86/mm/init_64.c, arch/powerpc/mm/mem.c", RETURNS_ERRNO,
	 "ENOMEM EINVAL"},
	{"create_altmaps_and_memory_blocks", NULL, "mm/memory_hotplug.c", RETURNS_ERRNO, "ENOMEM"},
	{"add_pages", NULL, "arch/x86/mm/init_64.c", RETURNS_ERRNO, "ENOMEM"},
	{"__add_pages", NULL, "mm/memory_hotplug.c", RETURNS_ERRNO, "ENOMEM"},
	{"sparse_add_section", NULL, "mm/sparse.c", RETURNS_ERRNO, "ENOMEM"},
	{"sparse_index_init", NULL, "mm/sparse.c", RETURNS_ERRNO, "ENOMEM"},
	{"section_activate", NULL, "mm/sparse.c", RETURNS_ERRNO, "ENOMEM"},
	{"populate_section_memmap", NULL, "mm/sparse.c", RETURNS_POINTER, "NULL"},
	{"__populate_section_memmap", NULL, "mm/sparse-vmemmap.c", RETURNS_POINTER, "NULL"},
	{"vmemmap_populate", NULL, "arch/x86/mm/init_64.c, arch/powerpc/mm/init_64.c",
	 RETURNS_ERRNO, "ENOMEM"},
	{"vmemmap_alloc_block_buf", NULL, "mm/sparse-vmemmap.c", RETURNS_POINTER, "NULL"},
	{"vmemmap_alloc_block", NULL, "mm/sparse-vmemmap.c", RETURNS_POINTER, "NULL"},
	/* block devices, nodes and groups */
	{"create_memory_block_devices", NULL, "drivers/base/memory.c", RETURNS_ERRNO, "ENOMEM"},
	{"add_memory_block", NULL, "drivers/base/memory.c", RETURNS_ERRNO, "ENOMEM"},
	{"init_memory_block", NULL, "drivers/base/memory.c", RETURNS_ERRNO, "ENOMEM"},
	{"kmalloc_trace", "add_memory_block", "drivers/base/memory.c", RETURNS_POINTER, "NULL"},
	{"__kmalloc_cache_noprof", "add_memory_block", "drivers/base/memory.c", RETURNS_POINTER,
	 "NULL"},
	{"device_add", "add_memory_block", "drivers/base/memory.c", RETURNS_ERRNO, "ENOMEM"},
	{"device_add", "__add_memory_block", "drivers/base/memory.c", RETURNS_ERRNO, "ENOMEM"},
	{"device_add", "device_register", "drivers/base/core.c", RETURNS_ERRNO, "ENOMEM"},
	{"sysfs_create_groups", "device_add", "drivers/base/core.c", RETURNS_ERRNO, "ENOMEM"},
	{"sysfs_create_link", "device_add", "drivers/base/core.c", RETURNS_ERRNO, "ENOMEM"},
	{"sysfs_create_link_nowarn", "do_register_memory_block_under_node", "drivers/base/node.c",
	 RETURNS_ERRNO, "ENOMEM EEXIST"},
	{"sysfs_create_link", "do_register_memory_block_under_node", "drivers/base/node.c",
	 RETURNS_ERRNO, "ENOMEM"},
	{"memory_group_register_static", NULL, "drivers/base/memory.c", RETURNS_ERRNO, "ENOMEM"},
	{"memory_group_register_dynamic", NULL, "drivers/base/memory.c", RETURNS_ERRNO, "ENOMEM"},
	{"memory_group_register", NULL, "drivers/base/memory.c", RETURNS_ERRNO, "ENOMEM"},
	{"acpi_memory_enable_device", NULL, "drivers/acpi/acpi_memhotplug.c", RETURNS_ERRNO,
	 "EINVAL"},
	{"acpi_bind_one", NULL, "drivers/acpi/glue.c", RETURNS_ERRNO, "ENOMEM"},
	/* onlining and offlining memory */
	{"online_pages", NULL, "mm/memory_hotplug.c", RETURNS_ERRNO, "ENOMEM EINVAL"},
	{"memory_notify", NULL, "drivers/base/memory.c", RETURNS_NOTIFIER, "ENOMEM EBUSY"},
	{"node_notify", NULL, "drivers/base/node.c", RETURNS_NOTIFIER, "ENOMEM"},
	{"slab_memory_callback", NULL, "mm/slub.c", RETURNS_NOTIFIER, "ENOMEM"},
	{"slab_mem_going_online_callback", NULL, "mm/slub.c", RETURNS_ERRNO, "ENOMEM"},
	{"kmem_cache_alloc", "slab_memory_callback", "mm/slub.c", RETURNS_POINTER, "NULL"},
	{"kmem_cache_alloc_noprof", "slab_memory_callback", "mm/slub.c", RETURNS_POINTER, "NULL"},
	{"page_ext_callback", NULL, "mm/page_ext.c", RETURNS_NOTIFIER, "ENOMEM"},
	{"online_page_ext", NULL, "mm/page_ext.c", RETURNS_ERRNO, "ENOMEM"},
	{"init_section_page_ext", NULL, "mm/page_ext.c", RETURNS_ERRNO, "ENOMEM"},
	{"kasan_mem_notifier", NULL, "mm/kasan/shadow.c", RETURNS_NOTIFIER, "EPERM"},
	{"offline_pages", NULL, "mm/memory_hotplug.c", RETURNS_ERRNO, "EBUSY EINTR"},
	{"start_isolate_page_range", NULL, "mm/page_isolation.c", RETURNS_ERRNO, "EBUSY"},
	{"set_migratetype_isolate", NULL, "mm/page_isolation.c", RETURNS_ERRNO, "EBUSY"},
	{"scan_movable_pages", NULL, "mm/memory_hotplug.c", RETURNS_ERRNO, "EBUSY"},
	{"dissolve_free_huge_pages", NULL, "mm/hugetlb.c", RETURNS_ERRNO, "EBUSY"},
	{"test_pages_isolated", NULL, "mm/page_isolation.c", RETURNS_ERRNO, "EBUSY"},
	{"try_remove_memory", NULL, "mm/memory_hotplug.c", RETURNS_ERRNO, "EBUSY"},
	/* virtio-mem */
	{"virtio_mem_add_memory", NULL, "drivers/virtio/virtio_mem.c", RETURNS_ERRNO, "ENOMEM"},
	{"add_memory_driver_managed", NULL, "mm/memory_hotplug.c", RETURNS_ERRNO, "ENOMEM"},
	{"virtio_mem_send_plug_request", NULL, "drivers/virtio/virtio_mem.c", RETURNS_ERRNO,
	 "ETXTBSY ENOMEM EAGAIN"},
	{"virtio_mem_send_unplug_request", NULL, "drivers/virtio/virtio_mem.c", RETURNS_ERRNO,
	 "ETXTBSY ENOMEM"},
	{"alloc_contig_range", NULL, "mm/page_alloc.c", RETURNS_ERRNO, "EBUSY"},
	{"alloc_contig_range_noprof", NULL, "mm/page_alloc.c", RETURNS_ERRNO, "EBUSY"},
	/* CPUs */
	{"cpuhp_invoke_callback", NULL, "kernel/cpu.c", RETURNS_ERRNO, "ENOMEM EBUSY"},
	{"idle_thread_get", "_cpu_up", "kernel/cpu.c", RETURNS_ERRNO, "ENOMEM"},
	{"smpboot_create_threads", NULL, "kernel/smpboot.c", RETURNS_ERRNO, "ENOMEM"},
	{"bringup_cpu", NULL, "kernel/cpu.c", RETURNS_ERRNO, "EIO"},
	{"__cpu_up", NULL, "arch/powerpc/kernel/smp.c", RETURNS_ERRNO, "EIO ENOENT"},
	{"native_cpu_up", NULL, "arch/x86/kernel/smpboot.c", RETURNS_ERRNO, "EIO ENOMEM"},
	{"workqueue_prepare_cpu", NULL, "kernel/workqueue.c", RETURNS_ERRNO, "ENOMEM"},
	{"create_worker", "workqueue_prepare_cpu", "kernel/workqueue.c", RETURNS_POINTER, "NULL"},
	{"sched_cpu_deactivate", NULL, "kernel/sched/core.c", RETURNS_ERRNO, "EBUSY"},
	{"takedown_cpu", NULL, "kernel/cpu.c", RETURNS_ERRNO, "EBUSY"},
	{"arch_register_cpu", NULL, "arch/x86/kernel/topology.c", RETURNS_ERRNO, "ENOMEM"},
	{"register_cpu", NULL, "drivers/base/cpu.c", RETURNS_ERRNO, "ENOMEM"},
	/* powerpc */
	{"create_section_mapping", NULL, "arch/powerpc/mm/mem.c", RETURNS_ERRNO, "ENOMEM ENOSPC"},
	{"arch_create_linear_mapping", NULL, "arch/powerpc/mm/mem.c", RETURNS_ERRNO, "EFAULT"},
	{"radix__create_section_mapping", NULL, "arch/powerpc/mm/book3s64/radix_pgtable.c",
	 RETURNS_ERRNO, "ENOMEM"},
	{"hash__create_section_mapping", NULL, "arch/powerpc/mm/book3s64/hash_utils.c",
	 RETURNS_ERRNO, "ENOSPC"},
	{"resize_hpt_for_hotplug", NULL, "arch/powerpc/mm/book3s64/hash_utils.c", RETURNS_ERRNO,
	 "ENOSPC"},
	{"dlpar_add_lmb", NULL, "arch/powerpc/platforms/pseries/hotplug-memory.c", RETURNS_ERRNO,
	 "ENOMEM EINVAL"},
	{"update_lmb_associativity_index", NULL,
	 "arch/powerpc/platforms/pseries/hotplug-memory.c", RETURNS_ERRNO, "ENODEV"},
	{"dlpar_online_lmb", NULL, "arch/powerpc/platforms/pseries/hotplug-memory.c",
	 RETURNS_ERRNO, "EBUSY"},
	{"dlpar_remove_lmb", NULL, "arch/powerpc/platforms/pseries/hotplug-memory.c",
	 RETURNS_ERRNO, "EBUSY"},
	{"dlpar_acquire_drc", NULL, "arch/powerpc/platforms/pseries/dlpar.c", RETURNS_ERRNO,
	 "EPERM"},
	{"dlpar_release_drc", NULL, "arch/powerpc/platforms/pseries/dlpar.c", RETURNS_ERRNO,
	 "EPERM"},
	{NULL},
};

const struct fallible *fallible_find(const char *function, const char *in)
{
	const struct fallible *found = NULL;

	for (const struct fallible *f = fallible_functions; f->function; f++) {
		if (strcmp(f->function, function))
			continue;
		if (!g_strcmp0(f->in, in))
			return f;
		if (!found)
			found = f;
	}
	return found;
}

gboolean fallible_value(enum fallible_returns returns, const char *error, guint64 *ret)
{
	gint64 number = errno_of(error);

	if (!strcmp(error, "NULL"))
		*ret = 0;
	else if (!number)
		return FALSE;
	else if (returns == RETURNS_NOTIFIER)
		*ret = NOTIFY_STOP_MASK | (NOTIFY_OK + number);
	else
		*ret = (guint64)-number;
	return TRUE;
}

const char *fallible_errno(const char *error)
{
	return strcmp(error, "NULL") ? error : "ENOMEM";
}
