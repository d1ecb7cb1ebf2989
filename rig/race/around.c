// SPDX-License-Identifier: GPL-2.0-only
/* Finds the functions that `rig race --around` selects. */
#include "race/internal.h"

#include <string.h>

#include "store/store.h"
#include "util/error.h"

/*
 * equal to DIRECTOR_ALL (director/director.h): selects all functions of memory hotplug, and of code
 * that shares locks with it
 */
#define ALL "hotplug"

/* For each lock, the source files with functions that take it. */
static const struct {
	const char *lock, *visits;
} locks[] = {
	{"device_hotplug_lock", "drivers/base/core.c,drivers/base/memory.c,drivers/acpi/scan.c"},
	{"mem_hotplug_lock", "mm/memory_hotplug.c,drivers/base/memory.c,mm/slab_common.c"},
	{"cpu_hotplug_lock", "kernel/cpu.c,mm/memory_hotplug.c,mm/slab_common.c"},
	{"slab_mutex", "mm/slab_common.c,mm/slub.c"},
	{"kn->active", "fs/kernfs/dir.c,drivers/base/memory.c,drivers/base/core.c"},
	{"&dev->mutex",
	 "drivers/base/dd.c,drivers/base/bus.c,drivers/base/core.c,drivers/base/memory.c"},
};

static gboolean around_run(const char *what, const char *results, char ***ret, GError **error)
{
	rig_auto(run_info) run = run_open(results, what, NULL);
	g_autoptr(GHashTable) names = NULL;
	g_autofree const char **list = NULL;

	if (!run)
		return rig_fail(
			error, RIG_EXIT_USAGE,
			"unknown --around '%s': give a file (mm/slub.c), a function, "
			"a lock (device_hotplug_lock, mem_hotplug_lock, cpu_hotplug_lock, "
			"slab_mutex, kn->active, "
			"&dev->mutex) or a run with a report",
			what);
	names = race_stacks(run->details);
	list = (const char **)g_hash_table_get_keys_as_array(names, NULL);
	if (!*list)
		return rig_fail(error, RIG_EXIT_USAGE,
				"run '%s' has no report and no hang with a stack, so --around "
				"cannot use it; give a run that has one, a file or a function",
				what);
	*ret = g_strdupv((char **)list);
	return TRUE;
}

gboolean race_around(const char *what, const char *results, char **ret_visits, char ***ret_favoured,
		     GError **error)
{
	char **favoured = NULL;
	const char *visits = what ? NULL : ALL;

	for (guint i = 0; what && i < G_N_ELEMENTS(locks); i++)
		if (!strcmp(what, locks[i].lock))
			visits = locks[i].visits;
	/*
	 * check only the form; the child process checks whether the kernel has the function.
	 * "last" has this form, but is a run
	 */
	if (!visits && strcmp(what, "last") &&
	    (g_str_has_suffix(what, ".c") ||
	     g_regex_match_simple("^[A-Za-z_][A-Za-z0-9_]*$", what, 0, 0)))
		visits = what;
	if (!visits && !around_run(what, results, &favoured, error))
		return FALSE;
	*ret_visits = g_strdup(visits ? visits : ALL);
	*ret_favoured = favoured;
	return TRUE;
}
