// SPDX-License-Identifier: GPL-2.0-only
/* Folders and budgets of searches. */
#include "cmd/search-folder.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/store.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/sweep.h"

char *search_folder_new(const char *results, const char *kind, const char *scenario)
{
	g_autofree char *now = rig_utc_now(TRUE), *base = g_path_get_basename(scenario);
	g_autofree char *folder = results ? g_strdup(results) : run_default_results();

	if (strrchr(base, '.'))
		*strrchr(base, '.') = '\0';
	g_strcanon(base, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._+-", '_');
	return g_strdup_printf("%s/%s-%s-%.60s-%d", folder, now, kind, base, getpid());
}

static gboolean is_search(const char *dir, const char *state)
{
	g_autofree char *path = g_build_filename(dir, state, NULL);

	return g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

char *search_folder_find(const char *results, const char *which, const char *state, GError **error)
{
	g_autofree char *folder = results ? g_strdup(results) : run_default_results();
	g_autofree char *best = NULL;
	g_autoptr(GDir) entries = NULL;
	const char *name;

	if (which && is_search(which, state))
		return g_canonicalize_filename(which, NULL);
	entries = g_dir_open(folder, 0, NULL);
	while (entries && (name = g_dir_read_name(entries))) {
		g_autofree char *dir = g_build_filename(folder, name, NULL);

		/* names of search folders begin with the time */
		if (is_search(dir, state) &&
		    (which ? !strcmp(which, name) : !best || strcmp(dir, best) > 0)) {
			g_free(best);
			best = g_steal_pointer(&dir);
		}
	}
	if (!best)
		rig_fail(error, RIG_EXIT_USAGE,
			 "no search%s%s%s in '%s' that can be continued; leave out --resume to "
			 "start one",
			 which ? " '" : "", which ? which : "", which ? "'" : "", folder);
	return best ? g_canonicalize_filename(best, NULL) : NULL;
}

gboolean search_folder_lock(const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, "lock", NULL);
	FILE *file = g_mkdir_with_parents(dir, 0755) == 0 ? fopen(path, "ae") : NULL;

	if (!file)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot create '%s': %s", path,
				g_strerror(errno));
	if (flock(fileno(file), LOCK_EX | LOCK_NB) == 0)
		return TRUE;
	fclose(file);
	return rig_fail(error, RIG_EXIT_USAGE,
			"another rig process uses '%s'; wait until it ends", dir);
}

void search_folder_discard(const char *dir, const char *state, int code)
{
	g_autofree char *path = g_build_filename(dir, state, NULL);
	json_auto_t *json = NULL;

	if (code != RIG_EXIT_SKIP && code != RIG_EXIT_USAGE)
		return;
	json = json_load_file(path, 0, NULL);
	/* the first cell of `rig race --fail` is the run that counts calls */
	if (json && !json_array_size(json_object_get(json, "visits")) &&
	    !json_array_size(json_object_get(json, "trials")) &&
	    json_array_size(json_object_get(json, "cells")) <= 1)
		sweep_remove(dir, NULL);
}

gboolean search_budget(const char *text, guint *ret_boots, guint *ret_s, GError **error)
{
	char *end = (char *)"m";
	guint64 n = text ? g_ascii_strtoull(text, &end, 10) : 0;

	if (text && (!g_ascii_isdigit(*text) || !n || n > 1000000 ||
		     (*end && strcmp(end, "m") && strcmp(end, "h"))))
		return rig_fail(error, RIG_EXIT_USAGE,
				"invalid budget '%s' (for example 30m, 2h, or 40 for 40 boots)",
				text);
	*ret_boots = *end ? 0 : (guint)n;
	*ret_s = !*end ? 0 : (guint)n * (*end == 'm' ? 60 : 3600);
	return TRUE;
}
