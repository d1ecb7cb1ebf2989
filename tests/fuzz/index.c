// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the index file runs.sqlite. Opening it must always succeed, because a damaged index is
 * created again from the run folders. A query must return a result or an error.
 */
#include "index/index.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	g_autofree char *results = g_build_filename(fuzz_folder(), "results", NULL);
	g_autoptr(GError) error = NULL;
	rig_auto(run_index) ix = NULL;
	g_autoptr(GPtrArray) runs = NULL;

	fuzz_write("results/.index/runs.sqlite", data, size);
	ix = index_open(results, NULL, NULL, &error);
	if (!ix) {
		fprintf(stderr, "index_open: %s\n", error->message);
		abort();
	}
	runs = index_runs(ix, &(struct index_filter){.newest_first = TRUE}, &error);
	if (!runs && !error)
		abort();
	return 0;
}
