// SPDX-License-Identifier: GPL-2.0-only
/* The table of source files and of their known functions (sources.h). */
#include "symbol/sources.h"

#include <string.h>

#define ANCHORS 10
/*
 * Maximum number of functions between two neighbouring known functions of a source file (struct
 * source) that are taken to be of this file, too. If there are more, the linker has put the two
 * known functions into different sections of the image (.text, .init.text), so the functions
 * between them belong to other files.
 */
#define BETWEEN_MAX 60

enum { H = SOURCE_HOLDS, C = SOURCE_COVER, HC = SOURCE_HOLDS | SOURCE_COVER, N = SOURCE_NEAR };

static const struct source {
	const char *file;
	int use; /* bits of enum source_use */
	/* functions of the file, by which its code is found in a kernel; then NULL */
	const char *anchor[ANCHORS];
} sources[] = {
	{"drivers/base/memory.c", HC,
	 {"memory_subsys_online", "memory_subsys_offline", "create_memory_block_devices",
	  "walk_memory_blocks", "remove_memory_block_devices", "memory_block_online",
	  "for_each_memory_block", "state_store", "memory_notify"}},
	{"mm/memory_hotplug.c", HC,
	 {"online_pages", "offline_pages", "add_memory_resource", "try_remove_memory",
	  "mem_hotplug_begin", "move_pfn_range_to_zone", "zone_for_pfn_range", "add_memory",
	  "__remove_pages", "remove_memory"}},
	{"drivers/base/bus.c", HC, {"bus_probe_device", "bus_add_device", "bus_remove_device"}},
	{"drivers/base/dd.c", HC,
	 {"device_initial_probe", "__device_attach", "device_release_driver",
	  "driver_deferred_probe_add"}},
	{"drivers/base/core.c", HC,
	 {"device_online", "device_offline", "lock_device_hotplug", "lock_device_hotplug_sysfs",
	  "device_add", "device_del", "online_store", "device_unregister"}},
	{"drivers/base/node.c", HC,
	 {"unregister_memory_block_under_nodes", "__register_one_node", "unregister_one_node",
	  "register_node"}},
	{"mm/slab_common.c", HC,
	 {"kmem_cache_create_usercopy", "__kmem_cache_create_args", "kmem_cache_destroy",
	  "kmem_cache_shrink"}},
	{"mm/slub.c", HC,
	 {"__kmem_cache_create", "do_kmem_cache_create", "__kmem_cache_shutdown",
	  "__kmem_cache_shrink", "sysfs_slab_add", "slab_memory_callback", "show_slab_objects",
	  "sysfs_slab_unlink"}},
	{"mm/page_isolation.c", HC,
	 {"start_isolate_page_range", "undo_isolate_page_range", "test_pages_isolated",
	  "has_unmovable_pages"}},
	{"mm/page_ext.c", HC,
	 {"page_ext_get", "page_ext_callback", "page_ext_put", "__free_page_ext"}},
	{"mm/page_owner.c", HC, {"read_page_owner", "__set_page_owner", "__dump_page_owner"}},
	{"mm/sparse.c", HC, {"sparse_add_section", "sparse_remove_section", "online_mem_sections"}},
	{"drivers/acpi/acpi_memhotplug.c", HC,
	 {"acpi_memory_device_add", "acpi_memory_device_remove"}},
	{"drivers/acpi/scan.c", HC, {"acpi_device_hotplug", "acpi_bus_scan", "acpi_bus_trim"}},
	/*
	 * files with functions that delay: for another access to the same memory (KCSAN), or for a
	 * device
	 */
	{"kernel/kcsan/core.c", H, {"kcsan_setup_watchpoint"}},
	{"arch/x86/lib/delay.c", H, {"__delay", "__udelay", "__const_udelay"}},
	{"kernel/cpu.c", HC,
	 {"cpu_down", "cpu_up", "cpu_device_down", "cpu_device_up", "cpus_write_lock"}},
	{"fs/kernfs/dir.c", H,
	 {"kernfs_remove", "kernfs_add_one", "kernfs_get_active", "kernfs_remove_by_name_ns"}},
	{"arch/powerpc/platforms/pseries/hotplug-memory.c", HC,
	 {"dlpar_memory", "pseries_remove_memblock"}},
	{"arch/powerpc/platforms/powernv/memtrace.c", HC,
	 {"memtrace_enable_set", "memtrace_alloc_node"}},
	{"mm/sparse-vmemmap.c", C,
	 {"vmemmap_alloc_block", "vmemmap_populate_basepages", "__populate_section_memmap",
	  "vmemmap_pte_populate", "vmemmap_verify"}},
	{"mm/memremap.c", C, {"memremap_pages", "memunmap_pages", "get_dev_pagemap"}},
	{"mm/memory-tiers.c", C, {"memtier_hotplug_callback", "init_node_memory_type"}},
	{"kernel/resource.c", C,
	 {"release_mem_region_adjustable", "__request_region", "request_resource",
	  "walk_system_ram_range", "__release_region", "insert_resource", "release_resource"}},
	{"drivers/base/cpu.c", C,
	 {"register_cpu", "unregister_cpu", "cpu_subsys_online", "cpu_subsys_offline",
	  "get_cpu_device"}},
	{"drivers/virtio/virtio_mem.c", C,
	 {"virtio_mem_probe", "virtio_mem_remove", "virtio_mem_memory_notifier_cb",
	  "virtio_mem_run_wq", "virtio_mem_sbm_plug_sb", "virtio_mem_config_changed"}},
	{"drivers/dax/kmem.c", C, {"dev_dax_kmem_probe", "dev_dax_kmem_remove"}},
	{"drivers/dax/bus.c", C,
	 {"devm_create_dev_dax", "alloc_dax_region", "unregister_dev_dax", "dev_dax_resize"}},
	{"arch/x86/mm/init_64.c", C,
	 {"arch_add_memory", "arch_remove_memory", "vmemmap_populate", "vmemmap_free", "add_pages",
	  "remove_pagetable"}},
	{"arch/powerpc/mm/mem.c", C,
	 {"arch_create_linear_mapping", "arch_remove_linear_mapping", "arch_add_memory",
	  "arch_remove_memory"}},
	{"arch/powerpc/mm/init_64.c", C, {"vmemmap_populate", "vmemmap_free"}},
	{"arch/powerpc/mm/book3s64/radix_pgtable.c", C,
	 {"radix__create_section_mapping", "radix__remove_section_mapping",
	  "radix__vmemmap_create_mapping", "radix__vmemmap_remove_mapping"}},
	{"arch/powerpc/platforms/pseries/dlpar.c", C,
	 {"handle_dlpar_errorlog", "dlpar_acquire_drc", "dlpar_release_drc", "dlpar_store"}},
	{"arch/powerpc/platforms/pseries/hotplug-cpu.c", C,
	 {"dlpar_cpu", "dlpar_cpu_add", "dlpar_cpu_remove"}},
	{"arch/s390/mm/init.c", C, {"arch_add_memory", "arch_remove_memory"}},
	{"arch/s390/mm/vmem.c", C, {"vmem_add_mapping", "vmem_remove_mapping", "vmemmap_populate"}},
	{"arch/arm64/mm/mmu.c", C,
	 {"arch_add_memory", "arch_remove_memory", "vmemmap_populate", "vmemmap_free"}},
	{"arch/riscv/mm/init.c", C,
	 {"arch_add_memory", "arch_remove_memory", "vmemmap_populate", "vmemmap_free"}},
	/* neighbours: they hold or move pages, have a callback for hotplug, or take its locks */
	{"mm/hugetlb.c", N,
	 {"hugetlb_fault", "hugetlb_reserve_pages", "unmap_hugepage_range",
	  "dissolve_free_huge_pages", "hugetlb_report_meminfo"}},
	{"mm/hugetlb_vmemmap.c", N,
	 {"hugetlb_vmemmap_restore", "hugetlb_vmemmap_optimize", "hugetlb_vmemmap_restore_folio",
	  "hugetlb_vmemmap_optimize_folios"}},
	{"mm/ksm.c", N,
	 {"ksm_madvise", "__ksm_enter", "__ksm_exit", "ksm_might_need_to_copy", "ksm_scan_thread"}},
	{"mm/khugepaged.c", N,
	 {"hugepage_madvise", "madvise_collapse", "__khugepaged_enter", "__khugepaged_exit",
	  "khugepaged_min_free_kbytes_update"}},
	{"mm/huge_memory.c", N,
	 {"do_huge_pmd_anonymous_page", "split_huge_page_to_list", "zap_huge_pmd",
	  "split_huge_page_to_list_to_order", "__split_huge_pmd", "do_huge_pmd_wp_page"}},
	{"mm/gup.c", N,
	 {"pin_user_pages", "unpin_user_page", "get_user_pages", "populate_vma_page_range",
	  "fixup_user_fault"}},
	{"mm/migrate.c", N,
	 {"migrate_pages", "remove_migration_ptes", "putback_movable_pages", "migrate_folio",
	  "alloc_migration_target"}},
	{"mm/mempolicy.c", N,
	 {"huge_node", "mpol_rebind_task", "mpol_misplaced", "numa_default_policy"}},
	{"mm/memory-failure.c", N,
	 {"memory_failure", "soft_offline_page", "unpoison_memory", "memory_failure_queue"}},
	{"mm/compaction.c", N,
	 {"kcompactd_run", "kcompactd_stop", "isolate_freepages_range", "try_to_compact_pages",
	  "isolate_migratepages_range", "wakeup_kcompactd"}},
	{"mm/kmemleak.c", N,
	 {"kmemleak_alloc", "kmemleak_free", "kmemleak_no_scan", "kmemleak_scan"}},
	{"mm/memcontrol.c", N,
	 {"mem_cgroup_iter", "mem_cgroup_from_task", "__mem_cgroup_charge", "__mem_cgroup_uncharge",
	  "mem_cgroup_oom_synchronize"}},
	{"mm/vmscan.c", N,
	 {"kswapd_run", "kswapd_stop", "shrink_slab", "try_to_free_pages", "wakeup_kswapd",
	  "reclaim_clean_pages_from_list"}},
	{"kernel/cgroup/cpuset.c", N,
	 {"cpuset_update_active_cpus", "cpuset_cpus_allowed", "cpuset_mems_allowed",
	  "cpuset_force_rebuild"}},
	{"kernel/events/core.c", N,
	 {"perf_event_create_kernel_counter", "perf_event_enable", "perf_event_init_cpu",
	  "perf_event_exit_cpu", "perf_event_release_kernel"}},
	{"kernel/module/main.c", N,
	 {"find_module", "module_put", "try_module_get", "__module_get", "__module_address"}},
	{"kernel/trace/ring_buffer.c", N,
	 {"ring_buffer_resize", "trace_rb_cpu_prepare", "ring_buffer_lock_reserve",
	  "ring_buffer_read_page"}},
};

const char *source_file(guint i, enum source_use *ret_use)
{
	if (i >= G_N_ELEMENTS(sources))
		return NULL;
	*ret_use = (enum source_use)sources[i].use;
	return sources[i].file;
}

enum source_use source_use_of(const char *file)
{
	for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
		if (!strcmp(sources[i].file, file))
			return (enum source_use)sources[i].use;
	return (enum source_use)0;
}

gboolean source_is_for(const char *file, const char *arch)
{
	static const struct {
		const char *arch, *folder;
	} folders[] = {
		{"x86_64", "arch/x86/"},
		{"ppc64le", "arch/powerpc/"},
		{"aarch64", "arch/arm64/"},
		{"s390x", "arch/s390/"},
		{"riscv64", "arch/riscv/"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(folders); i++)
		if (!strcmp(folders[i].arch, arch) && g_str_has_prefix(file, folders[i].folder))
			return TRUE;
	return !g_str_has_prefix(file, "arch/");
}

gboolean source_is_function(const char *name)
{
	/*
	 * Entry code and lockdep have functions in the section of those marked __ref, between the
	 * functions of the files here. Their names begin like this.
	 */
	static const char *const prefixes[] = {"exc_", "sysvec_", "irqentry_", "syscall_", "ct_",
					       "lockdep_", "common_interrupt", "do_syscall_",
					       "enter_from_user_mode", "debug_lockdep_"};

	for (guint i = 0; i < G_N_ELEMENTS(prefixes); i++)
		if (g_str_has_prefix(name, prefixes[i]))
			return FALSE;
	return !strstr(name, ".cold") && !g_str_has_prefix(name, "__pfx_") &&
	       !g_str_has_prefix(name, "__cfi_") && !g_str_has_suffix(name, "_init") &&
	       g_ascii_isprint(*name) && *name != '.' && *name != '$';
}

static int by_address(gconstpointer a, gconstpointer b)
{
	const guint64 *one = a, *two = b;

	return *one < *two ? -1 : *one > *two;
}

/*
 * Returns the sorted addresses of the functions in SOURCE's field `anchor`, without those whose
 * name several functions have. They show where the code of this file is in the image.
 */
static GArray *known_addresses(struct symbols *symbols, const struct source *source)
{
	GArray *at = g_array_new(FALSE, FALSE, sizeof(guint64));

	for (guint i = 0; i < ANCHORS && source->anchor[i]; i++) {
		g_autoptr(GArray) found = symbols_named(symbols, source->anchor[i]);

		if (found->len == 1)
			g_array_append_val(at,
					   g_array_index(found, struct symbol_range, 0).address);
	}
	g_array_sort(at, by_address);
	return at;
}

/* Adds the elements of FOUND to OUT, except symbols that are not functions of a source file. */
static void add_functions(const GArray *found, GArray *out)
{
	for (guint i = 0; i < found->len; i++) {
		const struct symbol_named *named = &g_array_index(found, struct symbol_named, i);

		if (source_is_function(named->name))
			g_array_append_vals(out, named, 1);
	}
}

/*
 * Adds to OUT the functions between those at the sorted addresses AT, including these. Leaves out
 * the functions between two addresses if there are more than MAX.
 */
static void add_between(struct symbols *symbols, const GArray *at, guint max, GArray *out)
{
	for (guint n = 0; n < at->len; n++) {
		guint64 from = g_array_index(at, guint64, n);
		guint64 next = n + 1 < at->len ? g_array_index(at, guint64, n + 1) : 0;
		g_autoptr(GArray) between = symbols_between(
			symbols, from, next && next - from <= SOURCE_GAP_MAX ? next : from + 1);

		if (between->len > max)
			g_array_set_size(between, 1);
		add_functions(between, out);
	}
}

GArray *source_functions(struct symbols *symbols, guint i, enum source_use use)
{
	g_autoptr(GArray) at = known_addresses(symbols, &sources[i]);
	g_autofree char *base = g_path_get_basename(sources[i].file);
	g_autoptr(GArray) unit =
		use == SOURCE_COVER ? symbols_of_unit(symbols, base, at) : NULL;
	GArray *out = g_array_new(FALSE, FALSE, sizeof(struct symbol_named));

	if (unit && unit->len)
		add_functions(unit, out);
	else
		add_between(symbols, at, use == SOURCE_COVER ? BETWEEN_MAX : G_MAXUINT, out);
	return out;
}
