// SPDX-License-Identifier: GPL-2.0-only
/* Copies the inputs of a run into its folder. */
#include "engine/session.h"

#include <string.h>

#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"

static gboolean keep_copy(struct session *s, const char *from, const char *to, GError **error)
{
	g_autofree char *data = NULL;
	gsize len;

	return rig_read_file(from, 16 << 20, &data, &len, error) &&
	       run_keep(s->run, to, data, len, error);
}

static gboolean keep_copies(struct session *s, const char *const *files, const char *folder,
			    GError **error)
{
	for (guint i = 0; files && files[i]; i++) {
		g_autofree char *to = g_strdup_printf("%s/%02u", folder, i + 1);

		if (!keep_copy(s, files[i], to, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean read_known(struct session *s, GError **error)
{
	g_autofree char *today = rig_utc_now(FALSE);

	if (!s->plan->known)
		return TRUE;
	today[strlen("2026-11-21")] = '\0';
	s->reports.known = known_load(s->plan->known, today, error);
	return s->reports.known && keep_copy(s, s->plan->known, "known-issues.yaml", error);
}

static void print_timeline(FILE *out, const void *data)
{
	const struct session *s = data;
	g_autofree unsigned *laps = tracks_laps(s);

	timeline_print(s->plan->timeline, laps, out);
}

gboolean session_keep_timeline(struct session *s, GError **error)
{
	return run_keep_stream(s->run, "timeline.json", print_timeline, s, error);
}

/* Copies the sources of a module to `files/`, where file_find() finds them in a replay. */
static gboolean keep_module(struct session *s, const struct scenario_module *module, GError **error)
{
	g_auto(GStrv) names = module->folder ? kernel_module_sources(module->folder, error) : NULL;

	for (char **name = names; name && *name; name++) {
		g_autofree char *from = g_build_filename(module->folder, *name, NULL);
		g_autofree char *to = g_build_filename("files", module->name, *name, NULL);

		if (!keep_copy(s, from, to, error))
			return FALSE;
	}
	return !module->folder || names;
}

/*
 * Copies the contents of an NVDIMM to `files/`, unless it is there because another NVDIMM or the
 * agent `run` has the same file.
 */
static gboolean keep_image(struct session *s, const struct step *step, GError **error)
{
	g_autofree char *to = g_build_filename("files", step->file, NULL);
	g_autofree char *path = g_build_filename(run_dir(s->run), to, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS) ||
	       run_keep_image(s->run, to, step->path, step->file_size, &s->stop, error);
}

static gboolean keep_images(struct session *s, GError **error)
{
	for (unsigned t = 0; t < s->scenario->n_tracks; t++)
		for (unsigned i = 0; i < s->scenario->tracks[t].n_steps; i++) {
			const struct step *step = &s->scenario->tracks[t].steps[i];

			if (step->file && !keep_image(s, step, error))
				return FALSE;
		}
	return TRUE;
}

gboolean session_keep_inputs(struct session *s, GError **error)
{
	const struct kernel *kernel = s->plan->kernel;

	for (unsigned i = 0; i < s->scenario->n_files; i++) {
		const struct scenario_file *file = &s->scenario->files[i];
		g_autofree char *to = g_build_filename("files", file->name, NULL);

		if (!keep_copy(s, file->path, to, error))
			return FALSE;
	}
	for (unsigned i = 0; i < s->scenario->n_modules; i++)
		if (!keep_module(s, &s->scenario->modules[i], error))
			return FALSE;
	/* the images are last, because they may be too large for the disk */
	return read_known(s, error) && session_keep_timeline(s, error) &&
	       keep_copy(s, s->scenario->file, "scenario.yaml", error) &&
	       (!kernel->config || keep_copy(s, kernel->config, "kernel.config", error)) &&
	       keep_copies(s, (const char *const *)kernel->patches, "patches", error) &&
	       keep_copies(s, s->plan->fragments, "fragments", error) && keep_images(s, error);
}
