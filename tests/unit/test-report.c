// SPDX-License-Identifier: GPL-2.0-only
/* Pictures: what is drawn, what is refused, and that words of a guest stay words. */
#include <check.h>
#include <string.h>

#include "report/graph.h"
#include "tests/unit/suite.h"
#include "tests/unit/report.h"
#include "util/error.h"

static const struct graph_edge around[] = {
	{0, 1, "waits for", TRUE}, {1, 0, "held by", TRUE}};

/* fontconfig keeps what it has read of the fonts, Graphviz 2.42 a few hundred bytes of an edge's label */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\nleak:libgvc\n";
}

START_TEST(a_cycle_is_drawn)
{
	const struct graph_node nodes[] = {{"kworker/u4:1/34\nadd_memory", GRAPH_ROUND, TRUE},
					   {"mem_hotplug_lock", GRAPH_BOX, FALSE}};
	const struct graph graph = {"who waits for whom", nodes, 2, around, 2, TRUE};
	g_autoptr(GError) error = NULL;
	g_autofree char *svg = graph_svg(&graph, &error);

	ck_assert_msg(svg != NULL, "%s", error ? error->message : "?");
	ck_assert_ptr_nonnull(strstr(svg, "<svg"));
	ck_assert_ptr_nonnull(strstr(svg, "</svg>"));
	ck_assert_ptr_nonnull(strstr(svg, "kworker/u4:1/34"));
	ck_assert_ptr_nonnull(strstr(svg, "add_memory"));
	ck_assert_ptr_nonnull(strstr(svg, "mem_hotplug_lock"));
	/* each is a line of its own */
	ck_assert_ptr_null(strstr(svg, "34add_memory"));
	ck_assert_ptr_nonnull(strstr(svg, "#c01c28"));
}
END_TEST

START_TEST(nothing_marked_is_not_red)
{
	const struct graph_node nodes[] = {{"a", GRAPH_ROUND, FALSE}, {"b", GRAPH_BOX, FALSE}};
	const struct graph_edge edges[] = {{0, 1, NULL, FALSE}};
	const struct graph graph = {NULL, nodes, 2, edges, 1, FALSE};
	g_autofree char *svg = graph_svg(&graph, NULL);

	ck_assert_ptr_nonnull(svg);
	ck_assert_ptr_null(strstr(svg, "#c01c28"));
}
END_TEST

START_TEST(words_of_a_guest_stay_words)
{
	const struct graph_node nodes[] = {
		{"</text><script>alert(1)</script>&amp;\"\\N\x01\x1b[0m\xff", GRAPH_NOTE, FALSE}};
	const struct graph graph = {"<b>&lt;\\G", nodes, 1, NULL, 0, FALSE};
	g_autofree char *svg = graph_svg(&graph, NULL);

	ck_assert_ptr_nonnull(svg);
	ck_assert_ptr_null(strstr(svg, "<script"));
	ck_assert_ptr_null(strstr(svg, "<b>"));
	ck_assert_ptr_nonnull(strstr(svg, "&amp;amp;"));
	ck_assert_ptr_nonnull(strstr(svg, "\\N"));
	ck_assert(g_utf8_validate(svg, -1, NULL));
	for (const char *p = svg; *p; p++)
		ck_assert_msg((guchar)*p >= ' ' || *p == '\n' || *p == '\t', "control character %d", *p);
}
END_TEST

START_TEST(what_cannot_be_drawn_is_refused)
{
	const struct graph_node nodes[] = {{"a", GRAPH_BOX, FALSE}};
	const struct graph loose = {NULL, nodes, 1, around, 2, FALSE};
	const struct graph large = {NULL, nodes, GRAPH_NODES_MAX + 1, NULL, 0, FALSE};
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_null(graph_svg(&loose, &error));
	ck_assert(g_error_matches(error, RIG_ERROR, RIG_EXIT_USAGE));
	g_clear_error(&error);
	ck_assert_ptr_null(graph_svg(&large, &error));
	ck_assert(g_error_matches(error, RIG_ERROR, RIG_EXIT_USAGE));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report");
	TCase *graphs = tcase_create("graph");

	tcase_add_test(graphs, a_cycle_is_drawn);
	tcase_add_test(graphs, nothing_marked_is_not_red);
	tcase_add_test(graphs, words_of_a_guest_stay_words);
	tcase_add_test(graphs, what_cannot_be_drawn_is_refused);
	suite_add_tcase(suite, graphs);
	add_model_tests(suite);
	add_format_tests(suite);
	add_html_tests(suite);
	return suite_run(suite);
}
