// SPDX-License-Identifier: GPL-2.0-only
/* Tests the files of the coverage, and the union of several runs. */
#include <check.h>
#include <glib/gstdio.h>
#include <string.h>

#include "cover/unite.h"
#include "tests/unit/cover.h"
#include "tests/unit/suite.h"
#include "util/error.h"

static void set_line(struct coverage_file *file, guint number, guint reached)
{
	const struct coverage_line line = {number, reached};

	g_array_append_val(file->lines, line);
}

/*
 * Makes a coverage with two functions, of which NAME is reached, and five lines, of which LINE is
 * reached.
 */
static struct coverage *make(const char *tree, const char *name, guint line)
{
	struct coverage *coverage = coverage_new("6.1", "x86_64", tree);
	struct coverage_file *file = coverage_file(coverage, "mm/slub.c");
	static const char *const names[] = {"second", "first"};
	static const guint lines[] = {3, 4, 5, 9, 11};

	coverage->complete = TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		struct coverage_function *function = coverage_function(file, names[i]);

		function->line = 30 - i * 10;
		function->size = 64;
		function->reached[COVERAGE_LOAD] = !strcmp(names[i], name);
		function->bytes = function->reached[COVERAGE_LOAD] ? 32 : 0;
	}
	for (guint i = 0; i < G_N_ELEMENTS(lines); i++)
		set_line(file, lines[i], lines[i] == line ? 1u << COVERAGE_LOAD : 0);
	return coverage;
}

static char *dump(const struct coverage *coverage)
{
	json_auto_t *json = coverage_json(coverage);

	return json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
}

START_TEST(round_trip)
{
	rig_auto(coverage) coverage = make("tree", "first", 4);
	rig_auto(coverage) again = NULL;
	json_auto_t *json = coverage_json(coverage);
	json_t *file = json_object_get(json_object_get(json, "files"), "mm/slub.c");
	g_autofree char *before = dump(coverage), *after = NULL;
	g_autoptr(GError) error = NULL;

	ck_assert_str_eq(json_string_value(json_object_get(file, "lines")), "3-5 9 11");
	ck_assert_str_eq(json_string_value(json_object_get(file, "lines_load")), "4");
	again = coverage_parse(json, &error);
	ck_assert_msg(again != NULL, "%s", error ? error->message : "");
	after = dump(again);
	ck_assert_str_eq(before, after);
}
END_TEST

/* A file that has no coverage, or is damaged, is rejected. */
START_TEST(bad_files)
{
#define START "{\"version\":1,\"kernel\":\"k\",\"arch\":\"x86_64\",\"tree\":\"t\",\"files\":"
#define LINES(known)                            \
	"{\"functions\":[],\"lines\":\"" known \
	"\",\"lines_boot\":\"\",\"lines_load\":\"\"}"
	static const char *const bad[] = {
		"[]",
		"{}",
		"{\"version\":2,\"kernel\":\"k\",\"arch\":\"a\",\"tree\":\"t\",\"files\":{}}",
		START "[]}",
		START "{\"a\":{}}}",
		START "{\"a b\":" LINES("") "}}",
		START "{\"a\\nSF:b\":" LINES("") "}}",
		START "{\"a\":" LINES("5-3") "}}",
		START "{\"a\":" LINES("3 3") "}}",
		START "{\"a\":" LINES("3 ") "}}",
		START "{\"a\":" LINES("-3") "}}",
		START "{\"a\":" LINES("3-") "}}",
		START "{\"a\":" LINES("0") "}}",
		START "{\"a\":" LINES("1-4000000000") "}}",
		START "{\"a\":" LINES("99999999999999999999") "}}",
		START "{\"a\":{\"functions\":[{\"name\":\"f,g\"}],\"lines\":\"\"}}}",
		START "{\"a\":{\"functions\":[{\"name\":\"f\",\"size\":1,\"bytes\":2}],"
		      "\"lines\":\"\",\"lines_boot\":\"\",\"lines_load\":\"\"}}}",
		START "{\"a\":{\"functions\":[7],\"lines\":\"\"}}}",
	};

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		json_auto_t *json = json_loads(bad[i], 0, NULL);
		g_autoptr(GError) error = NULL;

		ck_assert_msg(json != NULL, "%s", bad[i]);
		ck_assert_msg(!coverage_parse(json, &error), "%s", bad[i]);
		ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	}
}
END_TEST

START_TEST(several_runs)
{
	rig_auto(coverage) sum = coverage_new("", "", "");
	rig_auto(coverage) one = make("tree", "first", 4);
	rig_auto(coverage) two = make("tree", "second", 9);
	rig_auto(coverage) other = make("another tree", "none", 11);
	struct coverage_sums sums;

	set_line(two->files->pdata[0], 12, 1u << COVERAGE_BOOT);
	coverage_add(sum, one);
	coverage_add(sum, two);
	/* the lines of another source tree have other numbers, so they are not united with these */
	coverage_add(sum, other);
	coverage_sums(sum, &sums);
	ck_assert_uint_eq(sums.functions, 2);
	ck_assert_uint_eq(sums.reached, 2);
	ck_assert_uint_eq(sums.lines, 6);
	ck_assert_uint_eq(sums.lines_reached, 2);
	ck_assert(sum->complete);
	ck_assert_str_eq(sum->tree, "tree");
	two->complete = FALSE;
	coverage_add(sum, two);
	ck_assert(!sum->complete);
}
END_TEST

/* Writes the coverage of a run in which NAME was reached, and adds it to UNITED. */
static void add_run(struct coverage_union *united, const char *scenario, const char *name)
{
	rig_auto(coverage) coverage = make("tree", name, 4);
	g_autofree char *path = in_scratch(COVERAGE_JSON), *text = dump(coverage);

	ck_assert(g_file_set_contents(path, text, -1, NULL));
	ck_assert(coverage_union_add(united, scratch, scenario));
}

static void assert_rank(const GArray *ranks, guint i, const char *scenario, guint reached,
			guint adds, guint alone)
{
	const struct coverage_rank *rank = &g_array_index(ranks, struct coverage_rank, i);

	ck_assert_str_eq(rank->scenario, scenario);
	ck_assert_uint_eq(rank->reached, reached);
	ck_assert_uint_eq(rank->adds, adds);
	ck_assert_uint_eq(rank->alone, alone);
}

START_TEST(ranked_scenarios)
{
	rig_auto(coverage_union) united = coverage_union_new();
	g_autofree char *path = in_scratch(COVERAGE_JSON);
	g_autoptr(GArray) ranks = NULL;
	g_autoptr(GArray) gaps = NULL;

	add_run(united, "b", "first");
	add_run(united, "a", "first");
	add_run(united, "both", "first");
	add_run(united, "both", "second");
	add_run(united, "none", "third");
	ranks = coverage_ranks(united);
	ck_assert_uint_eq(ranks->len, 4);
	assert_rank(ranks, 0, "both", 2, 2, 1);
	assert_rank(ranks, 1, "a", 1, 0, 0);
	assert_rank(ranks, 2, "b", 1, 0, 0);
	assert_rank(ranks, 3, "none", 0, 0, 0);
	gaps = coverage_gaps(united->sum);
	ck_assert_uint_eq(gaps->len, 0);
	ck_assert(g_file_set_contents(path, "{\"version\":1}", -1, NULL));
	ck_assert(!coverage_union_add(united, scratch, "a"));
	ck_assert_uint_eq(united->damaged, 1);
	ck_assert_uint_eq(united->runs, 5);
}
END_TEST

/* coverage.json has the neighbours' files, but they count only if they are asked for. */
START_TEST(neighbours_on_request)
{
	rig_auto(coverage) coverage = make("tree", "first", 4);
	g_autofree char *path = in_scratch(COVERAGE_JSON), *text = NULL;

	coverage_function(coverage_file(coverage, "mm/ksm.c"), "ksm_madvise");
	text = dump(coverage);
	ck_assert(g_file_set_contents(path, text, -1, NULL));
	for (guint i = 0; i < 2; i++) {
		rig_auto(coverage_union) united = coverage_union_new();
		struct coverage_sums sums;

		united->neighbours = i;
		ck_assert(coverage_union_add(united, scratch, "a"));
		coverage_sums(united->sum, &sums);
		ck_assert_uint_eq(sums.functions, 2 + i);
	}
}
END_TEST

/* The largest functions come first. */
START_TEST(largest_first)
{
	rig_auto(coverage) coverage = make("tree", "none", 4);
	g_autoptr(GArray) gaps = NULL;
	const struct coverage_gap *gap;

	coverage_function(coverage->files->pdata[0], "second")->size = 65;
	gaps = coverage_gaps(coverage);
	ck_assert_uint_eq(gaps->len, 2);
	gap = &g_array_index(gaps, struct coverage_gap, 0);
	ck_assert_str_eq(gap->function->name, "second");
	ck_assert_str_eq(gap->file, "mm/slub.c");
}
END_TEST

static char *lcov(const struct coverage *coverage)
{
	g_autofree char *path = in_scratch("coverage.info");
	FILE *out = g_fopen(path, "w");
	char *text = NULL;

	ck_assert_ptr_nonnull(out);
	coverage_lcov(coverage, "dimm-storm", out);
	fclose(out);
	ck_assert(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

START_TEST(tracefile)
{
	rig_auto(coverage) coverage = make("tree", "first", 4);
	g_autofree char *text = lcov(coverage);

	ck_assert_str_eq(text, "TN:dimm_storm\nSF:mm/slub.c\nFN:20,first\nFN:30,second\n"
			       "FNDA:1,first\nFNDA:0,second\nFNF:2\nFNH:1\n"
			       "DA:3,0\nDA:4,1\nDA:5,0\nDA:9,0\nDA:11,0\nLF:5\nLH:1\n"
			       "end_of_record\n");
}
END_TEST

void add_file_tests(TCase *tcase)
{
	tcase_add_test(tcase, round_trip);
	tcase_add_test(tcase, bad_files);
	tcase_add_test(tcase, several_runs);
	tcase_add_test(tcase, ranked_scenarios);
	tcase_add_test(tcase, neighbours_on_request);
	tcase_add_test(tcase, largest_first);
	tcase_add_test(tcase, tracefile);
}
