// SPDX-License-Identifier: GPL-2.0-only
/*
 * Candidates for holds: the functions in the source files of memory hotplug, and of code that
 * shares locks with them.
 *
 * Without DWARF a kernel has no list of the functions of a source file. But a linker keeps the
 * functions of an object file together, so all functions between two known functions of a file
 * belong to that file. The known functions are listed here; they exist in kernels from 5.10 on, and
 * those that a kernel lacks are skipped.
 */
#include "director/internal.h"

#include <string.h>

#include "plugin/protocol.h"
#include "util/error.h"

#define ANCHORS 10
/* maximum distance in bytes of two known functions; beyond it they are in different sections */
#define GAP_MAX (48u << 10)
#define AROUND 12 /* number of functions on each side of a requested one */

static const struct source {
	const char *file;
	const char *anchor[ANCHORS];
} sources[] = {
	{"drivers/base/memory.c",
	 {"memory_subsys_online", "memory_subsys_offline", "create_memory_block_devices",
	  "walk_memory_blocks", "remove_memory_block_devices", "memory_block_online",
	  "for_each_memory_block", "state_store", "memory_notify"}},
	{"mm/memory_hotplug.c",
	 {"online_pages", "offline_pages", "add_memory_resource", "try_remove_memory",
	  "mem_hotplug_begin", "move_pfn_range_to_zone", "zone_for_pfn_range", "add_memory",
	  "__remove_pages", "remove_memory"}},
	{"drivers/base/bus.c", {"bus_probe_device", "bus_add_device", "bus_remove_device"}},
	{"drivers/base/dd.c",
	 {"device_initial_probe", "__device_attach", "device_release_driver",
	  "driver_deferred_probe_add"}},
	{"drivers/base/core.c",
	 {"device_online", "device_offline", "lock_device_hotplug", "lock_device_hotplug_sysfs",
	  "device_add", "device_del", "online_store", "device_unregister"}},
	{"drivers/base/node.c",
	 {"unregister_memory_block_under_nodes", "__register_one_node", "unregister_one_node",
	  "register_node"}},
	{"mm/slab_common.c",
	 {"kmem_cache_create_usercopy", "__kmem_cache_create_args", "kmem_cache_destroy",
	  "kmem_cache_shrink"}},
	{"mm/slub.c",
	 {"__kmem_cache_create", "do_kmem_cache_create", "__kmem_cache_shutdown",
	  "__kmem_cache_shrink", "sysfs_slab_add", "slab_memory_callback", "show_slab_objects",
	  "sysfs_slab_unlink"}},
	{"mm/page_isolation.c",
	 {"start_isolate_page_range", "undo_isolate_page_range", "test_pages_isolated",
	  "has_unmovable_pages"}},
	{"mm/page_ext.c",
	 {"page_ext_get", "page_ext_callback", "page_ext_put", "__free_page_ext"}},
	{"mm/page_owner.c", {"read_page_owner", "__set_page_owner", "__dump_page_owner"}},
	{"mm/sparse.c", {"sparse_add_section", "sparse_remove_section", "online_mem_sections"}},
	{"drivers/acpi/acpi_memhotplug.c", {"acpi_memory_device_add", "acpi_memory_device_remove"}},
	{"drivers/acpi/scan.c", {"acpi_device_hotplug", "acpi_bus_scan", "acpi_bus_trim"}},
	/* functions that wait on their own, for another access (KCSAN) or for a device */
	{"kernel/kcsan/core.c", {"kcsan_setup_watchpoint"}},
	{"arch/x86/lib/delay.c", {"__delay", "__udelay", "__const_udelay"}},
	{"kernel/cpu.c",
	 {"cpu_down", "cpu_up", "cpu_device_down", "cpu_device_up", "cpus_write_lock"}},
	{"fs/kernfs/dir.c",
	 {"kernfs_remove", "kernfs_add_one", "kernfs_get_active", "kernfs_remove_by_name_ns"}},
	{"arch/powerpc/platforms/pseries/hotplug-memory.c",
	 {"dlpar_memory", "pseries_remove_memblock"}},
	{"arch/powerpc/platforms/powernv/memtrace.c",
	 {"memtrace_enable_set", "memtrace_alloc_node"}},
};

/*
 * Returns FALSE if a hold cannot use the function, because it is the cold part of another one or
 * runs only at boot.
 */
static gboolean is_usable(const char *name)
{
	/* prefixes of entry code and lockdep functions, which lie among functions marked __ref */
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

/* Returns the name without a compiler's suffix: "name.isra.0" and "name" are one place. */
static char *plain_name(const char *name)
{
	return g_strndup(name, strcspn(name, "."));
}

static void add(GPtrArray *names, GHashTable *there, const char *symbol)
{
	g_autofree char *name = is_usable(symbol) ? plain_name(symbol) : NULL;

	if (name && *name && names->len < DIRECTOR_VISITS_MAX &&
	    !g_hash_table_contains(there, name)) {
		g_ptr_array_add(names, g_strdup(name));
		g_hash_table_add(there, g_steal_pointer(&name));
	}
}

static int by_address(gconstpointer a, gconstpointer b)
{
	const guint64 *one = a, *two = b;

	return *one < *two ? -1 : *one > *two;
}

/*
 * Adds the functions between those that SOURCE lists, except where two of them are more than
 * GAP_MAX apart.
 */
static void add_source(struct symbols *symbols, const struct source *source, GPtrArray *names,
		       GHashTable *there)
{
	g_autoptr(GArray) at = g_array_new(FALSE, FALSE, sizeof(guint64));

	for (guint i = 0; i < ANCHORS && source->anchor[i]; i++) {
		g_autoptr(GArray) found = symbols_named(symbols, source->anchor[i]);

		/*
		 * skip a name that several files use, because it does not show where this file's
		 * functions are
		 */
		if (found->len == 1)
			g_array_append_val(at,
					   g_array_index(found, struct symbol_range, 0).address);
	}
	g_array_sort(at, by_address);
	for (guint i = 0; i < at->len; i++) {
		guint64 from = g_array_index(at, guint64, i);
		guint64 next = i + 1 < at->len ? g_array_index(at, guint64, i + 1) : 0;
		g_autoptr(GArray) between = symbols_between(
			symbols, from, next && next - from <= GAP_MAX ? next : from + 1);

		for (guint j = 0; j < between->len; j++)
			add(names, there, g_array_index(between, struct symbol_named, j).name);
	}
}

/* Adds FUNCTION and its neighbours in the image, which mostly belong to the same file. */
static gboolean add_around(struct symbols *symbols, const char *function, GPtrArray *names,
			   GHashTable *there, GError **error)
{
	struct site site = {0};

	/* call this only for its error message */
	if (!place_find(symbols, NULL, function, &site, error))
		return FALSE;
	for (guint i = 0; i < site.at->len; i++) {
		guint64 address = g_array_index(site.at, struct symbol_range, i).address;
		guint64 from = address > GAP_MAX ? address - GAP_MAX : 0;
		g_autoptr(GArray) near = symbols_between(symbols, from, address + GAP_MAX);
		guint at = 0;

		while (at < near->len &&
		       g_array_index(near, struct symbol_named, at).range.address < address)
			at++;
		for (guint j = at > AROUND ? at - AROUND : 0; j < near->len && j <= at + AROUND;
		     j++)
			add(names, there, g_array_index(near, struct symbol_named, j).name);
	}
	g_array_unref(site.at);
	return TRUE;
}

/*
 * Returns TRUE if AROUND is FILE of the table, as a whole path or as its end ("memory_hotplug.c").
 */
static gboolean is_source(const char *file, const char *around)
{
	gsize file_len = strlen(file), len = strlen(around);

	return len <= file_len && !strcmp(file + file_len - len, around) &&
	       (len == file_len || file[file_len - len - 1] == '/');
}

static gboolean no_source(const char *around, GError **error)
{
	g_autoptr(GString) list = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
		g_string_append_printf(list, "%s%s", i ? ", " : "", sources[i].file);
	return rig_fail(error, RIG_EXIT_USAGE, "unknown file '%s' (available: %s)", around,
			list->str);
}

GPtrArray *candidates_find(struct symbols *symbols, const char *around, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable) there = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_auto(GStrv) words = g_strsplit(around, ",", -1);

	for (char **word = words; *word; word++) {
		gboolean is_file = g_str_has_suffix(*word, ".c"),
			 all = !strcmp(*word, DIRECTOR_ALL);
		guint before = names->len;

		for (guint i = 0; i < G_N_ELEMENTS(sources); i++)
			if (all || (is_file && is_source(sources[i].file, *word)))
				add_source(symbols, &sources[i], names, there);
		if (is_file && names->len == before) {
			no_source(*word, error);
			return NULL;
		}
		if (!is_file && !all && !add_around(symbols, *word, names, there, error))
			return NULL;
	}
	return g_steal_pointer(&names);
}
