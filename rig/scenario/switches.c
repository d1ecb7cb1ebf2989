// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of kernel switches: kernel parameters that change what memory hotplug does, and that a
 * run may vary without a new build. They are documented in the kernel's
 * Documentation/admin-guide/kernel-parameters.txt.
 */
#include "scenario/scenario.h"

#include <string.h>

#include "util/error.h"
#include "util/rng.h"

#define ON_OFF(off, on) {{"off", off}, {"on", on}}

/* The value "off" is the first value of each switch that has it. */
const struct kernel_switch scenario_switches[] = {
	{"memmap_on_memory",
	 "a DIMM holds its own struct pages",
	 "CONFIG_MHP_MEMMAP_ON_MEMORY",
	 ON_OFF("memory_hotplug.memmap_on_memory=0", "memory_hotplug.memmap_on_memory=1")},
	{"auto_online_blocks",
	 "state of new memory blocks; overrides `online`",
	 "CONFIG_MEMORY_HOTPLUG",
	 {{"offline", "memhp_default_state=offline"},
	  {"online", "memhp_default_state=online"},
	  {"online_kernel", "memhp_default_state=online_kernel"},
	  {"online_movable", "memhp_default_state=online_movable"}}},
	{"online_policy",
	 "how the zone of automatically onlined memory is chosen",
	 "CONFIG_MEMORY_HOTPLUG",
	 {{"contig-zones", "memory_hotplug.online_policy=contig-zones"},
	  {"auto-movable", "memory_hotplug.online_policy=auto-movable"}}},
	{"hugetlb_free_vmemmap",
	 "huge pages give back the memory of their struct pages",
	 "CONFIG_HUGETLB_PAGE_OPTIMIZE_VMEMMAP",
	 ON_OFF("hugetlb_free_vmemmap=off", "hugetlb_free_vmemmap=on")},
	{"page_owner",
	 "the kernel records the owner of each page",
	 "CONFIG_PAGE_OWNER",
	 ON_OFF("page_owner=off", "page_owner=on")},
	{"kfence",
	 "guards one slab allocation every 10 ms",
	 "CONFIG_KFENCE",
	 ON_OFF("kfence.sample_interval=0", "kfence.sample_interval=10")},
	{"slub_debug",
	 "slab objects have red zones, poison and owners",
	 "CONFIG_SLUB_DEBUG",
	 ON_OFF("slub_debug=-", "slub_debug=FZPU")},
	{"debug_pagealloc",
	 "free pages are not mapped",
	 "CONFIG_DEBUG_PAGEALLOC",
	 ON_OFF("debug_pagealloc=off", "debug_pagealloc=on")},
	{"init_on_free",
	 "freed pages and slab objects are cleared",
	 NULL,
	 ON_OFF("init_on_free=0", "init_on_free=1")},
	{"numa_balancing",
	 "pages migrate to the node that uses them",
	 "CONFIG_NUMA_BALANCING",
	 ON_OFF("numa_balancing=disable", "numa_balancing=enable")},
	{"transparent_hugepage",
	 "huge pages for anonymous memory",
	 "CONFIG_TRANSPARENT_HUGEPAGE",
	 {{"never", "transparent_hugepage=never"},
	  {"madvise", "transparent_hugepage=madvise"},
	  {"always", "transparent_hugepage=always"}}},
	{"page_table_levels",
	 "4: 48-bit addresses; 5: 57-bit ones if the CPU has them",
	 "CONFIG_PGTABLE_LEVELS=5",
	 {{"4", "no5lvl arm64.nolva"}, {"5", ""}}},
	{"preempt",
	 "preemption model",
	 "CONFIG_PREEMPT_DYNAMIC",
	 {{"none", "preempt=none"}, {"voluntary", "preempt=voluntary"}, {"full", "preempt=full"}}},
	{NULL, NULL, NULL, {{NULL, NULL}}},
};

const struct kernel_switch *switch_find(const char *text, GError **error)
{
	g_autofree char *name = g_strndup(text, strcspn(text, "="));
	g_autoptr(GString) all = g_string_new(NULL);

	for (const struct kernel_switch *s = scenario_switches; s->name; s++) {
		if (!strcmp(s->name, name))
			return s;
		g_string_append_printf(all, "%s%s", all->len ? ", " : "", s->name);
	}
	rig_fail(error, RIG_EXIT_USAGE, "unknown kernel switch '%s' (available: "
					"%s)", name, all->str);
	return NULL;
}

static const struct switch_value *find_value(const struct kernel_switch *s, const char *name)
{
	for (guint i = 0; i < SWITCH_VALUES_MAX && s->values[i].name; i++)
		if (!strcmp(s->values[i].name, name))
			return &s->values[i];
	return NULL;
}

/*
 * Returns an array of const struct switch_value: the values that TEXT names ("SWITCH=A|B"), or all
 * values of the switch S if TEXT is only its name. Error: RIG_EXIT_USAGE, TEXT names a value that S
 * does not have.
 */
static GPtrArray *allowed_values(const struct kernel_switch *s, const char *text, GError **error)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new();
	const char *equals = strchr(text, '=');
	/*
	 * g_strsplit() returns no element for an empty text, but find_value() must see the empty
	 * text, and refuse it
	 */
	g_auto(GStrv) names = !equals	  ? NULL
			      : equals[1] ? g_strsplit(equals + 1, "|", -1)
					  : g_strdupv((char *[]){"", NULL});

	for (guint i = 0; !names && i < SWITCH_VALUES_MAX && s->values[i].name; i++)
		g_ptr_array_add(list, (void *)&s->values[i]);
	for (char **name = names; name && *name; name++) {
		const struct switch_value *value = find_value(s, *name);
		g_autoptr(GString) all = g_string_new(NULL);

		if (value) {
			g_ptr_array_add(list, (void *)value);
			continue;
		}
		for (guint i = 0; i < SWITCH_VALUES_MAX && s->values[i].name; i++)
			g_string_append_printf(all, "%s%s", i ? ", " : "", s->values[i].name);
		rig_fail(error, RIG_EXIT_USAGE, "the switch '%s' has no value '%s' (allowed: %s)",
			 s->name, *name, all->str);
		return NULL;
	}
	return g_steal_pointer(&list);
}

const struct switch_value *switch_draw(const char *text, guint64 seed, GError **error)
{
	const struct kernel_switch *s = switch_find(text, error);
	g_autoptr(GPtrArray) list = s ? allowed_values(s, text, error) : NULL;
	g_autofree char *label = s ? g_strdup_printf("switch %s", s->name) : NULL;
	struct rng rng;

	if (!list)
		return NULL;
	rng = rng_stream(seed, label);
	return list->pdata[rng_between(&rng, 0, list->len - 1)];
}

gboolean switch_check(char *const *texts, guint n, GError **error)
{
	const char *text = texts[n - 1];
	const struct kernel_switch *s;

	if (!switch_draw(text, 0, error))
		return FALSE;
	s = switch_find(text, NULL);
	for (guint i = 0; i < n - 1; i++)
		if (switch_find(texts[i], NULL) == s)
			return rig_fail(error, RIG_EXIT_USAGE,
					"the switch '%s' is given twice; give it once, with "
					"several values: %s=A|B",
					s->name, s->name);
	return TRUE;
}
