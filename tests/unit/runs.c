// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/runs.h"

#include "tests/unit/suite.h"

struct run_index *open_index(void)
{
	g_autoptr(GError) error = NULL;
	struct run_index *ix = index_open(scratch, NULL, NULL, &error);

	ck_assert_msg(ix != NULL, "%s", error ? error->message : "");
	return ix;
}

struct run *begin_run(const char *scenario, guint64 seed, const char *created, const char *labels)
{
	json_t *inputs =
		json_pack("{s:s, s:s, s:s, s:I, s:{s:s}}", "created", created, "scenario", scenario,
			  "machine", "pc-q35", "seed", (json_int_t)seed, "kernel", "name", "6.1");
	struct run *run;

	if (labels)
		json_object_set_new(inputs, "labels", json_loads(labels, 0, NULL));
	run = run_create(scratch, scenario, "pc-q35", "6.1", seed, inputs, NULL);
	ck_assert_ptr_nonnull(run);
	json_decref(inputs);
	return run;
}

char *finish_run(struct run *run, enum verdict verdict, const char *details)
{
	char *name = g_strdup(run_name(run));
	json_t *json = json_loads(details, 0, NULL);

	ck_assert_msg(json != NULL, "%s", details);
	ck_assert(run_verdict(run, verdict, json, NULL));
	run_free(run);
	return name;
}

void add_run(const char *scenario, guint64 seed, const char *created, enum verdict verdict,
	     const char *details)
{
	g_free(finish_run(begin_run(scenario, seed, created, NULL), verdict, details));
}

guint count_runs(struct run_index *ix, struct index_filter filter)
{
	g_autoptr(GPtrArray) runs = index_runs(ix, &filter, NULL);

	ck_assert_ptr_nonnull(runs);
	return runs->len;
}
