// SPDX-License-Identifier: GPL-2.0-only
/* Tests the table of a night: the differences between machines, and the exit code. */
#include <check.h>
#include <jansson.h>
#include <string.h>

#include "nightly/matrix.h"
#include "util/error.h"

TCase *nightly_matrix_case(void);

#define PASSED(scenario, machine)                                                         \
	"{\"scenario\":\"" scenario "\",\"machine\":\"" machine "\",\"status\":\"good\"," \
	"\"rate\":{\"bad\":0,\"of\":1},"                                                  \
	"\"attempts\":[{\"verdict\":\"PASS\",\"outcome\":0,\"run\":\"r\"}]}"
#define FAILED(scenario, machine, run)                          \
	"{\"scenario\":\"" scenario "\",\"machine\":\"" machine \
	"\",\"status\":\"bad\",\"rate\":{\"bad\":1,\"of\":1},"  \
	"\"attempts\":[{\"verdict\":\"INFRA\",\"outcome\":2},"  \
	"{\"verdict\":\"FAIL\",\"outcome\":1,\"run\":\"" run    \
	"\"}]}"
#define WITHOUT(scenario, machine, status)                                                \
	"{\"scenario\":\"" scenario "\",\"machine\":\"" machine "\",\"status\":\"" status \
	"\",\"rate\":{},\"attempts\":[]}"
#define NIGHT(counts, ...) "{\"id\":\"n\",\"counts\":{" counts "},\"cells\":[" __VA_ARGS__ "]}"

/* Returns the findings of RUN: a deadlock if its name begins with "x", otherwise an oops. */
static char **found(const char *run, void *data)
{
	const char *const lists[][2] = {{"deadlock", NULL}, {"oops", NULL}};

	++*(guint *)data;
	return g_strdupv((char **)lists[*run != 'x']);
}

static const struct {
	const char *night, *differences; /* "kind scenario: good / bad" */
	int code;
	guint asked; /* expected number of calls of found() */
} nights[] = {
	{NIGHT("\"good\":2", PASSED("a", "q35") "," PASSED("a", "virt")), "", RIG_EXIT_PASS, 0},
	{NIGHT("\"good\":1,\"bad\":2",
	       FAILED("b", "q35", "x1") "," FAILED("b", "virt", "x2") "," PASSED("a", "q35")),
	 "same b:  / q35 virt; ", RIG_EXIT_FAIL, 2},
	/* rows that differ between machines come first: by verdict, then by finding */
	{NIGHT("\"good\":1,\"bad\":5",
	       FAILED("s", "q35", "x1") "," FAILED("f", "q35", "x1") "," FAILED(
		       "f", "virt", "y") "," PASSED("v", "q35") "," FAILED("v", "virt", "y")),
	 "verdict v: q35 / virt; found f:  / q35 virt; same s:  / q35; ", RIG_EXIT_FAIL, 4},
	{NIGHT("\"good\":1,\"left\":1", PASSED("a", "q35") "," WITHOUT("a", "virt", "left")), "",
	 RIG_EXIT_INFRA, 0},
	{NIGHT("\"good\":1,\"none\":1", PASSED("a", "q35") "," WITHOUT("a", "virt", "none")), "",
	 RIG_EXIT_INFRA, 0},
	{NIGHT("\"good\":1,\"skip\":1", PASSED("a", "q35") "," WITHOUT("a", "virt", "skip")), "",
	 RIG_EXIT_PASS, 0},
	{NIGHT("\"skip\":1", WITHOUT("a", "virt", "skip")), "", RIG_EXIT_SKIP, 0},
	{"{\"counts\":{\"good\":1,\"skip\":1},\"builds\":[{\"ended\":true,\"ok\":false}],"
	 "\"cells\":[" PASSED("a", "q35") "," WITHOUT("a", "virt", "skip") "]}",
	 "", RIG_EXIT_INFRA, 0},
	/* if two cells of the night have the same scenario and machine, the worse one is shown */
	{NIGHT("\"good\":2,\"bad\":1",
	       FAILED("a", "q35", "x1") "," PASSED("a", "q35") "," PASSED("a", "virt")),
	 "verdict a: virt / q35; ", RIG_EXIT_FAIL, 1},
	/* not a night */
	{"{\"cells\":[{}]}", "", RIG_EXIT_SKIP, 0},
};

static void add_names(GString *out, json_t *list)
{
	json_t *name;
	size_t i;

	json_array_foreach (list, i, name)
		g_string_append_printf(out, "%s%s", i ? " " : "", json_string_value(name));
}

START_TEST(differences)
{
	json_t *night = json_loads(nights[_i].night, 0, NULL), *matrix, *item;
	g_autoptr(GString) all = g_string_new(NULL);
	guint asked = 0;
	size_t i;

	ck_assert_ptr_nonnull(night);
	matrix = matrix_of(night, found, &asked);
	json_array_foreach (json_object_get(matrix, "differences"), i, item) {
		g_string_append_printf(all,
				       "%s %s: ", json_string_value(json_object_get(item, "kind")),
				       json_string_value(json_object_get(item, "scenario")));
		add_names(all, json_object_get(item, "good"));
		g_string_append(all, " / ");
		add_names(all, json_object_get(item, "bad"));
		g_string_append(all, "; ");
	}
	ck_assert_str_eq(all->str, nights[_i].differences);
	ck_assert_int_eq(matrix_exit_code(matrix), nights[_i].code);
	ck_assert_uint_eq(asked, nights[_i].asked);
	json_decref(matrix);
	json_decref(night);
}
END_TEST

/* The entry of a cell describes the run that was not as expected, not the last run. */
START_TEST(entries)
{
	json_t *night = json_loads(NIGHT("\"bad\":1", FAILED("b", "q35", "x1")), 0, NULL), *matrix,
	       *row, *entry;
	guint asked = 0;

	matrix = matrix_of(night, found, &asked);
	row = json_array_get(json_object_get(matrix, "rows"), 0);
	entry = json_object_get(json_object_get(row, "cells"), "q35");
	ck_assert_str_eq(json_string_value(json_object_get(row, "scenario")), "b");
	ck_assert_str_eq(json_string_value(json_object_get(entry, "verdict")), "FAIL");
	ck_assert_str_eq(json_string_value(json_object_get(entry, "run")), "x1");
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(entry, "found"), 0)),
			 "deadlock");
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(matrix, "machines"), 0)),
			 "q35");
	json_decref(matrix);
	json_decref(night);
}
END_TEST

TCase *nightly_matrix_case(void)
{
	TCase *tc = tcase_create("matrix");

	tcase_add_loop_test(tc, differences, 0, G_N_ELEMENTS(nights));
	tcase_add_test(tc, entries);
	return tc;
}
