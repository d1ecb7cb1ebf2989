// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the files of a night that is resumed, separated by form feeds: cells.json, journal,
 * night.json; and a plan.
 */
#include "nightly/nightly.h"

#include "nightly/plan.h"
#include "tests/fuzz/fuzz.h"

static void read_plan(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct plan *plan = plan_parse("fuzz.yaml", text, strlen(text), &error);

	if (!plan == !error)
		abort();
	if (plan)
		plan_free(plan);
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	static const char *const files[] = {"nights/n/cells.json", "nights/n/journal",
					    "nights/n/night.json"};
	const struct night_options options = {.results = fuzz_folder()};
	g_autoptr(GError) error = NULL;
	g_autofree char *plan = NULL;
	struct night *night;

	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *text = fuzz_part(&data, &size);

		fuzz_write(files[i], text, strlen(text));
	}
	plan = fuzz_part(&data, &size);
	read_plan(plan);
	night = night_resume(NULL, "n", &options, &error);
	if (!night == !error)
		abort();
	if (night)
		night_free(night);
	return 0;
}
