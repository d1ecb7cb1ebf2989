// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests plans, their cells (scenario × machine × kernel), and reading a night's folder.
 * tests/nightly tests whole nights.
 */
#include "nightly/nightly.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nightly/internal.h"
#include "tests/unit/suite.h"
#include "util/error.h"
#include "util/rng.h"

static struct plan *load(const char *text, GError **error)
{
	g_autofree char *file = in_scratch("test.yaml");

	ck_assert(g_file_set_contents(file, text, -1, NULL));
	return plan_load(file, error);
}

#define KERNEL "kernels: [{name: k, source: \"deb:linux-source-6.1\"}]\n"
#define HEAD "about: x\n" KERNEL

static const struct {
	const char *text, *says;
} wrong[] = {
	{"about: x\n" KERNEL, "'scenarios' is missing"},
	{HEAD "scenarios: []\n", "at least 1"},
	{HEAD "scenarios: [no-such]\n", "test.yaml:3:13: no scenario 'no-such'"},
	{HEAD "scenarios: [dimm-storm, dimm-storm]\n", "listed twice"},
	{HEAD "scenarios: [dimm-storm]\nmachines: [toaster]\n", "toaster"},
	{HEAD "scenarios: [dimm-storm]\nmachines: [pseries, pseries]\n",
	 "'pseries' is listed twice"},
	{"about: x\nscenarios: [dimm-storm]\nkernels: [{name: k, source: a}, {name: k, source: b}"
	 "]\n",
	 "two kernels are called"},
	{"about: x\nscenarios: [dimm-storm]\nkernels: [{name: a/b, source: a}]\n",
	 "invalid kernel name 'a/b'"},
	{"about: x\nscenarios: [dimm-storm]\nkernels: [{name: a}]\n", "'source' is missing"},
	{HEAD "scenarios: [dimm-storm]\nrepeat: 0\n", "1 to 1000"},
	{HEAD "scenarios: [dimm-storm]\nrepeat: -3\n", "-3"},
	{HEAD "scenarios: [dimm-storm]\nseeds: [1, x]\n", "invalid value 'x' for 'seeds'"},
	{HEAD "scenarios: [dimm-storm]\nretries: 21\n", "0 to 20"},
	{HEAD "scenarios: [dimm-storm]\nexclude: [{machine: pseries}]\n", "'why' is missing"},
	{HEAD "scenarios: [dimm-storm]\nexclude: [{why: x}]\n",
	 "needs 'scenario', 'machine' or 'kernel'"},
	{HEAD "scenarios: [dimm-storm]\nexclude: [{kernel: z, why: x}]\n", "no kernel 'z'"},
	{HEAD "scenarios: [dimm-storm]\nexclude: [{scenario: busted, why: x}]\n",
	 "no scenario 'busted'"},
	{HEAD
	 "scenarios: [dimm-storm]\nmachines: [pc-q35]\nexclude: [{machine: pseries, why: x}]\n",
	 "no machine 'pseries'"},
	{HEAD "scenarios: [dimm-storm]\nlauncher: teleport\n",
	 "test.yaml:4:11: unknown launcher 'teleport'"},
	{HEAD "scenarios: [dimm-storm]\nlauncher: direct\nconnect: \"qemu:///session\"\n",
	 "needs 'launcher: libvirt'"},
	{HEAD "scenarios: [dimm-storm]\nparallel: 3\n", "unknown key 'parallel'"},
	{HEAD "scenarios: [dimm-storm]\nmachines: *a\n", "test.yaml"},
	{"", "test.yaml"},
};

START_TEST(wrong_plans)
{
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_null(load(wrong[_i].text, &error));
	ck_assert_msg(strstr(error->message, wrong[_i].says), "'%s' does not say '%s'",
		      error->message, wrong[_i].says);
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
}
END_TEST

START_TEST(defaults)
{
	rig_auto(plan) plan = load(
		"about: x\nscenarios: [dimm-storm]\nkernels: [{name: k, source: "
		"\"deb:linux-source-6.1\", patches: "
		"[a.patch, /b.patch]}]\n",
		NULL);
	g_autofree char *path = in_scratch("a.patch");

	ck_assert_ptr_nonnull(plan);
	ck_assert_str_eq(plan->name, "test");
	ck_assert_uint_eq(plan->repeat, 1);
	ck_assert_uint_eq(plan->retries, 2);
	ck_assert_str_eq(plan->kernels[0].patches[0], path);
	ck_assert_str_eq(plan->kernels[0].patches[1], "/b.patch");
	ck_assert_str_eq(plan->kernels[0].source, "deb:linux-source-6.1");
}
END_TEST

/* The rig's own plans are valid. */
START_TEST(own_plans)
{
	static const char *const names[] = {"nightly", "smoke"};
	g_autoptr(GError) error = NULL;
	rig_auto(plan) plan = plan_load(names[_i], &error);

	ck_assert_msg(plan != NULL, "%s", error ? error->message : "");
}
END_TEST

static struct night *expand(const char *text, guint64 seed, GError **error)
{
	const struct night_options options = {
		.results = scratch, .cores = 2, .memory = 8ull << 30, .seed = seed};
	rig_auto(plan) plan = load(text, error);

	return plan ? night_new(plan, &options, error) : NULL;
}

static const struct {
	const char *text;
	guint cells, excluded, builds;
} plans[] = {
	/* dimm-storm can run on pc-q35, pseries and arm64-virt */
	{HEAD "scenarios: [dimm-storm]\n", 3, 0, 3},
	{HEAD "scenarios: [dimm-storm]\nmachines: [pc-q35, powernv9]\n", 1, 1, 1},
	{HEAD "scenarios: [dimm-storm, virtio-mem-resize]\nmachines: [pc-q35, arm64-virt]\n"
	      "repeat: 3\nseeds: [1, 2]\n",
	 24, 0, 2},
	{HEAD "scenarios: [dimm-storm]\nexclude: [{machine: pseries, why: x}]\n", 2, 1, 2},
	{"about: x\nscenarios: [dimm-storm]\nmachines: [pc-q35]\nkernels: [{name: a, source: "
	 "\"deb:a\"}, {name: b, source: \"deb:b\"}, "
	 "{name: i, source: image}]\n",
	 3, 0, 2},
	{"about: x\nscenarios: [dimm-storm, busted]\nmachines: [pc-q35]\nkernels: [{name: a, "
	 "source: \"deb:a\"}, {name: b, source: "
	 "\"deb:b\"}]\nexclude: [{scenario: busted, kernel: b, why: x}]\n",
	 3, 1, 2},
	/* a scenario with `kernel: full` needs another build; a package with an image needs none */
	{HEAD "scenarios: [dimm-storm, busted, neighbours]\nmachines: [pc-q35]\n", 3, 0, 2},
	{"about: x\nscenarios: [dimm-storm]\nmachines: [pc-q35]\nkernels: [{name: a, source: "
	 "\"deb:linux-image-amd64\"}]\n",
	 1, 0, 0},
	/* one build for each config fragment that some seed draws, none for "standard" */
	{HEAD "scenarios: [dimm-storm]\nmachines: [pc-q35]\nseeds: [1, 2, 3, 4, 5, 6, 7, 8]\n"
	      "vary: [\"kernel_config=kasan|preempt-rt\"]\n",
	 8, 0, 2},
};

START_TEST(expanded)
{
	g_autoptr(GError) error = NULL;
	rig_auto(night) night = expand(plans[_i].text, 7, &error);
	g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash, g_str_equal);

	ck_assert_msg(night != NULL, "%s", error ? error->message : "");
	ck_assert_uint_eq(night->cells->len, plans[_i].cells);
	ck_assert_uint_eq(night->excluded->len, plans[_i].excluded);
	ck_assert_uint_eq(night->builds->len, plans[_i].builds);
	for (guint i = 0; i < night->cells->len; i++) {
		const struct night_cell *cell = night->cells->pdata[i];

		ck_assert(g_hash_table_add(keys, cell->key));
		ck_assert_uint_eq(cell->item.need.quarters, 2 * PACK_QUARTERS);
		ck_assert(cell->item.need.memory > 1ull << 30);
		ck_assert(cell->item.estimate_s > 0);
	}
}
END_TEST

/* The fragment of a build is drawn from the switches of the plan and of the caller's options. */
START_TEST(varied_by_options)
{
	static const char *const words[][4] = {{"--vary", "kernel_config=kcsan"},
					       {"--vary=kernel_config=kcsan"}};
	static const char text[] =
		HEAD "scenarios: [dimm-storm]\nmachines: [pc-q35]\nvary: [kernel_config]\n";

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		const struct night_options options = {
			.results = scratch, .cores = 2, .memory = 8ull << 30, .extra = words[i]};
		rig_auto(plan) plan = load(text, NULL);
		rig_auto(night) night = night_new(plan, &options, NULL);
		const struct night_build *build = night->builds->pdata[0];

		ck_assert(g_str_has_suffix(build->optional, "/kcsan.config"));
	}
}
END_TEST

/* The launcher and the coverage of runs come from the plan, before the caller's options. */
START_TEST(launched)
{
	static const struct {
		const char *lines, *words;
	} rows[] = {
		{"", "--accel tcg"},
		{"launcher: direct\n", "--launcher direct --accel tcg"},
		{"launcher: libvirt\n", "--launcher libvirt --accel tcg"},
		{"coverage: true\n", "--coverage --accel tcg"},
		{"connect: \"qemu:///session\"\n", "--connect qemu:///session --accel tcg"},
		{"launcher: libvirt\nconnect: \"qemu:///system\"\n",
		 "--launcher libvirt --connect qemu:///system --accel tcg"},
	};
	static const char *const extra[] = {"--accel", "tcg", NULL};
	const struct night_options options = {
		.results = scratch, .cores = 2, .memory = 8ull << 30, .seed = 7, .extra = extra};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = g_strconcat(HEAD "scenarios: [dimm-storm]\n", rows[i].lines,
						    NULL),
				*words = NULL;
		rig_auto(plan) plan = load(text, NULL);
		rig_auto(night) night = plan ? night_new(plan, &options, NULL) : NULL;

		ck_assert_ptr_nonnull(night);
		words = g_strjoinv(" ", night->extra);
		ck_assert_str_eq(words, rows[i].words);
	}
}
END_TEST

/*
 * The dry run lists the remaining runs in the order of their start, which is by estimated duration.
 */
START_TEST(dry_run)
{
	g_autoptr(GError) error = NULL;
	rig_auto(night) night =
		expand(HEAD "scenarios: [busted, dimm-storm]\nmachines: [pc-q35]\n", 7, &error);
	struct night_cell *cell;
	json_t *json, *cells;

	ck_assert_msg(night != NULL, "%s", error ? error->message : "");
	json = night_dry_run(night);
	cells = json_object_get(json, "cells");
	ck_assert_uint_eq(json_array_size(cells), 2);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(cells, 0), "scenario")),
			 "dimm-storm");
	json_decref(json);
	cell = night->cells->pdata[1];
	cell->status = CELL_GOOD;
	json = night_dry_run(night);
	cells = json_object_get(json, "cells");
	ck_assert_uint_eq(json_array_size(cells), 1);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(cells, 0), "scenario")),
			 "busted");
	json_decref(json);
}
END_TEST

START_TEST(seeds)
{
	const char *text = HEAD "scenarios: [dimm-storm]\nrepeat: 2\n";
	rig_auto(night) one = expand(text, 7, NULL);
	rig_auto(night) same = expand(text, 7, NULL);
	rig_auto(night) other = expand(text, 8, NULL);

	for (guint i = 0; i < one->cells->len; i++) {
		guint64 seed = ((struct night_cell *)one->cells->pdata[i])->seed;

		ck_assert_uint_eq(seed, ((struct night_cell *)same->cells->pdata[i])->seed);
		ck_assert_uint_ne(seed, ((struct night_cell *)other->cells->pdata[i])->seed);
		for (guint k = 0; k < i; k++)
			ck_assert_uint_ne(seed, ((struct night_cell *)one->cells->pdata[k])->seed);
	}
}
END_TEST

/* ---- attempts: the runs of a cell ---- */

static const struct {
	/* one letter per attempt (run): + good, - bad, 0 without a result, s skipped */
	const char *attempts;
	enum cell_status status;
} stories[] = {
	{"", CELL_WAITING}, {"+", CELL_GOOD},	  {"-", CELL_WAITING}, {"--", CELL_WAITING},
	{"---", CELL_BAD},  {"-+", CELL_WAITING}, {"-++", CELL_FLAKY}, {"0", CELL_WAITING},
	{"0+", CELL_GOOD},  {"000", CELL_NONE},	  {"0-+", CELL_FLAKY}, {"s", CELL_SKIP},
	{"00-", CELL_BAD},
};

START_TEST(settled)
{
	rig_auto(night) night =
		expand(HEAD "scenarios: [dimm-storm]\nmachines: [pc-q35]\n", 7, NULL);
	struct night_cell *cell = night->cells->pdata[0];

	night_update_status(night, cell);
	for (const char *a = stories[_i].attempts; *a; a++) {
		struct attempt attempt = {.number = a - stories[_i].attempts + 1,
					  .outcome = OUTCOME_NONE,
					  .verdict = VERDICT_INFRA};

		if (*a == 's')
			attempt.verdict = VERDICT_SKIP;
		if (strchr("+-", *a)) {
			attempt.verdict = *a == '+' ? VERDICT_PASS : VERDICT_FAIL;
			attempt.outcome = *a == '+' ? OUTCOME_GOOD : OUTCOME_BAD;
		}
		night_add_attempt(night, cell, &attempt);
		/* the same attempt in the journal and in the run folder counts once */
		night_add_attempt(night, cell, &attempt);
	}
	ck_assert_uint_eq(cell->attempts->len, strlen(stories[_i].attempts));
	ck_assert_msg(cell->status == stories[_i].status, "'%s' is %s", stories[_i].attempts,
		      cell_status_name(cell->status));
}
END_TEST

/* ---- children that exceed their limit ---- */

/*
 * What the script that replaces the rig does for `rig run` and for `rig kernel build`; it records
 * each of its starts.
 */
static const struct {
	const char *run, *build;
	guint starts, attempts;
	const char *kernel;
} limits[] = {
	{"trap 'echo \"{\\\"verdict\\\": \\\"ABORTED\\\", \\\"run\\\": \\\"r\\\"}\"; exit 3' TERM; "
	 "sleep 600 & wait",
	 "exit 1", 2, 2, "vmlinuz"},
	{"exit 3", "sleep 600", 1, 0, "deb:linux-source-6.1"},
};

/*
 * A run that exceeds its time limit counts as INFRA, with the limit as its reason, and is repeated
 * `retries` times. In earlier versions it counted as stopped by the user, and was repeated until
 * the end of the night.
 */
START_TEST(nothing_ends)
{
	g_autofree char *rig = in_scratch("rig"), *log = in_scratch("log"), *script = NULL;
	g_autofree char *text = NULL, *plan_text = NULL, *journal = NULL, *noted = NULL;
	const struct night_options options = {.results = scratch,
					      .cores = 2,
					      .memory = 8ull << 30,
					      .rig = rig,
					      .run_limit_s = 1,
					      .build_limit_s = 1};
	const struct night_view view = {NULL};
	rig_auto(plan) plan = NULL;
	rig_auto(night) night = NULL;
	const struct night_cell *cell;
	json_auto_t *result = NULL;
	const char *why;

	script = g_strdup_printf(
		"#!/bin/sh\necho >>'%s'\ncase $1 in\nrun) %s ;;\nkernel) %s ;;\nesac\n", log,
		limits[_i].run, limits[_i].build);
	ck_assert(g_file_set_contents_full(rig, script, -1, G_FILE_SET_CONTENTS_NONE, 0755, NULL));
	plan_text = g_strdup_printf(
		"about: x\nkernels: [{name: k, source: '%s'}]\nscenarios: [dimm-storm]\n"
		"machines: [pc-q35]\nretries: 1\n",
		limits[_i].kernel);
	plan = load(plan_text, NULL);
	night = plan ? night_new(plan, &options, NULL) : NULL;
	ck_assert(night && night_begin(night, NULL) && night_run(night, &view, NULL));
	ck_assert(g_file_get_contents(log, &text, NULL, NULL));
	ck_assert_uint_eq(strlen(text), limits[_i].starts);
	cell = night->cells->pdata[0];
	ck_assert_uint_eq(cell->attempts->len, limits[_i].attempts);
	ck_assert_int_eq(cell->status, limits[_i].attempts ? CELL_NONE : CELL_SKIP);
	ck_assert_ptr_null(night->unfinished);
	why = limits[_i].attempts ? g_array_index(cell->attempts, struct attempt, 0).problem
				  : ((struct night_build *)night->builds->pdata[0])->problem;
	ck_assert_str_eq(why, "did not end within its limit of 1 s");
	journal = g_build_filename(night->dir, "journal", NULL);
	ck_assert(g_file_get_contents(journal, &noted, NULL, NULL));
	ck_assert_ptr_nonnull(strstr(noted, why));
	result = night_result(night, NULL);
	ck_assert_int_eq(night_exit_code(night, result), RIG_EXIT_INFRA);
}
END_TEST

/* ---- a night's folder ---- */

START_TEST(resumed)
{
	const struct night_options options = {.results = scratch, .cores = 2, .memory = 8ull << 30};
	g_autofree char *journal = NULL, *id = NULL;
	rig_auto(night) night = expand(
		HEAD "scenarios: [dimm-storm]\nseeds: [1, 2, 3]\nmachines: [pc-q35]\n", 7, NULL);
	rig_auto(night) again = NULL;
	g_autoptr(GError) error = NULL;
	FILE *file;

	ck_assert(night_begin(night, NULL));
	id = g_strdup(night->id);
	/* another process cannot resume a night that is running */
	ck_assert_ptr_null(night_resume("test", NULL, &options, &error));
	ck_assert_ptr_nonnull(strstr(error->message, "another rig"));
	g_clear_error(&error);
	journal = g_build_filename(night->dir, "journal", NULL);
	night_free(g_steal_pointer(&night));
	file = fopen(journal, "a");
	fputs("{\"what\":\"cell\",\"cell\":\"k/dimm-storm/pc-q35/s2/1\",\"attempt\":1,"
	      "\"verdict\":\"PASS\",\"outcome\":0,\"run\":\"r\",\"wall_s\":3.5,\"cpu_s\":1}\n"
	      "{\"what\":\"cell\",\"cell\":\"no/such/cell\",\"attempt\":1,"
	      "\"verdict\":\"PASS\",\"outcome\":0}\n"
	      "{\"what\":\"cell\",\"cell\":\"k/dimm-storm/pc-q35/s1/1\",\"attempt\":1,"
	      "\"verdict\":\"ABORTED\",\"outcome\":2}\n"
	      "garbage\n[1]\n{\"what\":\"cell\",\"cell\":\"k/dimm-storm/pc-q35/s3/1\",\"att",
	      file);
	fclose(file);
	again = night_resume("test", NULL, &options, &error);
	ck_assert_msg(again != NULL, "%s", error ? error->message : "");
	ck_assert_str_eq(again->id, id);
	ck_assert_uint_eq(again->cells->len, 3);
	ck_assert_uint_eq(again->builds->len, 1);
	ck_assert_uint_eq(((struct night_cell *)again->cells->pdata[0])->attempts->len, 0);
	ck_assert_uint_eq(((struct night_cell *)again->cells->pdata[1])->attempts->len, 1);
	ck_assert_int_eq(((struct night_cell *)again->cells->pdata[1])->status, CELL_GOOD);
	ck_assert_int_eq(((struct night_cell *)again->cells->pdata[2])->status, CELL_WAITING);
	/* the next entry begins on a new line after the incomplete one */
	ck_assert(night_note(again, json_pack("{s:s}", "what", "x"), NULL));
	g_free(journal);
	ck_assert(g_file_get_contents(g_build_filename(again->dir, "journal", NULL), &journal, NULL,
				      NULL));
	ck_assert(g_str_has_suffix(journal, "\"att\n{\"what\":\"x\"}\n"));
	ck_assert_ptr_null(night_resume("other", NULL, &options, &error));
	g_clear_error(&error);
	ck_assert_ptr_null(night_resume(NULL, "../x", &options, &error));
}
END_TEST

TCase *nightly_matrix_case(void); /* nightly-matrix.c */

int main(void)
{
	Suite *suite = suite_create("nightly");
	TCase *tc = tcase_create("nightly");

	use_scratch(tc);
	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, wrong_plans, 0, G_N_ELEMENTS(wrong));
	tcase_add_test(tc, defaults);
	tcase_add_loop_test(tc, own_plans, 0, 2);
	tcase_add_loop_test(tc, expanded, 0, G_N_ELEMENTS(plans));
	tcase_add_test(tc, launched);
	tcase_add_test(tc, varied_by_options);
	tcase_add_test(tc, dry_run);
	tcase_add_test(tc, seeds);
	tcase_add_loop_test(tc, settled, 0, G_N_ELEMENTS(stories));
	tcase_add_loop_test(tc, nothing_ends, 0, G_N_ELEMENTS(limits));
	tcase_add_test(tc, resumed);
	suite_add_tcase(suite, tc);
	suite_add_tcase(suite, nightly_matrix_case());
	return suite_run(suite);
}
