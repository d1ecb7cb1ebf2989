// SPDX-License-Identifier: GPL-2.0-only
/*
 * Small logs with the expected reports: data/splat/cases/. A case is
 *
 *	== NAME
 *	KIND | TITLE | FIRST-LAST[ truncated][ corrupted][ induced]	for each report
 *	(an empty line)
 *	the log
 *
 * Each log is also scanned byte by byte. Text before the first case of a file is a comment.
 */
#include <string.h>

#include "tests/unit/suite.h"
#include "tests/unit/splat.h"

struct a_case {
	char *name, *expected, *log;
};

static GPtrArray *cases;

static void add_case(const char *file, const char *text)
{
	struct a_case *c = g_new0(struct a_case, 1);
	const char *line_end = strchr(text, '\n');
	const char *log =
		g_str_has_prefix(line_end, "\n\n") ? line_end + 1 : strstr(line_end, "\n\n");

	if (!log)
		g_error("%s: no empty line in '%s'", file, text);
	c->name = g_strdup_printf("%s: %.*s", file, (int)(line_end - text), text);
	c->expected = g_strndup(line_end + 1, log > line_end + 1 ? (gsize)(log - line_end) : 0);
	c->log = g_strdup(log + (log[1] == '\n' ? 2 : 1));
	g_ptr_array_add(cases, c);
}

static void load_cases(void)
{
	g_autofree char *dir = data_path("splat/cases");
	g_autoptr(GDir) open = g_dir_open(dir, 0, NULL);
	const char *name;

	cases = g_ptr_array_new();
	if (!open)
		g_error("no cases in %s", dir);
	while ((name = g_dir_read_name(open))) {
		g_autofree char *path = g_build_filename(dir, name, NULL), *text = NULL;
		g_auto(GStrv) parts = NULL;

		if (!g_file_get_contents(path, &text, NULL, NULL))
			g_error("cannot read %s", path);
		parts = g_strsplit(text, "\n== ", -1);
		for (guint i = 1; parts[i]; i++)
			add_case(name, parts[i]);
	}
}

static char *found_in(const char *log, gsize cut)
{
	struct rng rng = rng_stream(17, "cases");
	g_autoptr(GPtrArray) found = scan(log, strlen(log), cut, &rng);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < found->len; i++) {
		const struct splat *splat = found->pdata[i];

		g_string_append_printf(
			text, "%s | %s | %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "%s%s%s\n",
			splat->kind, splat->title, splat->first_line, splat->last_line,
			splat->truncated ? " truncated" : "", splat->corrupted ? " corrupted" : "",
			splat->induced ? " induced" : "");
	}
	return g_string_free(text, FALSE);
}

START_TEST(as_expected)
{
	const struct a_case *c = cases->pdata[_i];
	g_autofree char *whole = found_in(c->log, 0), *bytes = found_in(c->log, 1);

	ck_assert_msg(strcmp(whole, c->expected) == 0, "%s:\n%s\nnot\n%s", c->name, whole,
		      c->expected);
	ck_assert_msg(strcmp(bytes, c->expected) == 0, "%s, byte by byte:\n%s\nnot\n%s", c->name,
		      bytes, c->expected);
}
END_TEST

void add_case_tests(TCase *tests)
{
	load_cases();
	tcase_add_loop_test(tests, as_expected, 0, (int)cases->len);
}
