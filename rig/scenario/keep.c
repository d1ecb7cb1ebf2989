// SPDX-License-Identifier: GPL-2.0-only
/* Copies the files of a scenario to the folder of a changed scenario (keep.h). */
#include "scenario/keep.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "util/error.h"
#include "util/paths.h"
#include "util/sparse.h"

/* Copies FROM to FOLDER/NAME, unless a file of that name is there. */
static gboolean keep(const char *from, const char *folder, const char *name, GError **error)
{
	g_autofree char *to = g_build_filename(folder, name, NULL);
	g_autofree char *parent = g_path_get_dirname(to);
	GStatBuf st;

	if (g_file_test(to, G_FILE_TEST_EXISTS))
		return TRUE;
	if (g_mkdir_with_parents(parent, 0755) < 0 || g_stat(from, &st) < 0)
		return rig_fail(error, RIG_EXIT_INFRA, "cannot copy '%s' to '%s': %s", from, to,
				g_strerror(errno));
	return sparse_copy(from, to, st.st_size, 0644, NULL, error);
}

static gboolean keep_module(const struct scenario_module *module, const char *folder,
			    GError **error)
{
	g_auto(GStrv) names = rig_names_in(module->folder, "");

	for (char **name = names; *name; name++) {
		g_autofree char *from = g_build_filename(module->folder, *name, NULL);
		g_autofree char *to = g_build_filename(module->name, *name, NULL);

		if (g_file_test(from, G_FILE_TEST_IS_REGULAR) && !keep(from, folder, to, error))
			return FALSE;
	}
	return TRUE;
}

gboolean scenario_keep_files(const struct scenario *s, const char *folder, GError **error)
{
	g_autofree char *files = g_build_filename(folder, "files", NULL);

	for (unsigned i = 0; i < s->n_files; i++)
		if (!keep(s->files[i].path, files, s->files[i].name, error))
			return FALSE;
	for (unsigned i = 0; i < s->n_modules; i++)
		if (s->modules[i].folder && !keep_module(&s->modules[i], files, error))
			return FALSE;
	for (unsigned t = 0; t < s->n_tracks; t++)
		for (unsigned i = 0; i < s->tracks[t].n_steps; i++) {
			const struct step *step = &s->tracks[t].steps[i];

			if (step->file && !keep(step->path, files, step->file, error))
				return FALSE;
		}
	return TRUE;
}
