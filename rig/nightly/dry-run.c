// SPDX-License-Identifier: GPL-2.0-only
/* A dry run: lists the cells of a night, the estimated times, and what is missing. */
#include <string.h>

#include "kernel/kernel.h"
#include "machine/machine.h"
#include "nightly/internal.h"
#include "util/spawn.h"

struct dry_run {
	const struct night *night;
	GPtrArray *cache; /* struct kernel: the finished builds in the cache */
	json_t *missing;  /* array of objects with messages about what is missing */
	double builds_s;
	/* number of builds that are needed, and how many of these have an unknown duration */
	guint builds, unknown;
};

static void miss(struct dry_run *dry, json_t *message)
{
	json_array_append_new(dry->missing, message);
}

/* ---- kernels that must be built ---- */

static gboolean is_same_source(const struct kernel *built, const struct night_kernel *kernel)
{
	return built->source &&
	       !strncmp(built->source, kernel->source, strcspn(kernel->source, "@"));
}

static gboolean is_same_patches(const struct kernel *built, const struct night_kernel *kernel)
{
	guint n = 0;

	while (kernel->patches[n] && built->patches[n] &&
	       g_str_has_suffix(built->patches[n], strrchr(kernel->patches[n], '/')))
		n++;
	return !kernel->patches[n] && !built->patches[n];
}

/*
 * Returns TRUE if BUILD has the rig's default config: neither fragments, nor --no-lockdep, nor a
 * scenario or a drawn switch change it.
 */
static gboolean has_plain_config(const struct night_kernel *kernel, const struct night_build *build)
{
	return !*kernel->fragments && !kernel->no_lockdep && !build->scenario && !build->optional;
}

/*
 * Returns TRUE if the cache probably has the kernel. This is an estimate: the source is not
 * resolved (a git branch may have changed), and configs are not compared. If the result is FALSE,
 * *RET_S is the duration in seconds of an earlier build of the same source and architecture, or
 * else of the same architecture, or -1 if there is none.
 */
static gboolean is_built(const struct dry_run *dry, const struct night_build *build, double *ret_s)
{
	const struct night_kernel *kernel = &dry->night->kernels[build->kernel];
	double near_s = -1, far_s = -1;

	for (guint i = 0; i < dry->cache->len; i++) {
		const struct kernel *built = dry->cache->pdata[i];

		if (strcmp(built->arch, build->arch))
			continue;
		far_s = MAX(far_s, built->build_s);
		if (!is_same_source(built, kernel))
			continue;
		near_s = MAX(near_s, built->build_s);
		if (has_plain_config(kernel, build) && is_same_patches(built, kernel))
			return TRUE;
	}
	*ret_s = near_s > 0 ? near_s : far_s;
	return FALSE;
}

/* Returns TRUE if an unfinished cell (run of the night) needs BUILD. */
static gboolean is_wanted(const struct night *night, const struct night_build *build)
{
	for (guint i = 0; i < night->cells->len; i++) {
		const struct night_cell *cell = night->cells->pdata[i];

		if (cell->status == CELL_WAITING && cell->build == build)
			return TRUE;
	}
	return FALSE;
}

static void check_builds(struct dry_run *dry)
{
	for (guint i = 0; i < dry->night->builds->len; i++) {
		const struct night_build *build = dry->night->builds->pdata[i];
		const struct night_kernel *kernel = &dry->night->kernels[build->kernel];
		g_autofree char *fragment =
			build->optional ? g_path_get_basename(build->optional) : NULL;
		double s = -1;

		if (!is_wanted(dry->night, build) || !kernel_check_source(kernel->source, NULL) ||
		    is_built(dry, build, &s))
			continue;
		dry->builds++;
		dry->unknown += s <= 0;
		dry->builds_s += MAX(s, 0);
		miss(dry, json_sprintf("kernel '%s' for %s%s%s%s%s is to be built (%s%s)",
				       kernel->tree, build->arch,
				       build->scenario ? " and scenario " : "",
				       build->scenario ? build->scenario : "",
				       fragment ? " with " : "", fragment ? fragment : "",
				       kernel->source,
				       has_plain_config(kernel, build)
					       ? ""
					       : ", unless one with that config is in the cache"));
	}
}

static void check_files(struct dry_run *dry, const struct night_kernel *kernel)
{
	g_autoptr(GError) why = NULL;

	if (kernel_is_source(kernel->source) ? !kernel_check_source(kernel->source, &why)
					     : !g_file_test(kernel->source, G_FILE_TEST_IS_REGULAR))
		miss(dry, json_sprintf("kernel '%s': %s%s", kernel->tree,
				       why ? "" : "there is no image ",
				       why ? why->message : kernel->source));
	for (char **file = kernel->patches; *file; file++)
		if (!g_file_test(*file, G_FILE_TEST_EXISTS))
			miss(dry, json_sprintf("kernel '%s': there is no patch '%s'", kernel->tree,
					       *file));
	for (char **file = kernel->fragments; *file; file++)
		if (!g_file_test(*file, G_FILE_TEST_EXISTS))
			miss(dry, json_sprintf("kernel '%s': there is no fragment '%s'",
					       kernel->tree, *file));
}

/* ---- programs that are missing ---- */

static void check_programs(struct dry_run *dry)
{
	g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < dry->night->cells->len; i++) {
		const struct night_cell *cell = dry->night->cells->pdata[i];
		const struct machine *machine = machine_find(cell->machine, NULL);
		const char *package;

		if (!machine || !g_hash_table_add(told, (gpointer)machine->emulator) ||
		    spawn_have(machine->emulator))
			continue;
		package = spawn_package(machine->emulator);
		miss(dry,
		     json_sprintf("'%s' is not installed%s%s", machine->emulator,
				  package ? ": apt-get install " : "", package ? package : ""));
	}
}

json_t *night_dry_run(const struct night *night)
{
	g_autoptr(GPtrArray) items = g_ptr_array_new();
	g_autoptr(GPtrArray) cache = kernel_list(), order = night_order(night);
	struct dry_run dry = {.night = night, .cache = cache, .missing = json_array()};
	struct pack_item **all;
	json_t *cells = json_array();

	for (guint i = 0; i < order->len; i++) {
		struct night_cell *cell = order->pdata[i];

		if (cell->status != CELL_WAITING)
			continue;
		json_array_append_new(cells, night_cell_json(night, cell));
		g_ptr_array_add(items, &cell->item);
	}
	for (guint i = 0; i < night->n_kernels; i++)
		check_files(&dry, &night->kernels[i]);
	check_builds(&dry);
	check_programs(&dry);
	all = (struct pack_item **)items->pdata;
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:f, s:f, s:{s:i, s:i, s:f}}", "plan",
			 night->plan, "about", night->about, "host", night_host_json(night),
			 "cells", cells, "excluded", night_excluded_json(night), "missing",
			 dry.missing, "estimate_s",
			 pack_span(all, items->len, &night->place->total), "at_least_s",
			 pack_bound(all, items->len, &night->place->total), "builds", "count",
			 dry.builds, "unknown", dry.unknown, "estimate_s", dry.builds_s);
}
