// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests pictures: what is drawn, what is rejected, and that text of a guest cannot become markup.
 */
#include <check.h>
#include <string.h>

#include "report/graph.h"
#include "tests/unit/suite.h"
#include "tests/unit/report.h"
#include "util/error.h"

static const struct graph_edge around[] = {
	{0, 1, "waits for", TRUE}, {1, 0, "held by", TRUE}};

/* Returns the picture of one graph. */
static char *draw(const struct graph *graph, GError **error)
{
	g_autofree char *dot = graph_dot(graph, error);
	g_auto(GStrv) svgs = dot ? graph_draw((const char *const[]){dot, NULL}, error) : NULL;

	return svgs ? g_strdup(svgs[0]) : NULL;
}

START_TEST(a_cycle_is_drawn)
{
	const struct graph_node nodes[] = {{"kworker/u4:1/34\nadd_memory", GRAPH_ROUND, TRUE},
					   {"mem_hotplug_lock", GRAPH_BOX, FALSE}};
	const struct graph graph = {"tasks and locks", nodes, 2, around, 2, TRUE};
	g_autoptr(GError) error = NULL;
	g_autofree char *svg = draw(&graph, &error);

	ck_assert_msg(svg != NULL, "%s", error ? error->message : "?");
	ck_assert_ptr_nonnull(strstr(svg, "<svg"));
	ck_assert_ptr_nonnull(strstr(svg, "</svg>"));
	ck_assert_ptr_nonnull(strstr(svg, "kworker/u4:1/34"));
	ck_assert_ptr_nonnull(strstr(svg, "add_memory"));
	ck_assert_ptr_nonnull(strstr(svg, "mem_hotplug_lock"));
	/* the lines of a label are drawn separately */
	ck_assert_ptr_null(strstr(svg, "34add_memory"));
	ck_assert_ptr_nonnull(strstr(svg, "#c01c28"));
}
END_TEST

START_TEST(nothing_marked_is_not_red)
{
	const struct graph_node nodes[] = {{"a", GRAPH_ROUND, FALSE}, {"b", GRAPH_BOX, FALSE}};
	const struct graph_edge edges[] = {{0, 1, NULL, FALSE}};
	const struct graph graph = {NULL, nodes, 2, edges, 1, FALSE};
	g_autofree char *svg = draw(&graph, NULL);

	ck_assert_ptr_nonnull(svg);
	ck_assert_ptr_null(strstr(svg, "#c01c28"));
}
END_TEST

START_TEST(words_of_a_guest_stay_words)
{
	const struct graph_node nodes[] = {
		{"</text><script>alert(1)</script>&amp;\"\\N\x01\x1b[0m\xff", GRAPH_NOTE, FALSE}};
	const struct graph graph = {"<b>&lt;\\G", nodes, 1, NULL, 0, FALSE};
	g_autofree char *svg = draw(&graph, NULL);

	ck_assert_ptr_nonnull(svg);
	ck_assert_ptr_null(strstr(svg, "<script"));
	ck_assert_ptr_null(strstr(svg, "<b>"));
	ck_assert_ptr_nonnull(strstr(svg, "&amp;amp;"));
	ck_assert_ptr_nonnull(strstr(svg, "\\N"));
	ck_assert(g_utf8_validate(svg, -1, NULL));
	for (const char *p = svg; *p; p++)
		ck_assert_msg((guchar)*p >= ' ' || *p == '\n' || *p == '\t', "control character %d",
			      *p);
}
END_TEST

START_TEST(what_cannot_be_drawn_is_refused)
{
	const struct graph_node nodes[] = {{"a", GRAPH_BOX, FALSE}};
	const struct graph loose = {NULL, nodes, 1, around, 2, FALSE};
	const struct graph large = {NULL, nodes, GRAPH_NODES_MAX + 1, NULL, 0, FALSE};
	g_autoptr(GError) error = NULL;

	ck_assert_ptr_null(graph_dot(&loose, &error));
	ck_assert(g_error_matches(error, RIG_ERROR, RIG_EXIT_USAGE));
	g_clear_error(&error);
	ck_assert_ptr_null(graph_dot(&large, &error));
	ck_assert(g_error_matches(error, RIG_ERROR, RIG_EXIT_USAGE));
}
END_TEST

START_TEST(many_are_drawn_in_order)
{
	g_autoptr(GPtrArray) dots = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) svgs = NULL;

	for (int i = 0; i < 40; i++) {
		g_autofree char *label = g_strdup_printf("task-%d.", i);
		const struct graph_node node = {label, GRAPH_ROUND, FALSE};

		g_ptr_array_add(dots,
				graph_dot(&(struct graph){NULL, &node, 1, NULL, 0, FALSE}, NULL));
	}
	g_ptr_array_add(dots, NULL);
	svgs = graph_draw((const char *const *)dots->pdata, NULL);
	ck_assert_ptr_nonnull(svgs);
	ck_assert_int_eq(g_strv_length(svgs), 40);
	for (int i = 0; i < 40; i++) {
		g_autofree char *label = g_strdup_printf("task&#45;%d.", i);

		ck_assert(g_str_has_prefix(svgs[i], "<?xml") &&
			  g_str_has_suffix(svgs[i], "</svg>\n"));
		ck_assert_msg(strstr(svgs[i], label) || strstr(svgs[i], label + 9), "%s", svgs[i]);
	}
}
END_TEST

/* Scripts that replace the program `dot` and draw nothing, and the expected error messages. */
static const struct {
	const char *script; /* NULL: there is no program `dot` */
	const char *words;
} bad_dots[] = {
	{NULL, "graphviz"},
	{"exit 3", "code 3"},
	{"echo '<?xml?><svg>'", "0 pictures of 1"},
	{"echo '<?xml?><svg></svg>'; echo '<?xml?><svg></svg>'", "2 pictures of 1"},
	{"yes '<?xml?><svg>' | head -c 9000000", "pictures of 1"},
};

START_TEST(other_dots)
{
	g_autofree char *program = in_scratch("dot"), *before = g_strdup(g_getenv("PATH"));
	g_autofree char *path = g_strdup_printf("%s:/bin", scratch), *script = NULL;
	g_autoptr(GError) error = NULL;

	if (bad_dots[_i].script) {
		script = g_strdup_printf("#!/bin/sh\ncat >/dev/null\n%s\n", bad_dots[_i].script);
		ck_assert(g_file_set_contents_full(program, script, -1, 0, 0755, NULL));
	}
	g_setenv("PATH", bad_dots[_i].script ? path : scratch, TRUE);
	ck_assert_ptr_null(graph_draw((const char *const[]){"digraph {}\n", NULL}, &error));
	g_setenv("PATH", before, TRUE);
	ck_assert(g_error_matches(error, RIG_ERROR, RIG_EXIT_INFRA));
	ck_assert_msg(strstr(error->message, bad_dots[_i].words) != NULL, "%s", error->message);
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
	use_scratch(graphs);
	tcase_add_test(graphs, many_are_drawn_in_order);
	tcase_add_loop_test(graphs, other_dots, 0, G_N_ELEMENTS(bad_dots));
	suite_add_tcase(suite, graphs);
	add_model_tests(suite);
	add_format_tests(suite);
	add_html_tests(suite);
	add_coverage_tests(suite);
	return suite_run(suite);
}
