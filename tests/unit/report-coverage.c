// SPDX-License-Identifier: GPL-2.0-only
/* Tests the page about coverage, in the pages of a night and by itself. */
#include <string.h>

#include "report/html-coverage.h"
#include "report/html.h"
#include "tests/unit/report.h"
#include "tests/unit/suite.h"
#include "util/error.h"

/* A run whose kernel has a function and a file with names that must not become markup. */
static const char coverage[] =
	"{\"version\":1,\"kernel\":\"<i>\",\"arch\":\"x86_64\",\"tree\":\"t\",\"complete\":true,"
	"\"files\":{\"mm/<b>.c\":{\"functions\":["
	"{\"name\":\"<script>alert(1)</script>&\\\"'\",\"line\":3,\"size\":20,\"bytes\":0,"
	"\"boot\":false,\"load\":false},"
	"{\"name\":\"reached\",\"line\":9,\"size\":20,\"bytes\":20,\"boot\":true,\"load\":true}],"
	"\"lines\":\"3-5\",\"lines_boot\":\"\",\"lines_load\":\"4\"}}}";

static void add_run(GPtrArray *runs, const char *content)
{
	struct run_info *run = fake_run(2, 1, "dimm-storm<b>", "pc-q35", VERDICT_PASS, NULL);
	g_autofree char *file = in_scratch("run/coverage.json");

	g_free(run->dir);
	run->dir = in_scratch("run");
	ck_assert_int_eq(g_mkdir_with_parents(run->dir, 0700), 0);
	ck_assert(g_file_set_contents(file, content, -1, NULL));
	g_ptr_array_add(runs, run);
}

static char *read_page(const char *name)
{
	g_autofree char *path = in_scratch(name);
	char *text = NULL;

	ck_assert_msg(g_file_get_contents(path, &text, NULL, NULL), "%s", path);
	return text;
}

static void check_page(const char *page)
{
	ck_assert_ptr_null(strstr(page, "<script>alert"));
	ck_assert_ptr_null(strstr(page, "<b>"));
	ck_assert_ptr_nonnull(strstr(page, "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;"));
	ck_assert_ptr_nonnull(strstr(page, "mm/&lt;b&gt;.c:3"));
	ck_assert_ptr_nonnull(strstr(page, "1 of 2"));
	ck_assert_ptr_nonnull(strstr(page, "1 of 3"));
}

START_TEST(of_a_night)
{
	g_autoptr(GPtrArray) runs = fake_runs();
	g_autofree char *site = in_scratch("site"), *page = NULL, *index = NULL;
	const struct html_options options = {.dir = site};
	rig_auto(model) model = NULL;
	g_autoptr(GError) error = NULL;
	gboolean no_charts;
	guint pages;

	add_run(runs, coverage);
	model = model_new(runs, NULL);
	ck_assert(html_write(model, &options, &pages, &no_charts, &error));
	page = read_page("site/coverage.html");
	check_page(page);
	index = read_page("site/index.html");
	ck_assert_ptr_nonnull(strstr(index, "href=\"coverage.html\""));
}
END_TEST

/* A damaged file is counted; a night without coverage has no page. */
START_TEST(damaged)
{
	g_autoptr(GPtrArray) runs = fake_runs();
	g_autofree char *site = in_scratch("site"), *page = in_scratch("site/coverage.html");
	const struct html_options options = {.dir = site};
	rig_auto(model) model = NULL;
	g_autoptr(GError) error = NULL;
	gboolean no_charts;
	guint pages;

	add_run(runs, "{\"version\":1,");
	model = model_new(runs, NULL);
	ck_assert(html_write(model, &options, &pages, &no_charts, &error));
	ck_assert(!g_file_test(page, G_FILE_TEST_EXISTS));
}
END_TEST

START_TEST(by_itself)
{
	g_autoptr(GPtrArray) runs = fake_runs();
	g_autofree char *site = in_scratch("alone"), *run = in_scratch("run"), *page = NULL;
	g_autofree char *style = in_scratch("alone/assets/style.css"), *other = in_scratch("");
	rig_auto(coverage_union) united = coverage_union_new();
	g_autoptr(GError) error = NULL;

	add_run(runs, coverage);
	ck_assert(coverage_union_add(united, run, "dimm-storm<b>"));
	ck_assert(coverage_site_write(united, site, &error));
	/* write the page again, into the same folder */
	ck_assert(coverage_site_write(united, site, &error));
	page = read_page("alone/index.html");
	check_page(page);
	ck_assert_ptr_null(strstr(page, "signatures.html"));
	ck_assert(g_file_test(style, G_FILE_TEST_EXISTS));
	/* a folder with other files is not changed */
	ck_assert(!coverage_site_write(united, other, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
}
END_TEST

void add_coverage_tests(Suite *suite)
{
	TCase *tests = tcase_create("coverage");

	use_scratch(tests);
	tcase_add_test(tests, of_a_night);
	tcase_add_test(tests, damaged);
	tcase_add_test(tests, by_itself);
	suite_add_tcase(suite, tests);
}
