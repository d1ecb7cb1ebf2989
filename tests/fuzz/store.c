// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the files of a run folder, separated by form feeds: run.json, verdict, journal,
 * console.raw. The folder is read and judged again, like a run from another host.
 */
#include "store/store.h"

#include "tests/fuzz/fuzz.h"

static void on_entry(json_t *entry, void *data)
{
	(void)data;
	if (!json_object_get(entry, "t") || !json_object_get(entry, "what"))
		abort();
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	static const char *const files[] = {"run/run.json", "run/verdict", "run/journal",
					    "run/console.raw"};
	g_autofree char *dir = g_build_filename(fuzz_folder(), "run", NULL);
	g_autoptr(GError) error = NULL;
	gboolean is_changed;

	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *text = fuzz_part(&data, &size);

		fuzz_write(files[i], text, strlen(text));
	}
	for (guint i = 0; i < 2; i++) {
		rig_auto(run_info) info = run_open(fuzz_folder(), dir, NULL);

		/* also read what the recheck has written */
		if (!info || !info->inputs || !info->details)
			abort();
		run_outcome(info);
		run_journal_each(dir, on_entry, NULL, NULL);
		g_clear_error(&error);
		if (!run_recheck(dir, &is_changed, &error) && !error)
			abort();
	}
	return 0;
}
