// SPDX-License-Identifier: GPL-2.0-only
/* Writes the folder of pages, and removes pages of runs that were deleted. */
#include "report/html.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "report/page.h"
#include "util/error.h"
#include "util/paths.h"

#define ASSET_MAX (4 << 20)
/* a folder with this file was created by the rig, so the rig may remove files in it */
#define MARK ".hotplug-rig-site"
#define CHART "assets/chart.min.js"

/* The folders of a report. A single page (html_folder()) needs only the first one. */
static const char *const folders[] = {"assets", "run", "cell", "signature", "bisect"};

static gboolean is_empty(const char *dir)
{
	g_autoptr(GDir) entries = g_dir_open(dir, 0, NULL);

	return entries && !g_dir_read_name(entries);
}

/*
 * Creates DIR and the first N of `folders` in it, and the file MARK, by which the rig recognises
 * the folder.
 */
static gboolean make_folders(const char *dir, guint n, GError **error)
{
	g_autofree char *mark = g_build_filename(dir, MARK, NULL);

	if (g_mkdir_with_parents(dir, 0755) < 0)
		return rig_fail(error, RIG_EXIT_USAGE, "cannot create the folder '%s': %s", dir,
				g_strerror(errno));
	if (!is_empty(dir) && !g_file_test(mark, G_FILE_TEST_EXISTS))
		return rig_fail(error, RIG_EXIT_USAGE,
				"'%s' contains files that `rig report` has not written; give a "
				"new or empty folder",
				dir);
	for (guint i = 0; i < n; i++) {
		g_autofree char *sub = g_build_filename(dir, folders[i], NULL);

		if (g_mkdir_with_parents(sub, 0755) < 0)
			return rig_fail(error, RIG_EXIT_INFRA, "cannot create the folder '%s': %s",
					sub, g_strerror(errno));
	}
	return g_file_set_contents(mark, "", 0, error);
}

static gboolean copy_asset(struct site *site, const char *from, const char *name, GError **error)
{
	g_autofree char *to = g_build_filename(site->options->dir, name, NULL), *data = NULL;
	gsize len;

	g_hash_table_add(site->written, g_strdup(name));
	return rig_read_file(from, ASSET_MAX, &data, &len, error) &&
	       g_file_set_contents_full(to, data, len, G_FILE_SET_CONTENTS_NONE, 0644, error);
}

static gboolean copy_assets(struct site *site, gboolean *ret_no_charts, GError **error)
{
	g_autofree char *style = rig_home_path("site/style.css"),
			*script = rig_home_path("site/site.js");
	g_autofree char *installed = rig_home_path("site/chart.min.js");
	/* this file of the package libjs-chart.js (MIT) needs no other files */
	const char *packaged = "/usr/share/javascript/chart.js/chart.min.js";

	*ret_no_charts = !copy_asset(site, installed, CHART, NULL) &&
			 !copy_asset(site, packaged, CHART, NULL);
	return copy_asset(site, style, "assets/style.css", error) &&
	       copy_asset(site, script, "assets/site.js", error);
}

gboolean html_folder(const char *dir, GError **error)
{
	g_autoptr(GHashTable) written =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const struct html_options options = {.dir = dir};
	struct site site = {.options = &options, .written = written};
	gboolean no_charts;

	return make_folders(dir, 1, error) && copy_assets(&site, &no_charts, error);
}

/* Removes the pages of runs that were deleted. */
static void remove_old(struct site *site)
{
	for (guint i = 0; i < G_N_ELEMENTS(folders); i++) {
		g_autofree char *sub = g_build_filename(site->options->dir, folders[i], NULL);
		g_autoptr(GDir) entries = g_dir_open(sub, 0, NULL);
		const char *name;

		while (entries && (name = g_dir_read_name(entries))) {
			g_autofree char *relative = g_build_filename(folders[i], name, NULL);
			g_autofree char *path = g_build_filename(sub, name, NULL);

			if (!g_hash_table_contains(site->written, relative))
				g_unlink(path);
		}
	}
}

gboolean html_write(const struct model *model, const struct html_options *options, guint *ret_pages,
		    gboolean *ret_no_charts, GError **error)
{
	g_autoptr(GHashTable) written =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) pictures =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GPtrArray) bisections = bisections_read(options->results);
	struct site site = {.model = model,
			    .options = options,
			    .written = written,
			    .pictures = pictures,
			    .bisections = bisections};
	rig_auto(coverage_union) coverage = site.coverage = coverage_of_night(model);
	gboolean no_charts;
	guint assets;

	if (!make_folders(options->dir, G_N_ELEMENTS(folders), error) ||
	    !copy_assets(&site, &no_charts, error))
		return FALSE;
	assets = g_hash_table_size(written);
	draw_pictures(&site);
	write_runs(&site);
	write_cells(&site);
	write_signatures(&site);
	write_bisections(&site);
	write_coverage(&site);
	write_lists(&site);
	write_trends(&site);
	write_index(&site); /* write index.html last, because it has links to all other pages */
	g_clear_error(&site.no_pictures);
	if (site.error) {
		g_propagate_error(error, site.error);
		return FALSE;
	}
	remove_old(&site);
	*ret_pages = g_hash_table_size(written) - assets;
	*ret_no_charts = no_charts;
	return TRUE;
}
