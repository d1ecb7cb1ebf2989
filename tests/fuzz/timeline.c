// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes timeline.json, which users may edit. A file that is accepted must be accepted again after
 * it was written.
 */
#include "timeline/timeline.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
	static struct scenario *scenario;
	const struct machine *machine = machine_find("pc-q35", NULL);
	g_autoptr(GError) error = NULL;
	json_t *json = json_loadb((const char *)data, size, 0, NULL);
	struct timeline *timeline;

	if (!scenario)
		scenario = scenario_load("scenarios/dimm-storm.yaml", NULL);
	if (!scenario || !machine)
		abort();
	timeline = json ? timeline_parse(json, "fuzz.json", scenario, machine, &error) : NULL;
	if (timeline) {
		json_t *again = timeline_json(timeline);
		struct timeline *second;

		second = timeline_parse(again, "again.json", scenario, machine, NULL);
		if (!second)
			abort();
		timeline_free(second);
		json_decref(again);
		timeline_free(timeline);
	}
	json_decref(json);
	return 0;
}
