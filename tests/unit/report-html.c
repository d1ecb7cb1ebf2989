// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests the pages: text of a guest never becomes markup, every link has a target, and nothing is
 * loaded from a network.
 */
#include <string.h>

#include "report/html.h"
#include "tests/unit/suite.h"
#include "tests/unit/report.h"
#include "util/error.h"
#include "util/spawn.h"

static guint write_pages_of(const char *results, GPtrArray *runs, const char *into)
{
	rig_auto(model) model = model_new(runs, NULL);
	const struct html_options options = {.dir = into, .results = results};
	g_autoptr(GError) error = NULL;
	gboolean no_charts;
	guint pages = 0;

	ck_assert_msg(html_write(model, &options, &pages, &no_charts, &error), "%s",
		      error ? error->message : "?");
	return pages;
}

static guint write_pages(GPtrArray *runs, const char *into)
{
	return write_pages_of(NULL, runs, into);
}

/*
 * Adds the pages below TOP/RELATIVE to INTO, which maps a name relative to TOP to the page's
 * content.
 */
static void gather(GHashTable *into, const char *top, const char *relative)
{
	g_autofree char *path = g_build_filename(top, relative, NULL);
	g_autoptr(GDir) entries = g_dir_open(path, 0, NULL);
	const char *name;

	ck_assert_ptr_nonnull(entries);
	while ((name = g_dir_read_name(entries))) {
		g_autofree char *below =
			*relative ? g_build_filename(relative, name, NULL) : g_strdup(name);
		g_autofree char *full = g_build_filename(top, below, NULL);
		char *text = NULL;

		if (g_file_test(full, G_FILE_TEST_IS_DIR))
			gather(into, top, below);
		else if (g_str_has_suffix(name, ".html") &&
			 g_file_get_contents(full, &text, NULL, NULL))
			g_hash_table_insert(into, g_strdup(below), text);
	}
}

static GHashTable *pages_of(const char *top)
{
	GHashTable *pages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

	gather(pages, top, "");
	return pages;
}

START_TEST(every_run_cell_and_signature_has_a_page)
{
	g_autoptr(GPtrArray) runs = two_nights();
	guint pages = write_pages(runs, scratch);
	g_autoptr(GHashTable) found = pages_of(scratch);

	/* 15 runs, 8 cells, 5 signatures; overview, signatures, trends, runs */
	ck_assert_uint_eq(pages, 15 + 8 + 5 + 4);
	ck_assert_uint_eq(g_hash_table_size(found), pages);
}
END_TEST

/* Checks that the link in an attribute of a page leads to a file in the folder. */
static void check_link(const char *page, const char *link)
{
	g_autofree char *folder = g_path_get_dirname(page),
			*file = g_strndup(link, strcspn(link, "#")), *path = NULL;

	if (!*file || !strcmp(link, "data:,"))
		return;
	path = g_build_filename(scratch, folder, file, NULL);
	ck_assert_msg(g_file_test(path, G_FILE_TEST_IS_REGULAR), "%s links to '%s'", page, link);
}

START_TEST(links_lead_somewhere)
{
	g_autoptr(GRegex) links = g_regex_new("(?:href|src)=\"([^\"]*)\"", 0, 0, NULL);
	g_autoptr(GPtrArray) runs = two_nights();
	g_autoptr(GHashTable) found = NULL;
	gpointer name, text;
	GHashTableIter iter;
	guint n = 0;

	write_pages(runs, scratch);
	found = pages_of(scratch);
	g_hash_table_iter_init(&iter, found);
	while (g_hash_table_iter_next(&iter, &name, &text)) {
		g_autoptr(GMatchInfo) match = NULL;

		for (g_regex_match(links, text, 0, &match); g_match_info_matches(match); n++) {
			g_autofree char *link = g_match_info_fetch(match, 1);

			check_link(name, link);
			g_match_info_next(match, NULL);
		}
		/*
		 * no page loads from https; "http:" occurs only as the name space that Graphviz
		 * writes
		 */
		ck_assert_ptr_null(strstr(text, "\"https://"));
		ck_assert_ptr_null(strstr(text, "url("));
	}
	ck_assert_uint_ge(n, 300);
}
END_TEST

START_TEST(words_of_a_guest_are_no_markup)
{
	g_autoptr(GPtrArray) runs = two_nights();
	g_autoptr(GHashTable) found = NULL;
	gpointer name, text;
	GHashTableIter iter;
	gboolean said = FALSE;

	write_pages(runs, scratch);
	found = pages_of(scratch);
	g_hash_table_iter_init(&iter, found);
	while (g_hash_table_iter_next(&iter, &name, &text)) {
		const char *page = text;

		ck_assert(g_utf8_validate(page, -1, NULL));
		ck_assert_msg(!strstr(page, "<script>alert"), "%s", (char *)name);
		ck_assert_msg(!strstr(page, "alert('"), "%s", (char *)name);
		said |= strstr(page, "&lt;script&gt;alert(&apos;1&apos;)") ||
			strstr(page, "&lt;script&gt;alert(&#39;1&#39;)");
		for (const char *p = page; *p; p++)
			ck_assert_msg((guchar)*p >= 0x20 || *p == '\n' || *p == '\t', "%s: 0x%02x",
				      (char *)name, *p);
	}
	ck_assert(said);
}
END_TEST

START_TEST(same_runs_same_bytes)
{
	g_autofree char *other = in_scratch("other"), *one = in_scratch("one");
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) runs = two_nights();

	write_pages(runs, one);
	write_pages(runs, other);
	ck_assert_msg(spawn_words(NULL, &error, "diff", "-r", one, other, NULL), "%s",
		      error ? error->message : "?");
}
END_TEST

START_TEST(pages_of_old_runs_go)
{
	g_autofree char *stale = NULL;
	g_autoptr(GPtrArray) runs = two_nights();

	write_pages(runs, scratch);
	stale = g_strdup_printf("%s/run/%s.html", scratch,
				((struct run_info *)runs->pdata[0])->name);
	ck_assert(g_file_test(stale, G_FILE_TEST_EXISTS));
	g_ptr_array_remove_index(runs, 0);
	write_pages(runs, scratch);
	ck_assert(!g_file_test(stale, G_FILE_TEST_EXISTS));
}
END_TEST

static void put_search(const char *results, const char *name, const char *result)
{
	g_autofree char *folder = g_build_filename(results, name, NULL),
			*file = g_build_filename(folder, "result.json", NULL);

	ck_assert_int_eq(g_mkdir_with_parents(folder, 0755), 0);
	ck_assert(g_file_set_contents(file, result, -1, NULL));
}

/* A bisection has a page; folders that are not bisections, or are damaged, have none. */
START_TEST(bisections_have_pages)
{
	g_autofree char *results = in_scratch("results"), *site = in_scratch("site");
	g_autoptr(GPtrArray) runs = two_nights();
	g_autoptr(GHashTable) found = NULL;
	const char *page, *index;

	put_search(
		results, "20261121T000000Z-bisect-a-1",
		"{\"end\": \"found\", \"confidence\": 0.995, \"answer\": [{\"subject\": "
		"\"<script>alert(1)\", \"id\": \"abc\"}],"
		"\"evidence\": [{\"runs\": [{\"run\": \"../../gone\", \"outcome\": \"clean\"}, 7]}"
		", null], \"target\": []}");
	put_search(results, "20261121T000000Z-bisect-b-2", "{\"end\": ");
	put_search(results, "20261121T000000Z-other", "{}");
	ck_assert_uint_eq(write_pages_of(results, runs, site), 15 + 8 + 5 + 4 + 1);
	found = pages_of(site);
	page = g_hash_table_lookup(found, "bisect/20261121T000000Z-bisect-a-1.html");
	index = g_hash_table_lookup(found, "index.html");
	ck_assert_ptr_nonnull(page);
	ck_assert_ptr_nonnull(strstr(page, "First bad: &lt;script&gt;"));
	ck_assert_ptr_nonnull(strstr(page, "99.50 % sure"));
	ck_assert_ptr_null(strstr(page, "<script>alert"));
	ck_assert_ptr_null(strstr(page, "href=\"../../"));
	ck_assert_ptr_nonnull(strstr(index, "bisect/20261121T000000Z-bisect-a-1.html"));
}
END_TEST

/* A folder with other files is not changed. */
START_TEST(a_folder_of_others_is_left_alone)
{
	g_autofree char *theirs = in_scratch("precious.txt");
	const struct html_options options = {.dir = scratch};
	g_autoptr(GPtrArray) runs = two_nights();
	rig_auto(model) model = model_new(runs, NULL);
	g_autoptr(GError) error = NULL;
	gboolean no_charts;
	guint pages;

	ck_assert(g_file_set_contents(theirs, "x", 1, NULL));
	ck_assert(!html_write(model, &options, &pages, &no_charts, &error));
	ck_assert(g_error_matches(error, RIG_ERROR, RIG_EXIT_USAGE));
	ck_assert(g_file_test(theirs, G_FILE_TEST_EXISTS));
}
END_TEST

/* A real run: its lock cycle as a picture, its journal as a chart and as a table. */
START_TEST(a_real_run_is_shown)
{
	g_autofree char *results = data_path("store"), *file = NULL, *text = NULL;
	g_autoptr(GPtrArray) runs = run_all(results, NULL);

	ck_assert_ptr_nonnull(runs);
	write_pages(runs, scratch);
	file = g_strdup_printf("%s/run/%s.html", scratch,
			       ((struct run_info *)runs->pdata[0])->name);
	ck_assert(g_file_get_contents(file, &text, NULL, NULL));
	ck_assert_ptr_nonnull(strstr(text, "Lock cycle of 3 locks"));
	ck_assert_ptr_nonnull(strstr(text, "<svg"));
	ck_assert_ptr_null(strstr(text, "<?xml"));
	ck_assert_ptr_nonnull(strstr(text, "\"chart\":\"timeline\""));
	ck_assert_ptr_nonnull(strstr(text, "<th scope=\"row\">plug d</th>"));
	ck_assert_ptr_nonnull(strstr(text, "never ended"));
	ck_assert_ptr_nonnull(strstr(text, "rig replay 20261121T065445Z"));
}
END_TEST

/* A run's page says the same about lockdep and the expected report as `rig show`. */
START_TEST(page_agrees_with_show)
{
	g_autoptr(GPtrArray) runs = fake_runs();
	struct run_info *run = fake_run(1, 1, "busted", "pc-q35", VERDICT_FAIL, "as planned");
	g_autofree char *file = g_strdup_printf("%s/run/%s.html", scratch, run->name), *text = NULL,
			*expected = NULL;

	json_object_set_new(run->details, "expected",
			    json_pack("{s:s, s:b}", "kind", "lockdep-circular", "met", TRUE));
	json_object_set_new(run->details, "lockdep",
			    json_pack("{s:b, s:s}", "armed", FALSE, "state", "unknown"));
	g_ptr_array_add(runs, run);
	write_pages(runs, scratch);
	ck_assert(g_file_get_contents(file, &text, NULL, NULL));
	expected = details_expected_text(run->verdict, run->details);
	ck_assert_str_eq(expected,
			 "lockdep-circular: found; `rig report` shows this FAIL as EXPECTED");
	ck_assert_ptr_nonnull(strstr(text, expected));
	ck_assert_ptr_nonnull(strstr(text, details_lockdep_text(run->details)));
	ck_assert_ptr_nonnull(strstr(text, "state at the end unknown"));
}
END_TEST

/* Without dot, the pages have a remark instead of pictures, and are otherwise complete. */
START_TEST(no_dot_no_picture)
{
	g_autofree char *results = data_path("store"), *before = g_strdup(g_getenv("PATH"));
	g_autofree char *file = NULL, *text = NULL;
	g_autoptr(GPtrArray) runs = run_all(results, NULL);

	g_setenv("PATH", scratch, TRUE);
	write_pages(runs, scratch);
	g_setenv("PATH", before, TRUE);
	file = g_strdup_printf("%s/run/%s.html", scratch,
			       ((struct run_info *)runs->pdata[0])->name);
	ck_assert(g_file_get_contents(file, &text, NULL, NULL));
	ck_assert_ptr_nonnull(strstr(text, "No picture: "));
	ck_assert_ptr_nonnull(strstr(text, "graphviz"));
	ck_assert_ptr_null(strstr(text, "<svg"));
	ck_assert_ptr_nonnull(strstr(text, "rig replay 20261121T065445Z"));
}
END_TEST

void add_html_tests(Suite *suite)
{
	TCase *tests = tcase_create("html");

	tcase_set_timeout(tests, 60);
	use_scratch(tests);
	tcase_add_test(tests, every_run_cell_and_signature_has_a_page);
	tcase_add_test(tests, links_lead_somewhere);
	tcase_add_test(tests, words_of_a_guest_are_no_markup);
	tcase_add_test(tests, same_runs_same_bytes);
	tcase_add_test(tests, pages_of_old_runs_go);
	tcase_add_test(tests, bisections_have_pages);
	tcase_add_test(tests, a_folder_of_others_is_left_alone);
	tcase_add_test(tests, a_real_run_is_shown);
	tcase_add_test(tests, page_agrees_with_show);
	tcase_add_test(tests, no_dot_no_picture);
	suite_add_tcase(suite, tests);
}
