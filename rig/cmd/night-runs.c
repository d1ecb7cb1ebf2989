// SPDX-License-Identifier: GPL-2.0-only
/* Finds the runs of a night in the index. */
#include "cmd/night-runs.h"

#include "util/error.h"

GPtrArray *night_runs_of(struct run_index *ix, const char *night, GError **error)
{
	/* "~" sorts after every time that begins with NIGHT */
	g_autofree char *after = g_strconcat(night, "~", NULL);
	const struct index_filter named = {.night = night}, day = {.since = night, .until = after};
	g_autoptr(GPtrArray) runs = index_runs(ix, &named, error);

	if (runs && !runs->len) {
		g_clear_pointer(&runs, g_ptr_array_unref);
		runs = index_runs(ix, &day, error);
	}
	if (!runs || runs->len)
		return g_steal_pointer(&runs);
	rig_fail(
		error, RIG_EXIT_USAGE,
		"no runs in night '%s'; `rig nightly --list` lists the nights, `rig list` the runs",
		night);
	return NULL;
}

char *night_runs_last(struct run_index *ix, GError **error)
{
	const struct index_filter all = {0};
	g_autoptr(GPtrArray) nights = index_groups(ix, &all, BY_NIGHT, error);
	const struct index_group *last =
		nights && nights->len ? nights->pdata[nights->len - 1] : NULL;

	return last && last->key && *last->key ? g_strdup(last->key) : NULL;
}
