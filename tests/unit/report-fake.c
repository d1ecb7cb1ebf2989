// SPDX-License-Identifier: GPL-2.0-only
/* Creates invented runs for tests of the reports. */
#include "tests/unit/report.h"

GPtrArray *fake_runs(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)run_info_free);
}

/*
 * Returns a string with any control characters, as it can occur in run folders; jansson requires
 * valid UTF-8.
 */
static json_t *words(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	return json_string(valid);
}

static json_t *report(const char *title)
{
	g_autofree char *bug = g_strconcat("v1:lockdep-circular:", title, NULL);
	g_autofree char *text = g_strconcat(
		"WARNING: possible circular locking dependency detected\n", title, NULL);

	return json_pack("{s:s, s:s, s:o, s:{s:o}, s:[s, s], s:o, s:f}", "kind", "lockdep-circular",
			 "weight", "fail", "title", words(title), "signature", "bug", words(bug),
			 "cycle", "kn->active", "mem_hotplug_lock", "text", words(text), "when",
			 4.5);
}

struct run_info *fake_run(guint day, guint n, const char *scenario, const char *machine,
			  enum verdict verdict, const char *title)
{
	struct run_info *run = g_new0(struct run_info, 1);
	g_autofree char *created =
		g_strdup_printf("2026-11-%02uT%02u:%02u:00Z", day, n / 60, n % 60);

	run->name = g_strdup_printf("202611%02uT%02u%02u00Z-%s-%s-6.1.9-s%u", day, n / 60, n % 60,
				    scenario, machine, n);
	run->dir = g_build_filename("/nowhere", run->name, NULL);
	run->verdict = verdict;
	run->inputs = json_pack("{s:s, s:o, s:s, s:i, s:{s:s, s:s, s:s, s:[]}}", "created", created,
				"scenario", words(scenario), "machine", machine, "seed", (int)n,
				"kernel", "name", "6.1.9", "hash",
				"665e671fd7d0db288f41b60518fe01514932495863ceff999274c58465e53518",
				"source", "deb:linux-source-6.1=6.1.9-1", "patches");
	run->details = json_pack("{s:s, s:[], s:[], s:{s:I, s:I, s:f}, s:{s:[{s:s, s:i}]}}",
				 "verdict", verdict_name(verdict), "reasons", "reports", "times",
				 "hammer_ns", (json_int_t)10000000000, "total_ns",
				 (json_int_t)15500000000, "first_report_s", title ? 4.5 : -1.0,
				 "counts", "agents", "name", "block-state", "ops", 2000);
	if (title) {
		json_array_append_new(json_object_get(run->details, "reasons"), words(title));
		json_array_append_new(json_object_get(run->details, "reports"), report(title));
	}
	return run;
}

GPtrArray *two_nights(void)
{
	static const struct {
		guint day;
		const char *scenario, *machine;
		enum verdict verdict;
		const char *title;
	} rows[] = {
		{1, "quiet", "pc-q35", VERDICT_PASS, NULL},
		{1, "breaks", "pc-q35", VERDICT_PASS, NULL},
		{1, "mended", "pc-q35", VERDICT_FAIL, "an old bug"},
		{1, "flaky", "pc-q35", VERDICT_PASS, NULL},
		{1, "flaky", "pc-q35", VERDICT_FAIL, "a rare bug"},
		{1, "lost", "pseries", VERDICT_PASS, NULL},
		{2, "quiet", "pc-q35", VERDICT_PASS, NULL},
		{2, "breaks", "pc-q35", VERDICT_FAIL, "a new bug"},
		{2, "mended", "pc-q35", VERDICT_PASS, NULL},
		{2, "flaky", "pc-q35", VERDICT_FAIL, "a rare bug"},
		{2, "flaky", "pc-q35", VERDICT_PASS, NULL},
		{2, "lost", "pseries", VERDICT_LOST, NULL},
		{2, "hangs", "pseries", VERDICT_HANG, "task hung in foo"},
		{2, "skipped", "pseries", VERDICT_SKIP, NULL},
		{2, HOSTILE, "pc-q35", VERDICT_FAIL, HOSTILE},
	};
	GPtrArray *runs = fake_runs();

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		g_ptr_array_add(runs, fake_run(rows[i].day, i, rows[i].scenario, rows[i].machine,
					       rows[i].verdict, rows[i].title));
	return runs;
}

