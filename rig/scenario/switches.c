// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of kernel switches: properties of the kernel that change what memory hotplug does, and
 * that a run may vary. Most are kernel parameters, which need no new build
 * (Documentation/admin-guide/kernel-parameters.txt); the switch KERNEL_CONFIG adds a config
 * fragment.
 */
#include "scenario/switches.h"

#include <string.h>

#include "scenario/scenario.h"
#include "util/error.h"
#include "util/rng.h"

#define KERNEL_CONFIG "kernel_config"
#define FRAGMENT(name) "scenarios/kconfig/" name ".config"
#define ON_OFF(off, on) {{.name = "off", .words = off}, {.name = "on", .words = on}}
#define VALUE(text, parameters) {.name = text, .words = parameters}
#define BUILT_WITH(text) {.name = text, .words = "", .fragment = FRAGMENT(text)}

/* The value "off" is the first value of each switch that has it. */
const struct kernel_switch scenario_switches[] = {
	{"memmap_on_memory",
	 "a DIMM holds its own struct pages",
	 "CONFIG_MHP_MEMMAP_ON_MEMORY",
	 ON_OFF("memory_hotplug.memmap_on_memory=0", "memory_hotplug.memmap_on_memory=1")},
	{"auto_online_blocks",
	 "state of new memory blocks; overrides `online`",
	 "CONFIG_MEMORY_HOTPLUG",
	 {VALUE("offline", "memhp_default_state=offline"),
	  VALUE("online", "memhp_default_state=online"),
	  VALUE("online_kernel", "memhp_default_state=online_kernel"),
	  VALUE("online_movable", "memhp_default_state=online_movable")}},
	{"online_policy",
	 "how the zone of automatically onlined memory is chosen",
	 "CONFIG_MEMORY_HOTPLUG",
	 {VALUE("contig-zones", "memory_hotplug.online_policy=contig-zones"),
	  VALUE("auto-movable", "memory_hotplug.online_policy=auto-movable")}},
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
	 {VALUE("never", "transparent_hugepage=never"),
	  VALUE("madvise", "transparent_hugepage=madvise"),
	  VALUE("always", "transparent_hugepage=always")}},
	{"page_table_levels",
	 "4: 48-bit addresses; 5: 57-bit ones if the CPU has them",
	 "CONFIG_PGTABLE_LEVELS=5",
	 {VALUE("4", "no5lvl arm64.nolva"), VALUE("5", "")}},
	{KERNEL_CONFIG,
	 "a detector of memory errors, another memory model or preemption; each needs a build",
	 NULL,
	 {VALUE("standard", ""), BUILT_WITH("kasan"), BUILT_WITH("kcsan"),
	  BUILT_WITH("no-vmemmap"), BUILT_WITH("preempt-rt")}},
	{"preempt",
	 "preemption model",
	 "CONFIG_PREEMPT_DYNAMIC",
	 {VALUE("none", "preempt=none"), VALUE("voluntary", "preempt=voluntary"),
	  VALUE("full", "preempt=full")}},
	{NULL, NULL, NULL, {{NULL, NULL, NULL}}},
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

/* Returns the last of TEXTS (or NULL) that names the switch, or else OTHER. */
static const char *last_of(char *const *texts, const char *name, const char *other)
{
	for (; texts && *texts; texts++) {
		const struct kernel_switch *s = switch_find(*texts, NULL);

		if (s && !strcmp(s->name, name))
			other = *texts;
	}
	return other;
}

const char *switch_draw_fragment(char *const *texts, char *const *more, guint64 seed)
{
	const char *text = last_of(more, KERNEL_CONFIG, last_of(texts, KERNEL_CONFIG, NULL));
	const struct switch_value *value = text ? switch_draw(text, seed, NULL) : NULL;

	return value ? value->fragment : NULL;
}

char **switch_texts(const char *const *words)
{
	GPtrArray *texts = g_ptr_array_new();

	for (; words && *words; words++)
		if (g_str_has_prefix(*words, "--vary="))
			g_ptr_array_add(texts, (gpointer)(*words + strlen("--vary=")));
		else if (!strcmp(*words, "--vary") && words[1])
			g_ptr_array_add(texts, (gpointer)*++words);
	g_ptr_array_add(texts, NULL);
	return (char **)g_ptr_array_free(texts, FALSE);
}

gboolean scenario_check_one_kernel(const struct scenario *scenario, const char *const *words,
				   const char *command, GError **error)
{
	g_autofree char **texts = switch_texts(words);

	if (last_of(texts, KERNEL_CONFIG, NULL))
		return rig_fail(error, RIG_EXIT_USAGE,
				"--vary varies " KERNEL_CONFIG ", but %s needs one kernel for all "
				"runs: use --fragment FILE instead",
				command);
	return !last_of(scenario->vary, KERNEL_CONFIG, NULL) ||
	       rig_fail(error, RIG_EXIT_USAGE,
			"scenario '%s' varies " KERNEL_CONFIG ", but %s needs one kernel for all "
			"runs: use a copy without it, and --fragment FILE",
			scenario->name, command);
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
