// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes a scenario file. It must be read completely, or rejected with a message that has the
 * file's name.
 */
#include "scenario/scenario.h"

#include "tests/fuzz/fuzz.h"
#include "util/error.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	g_autofree char *file = g_build_filename(fuzz_folder(), "fuzz.yaml", NULL);
	g_autoptr(GError) error = NULL;
	struct scenario *scenario;

	fuzz_write("fuzz.yaml", data, size);
	scenario = scenario_load(file, &error);
	if (!scenario && (!error || !strstr(error->message, "fuzz.yaml")))
		abort();
	if (scenario)
		scenario_free(scenario);
	return 0;
}
