// SPDX-License-Identifier: GPL-2.0-only
/* Tests the formats for programs: each document is read by independent code. */
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <libxml/xpath.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/suite.h"
#include "tests/unit/report.h"
#include "util/spawn.h"

#define CHECKER "/usr/bin/jsonschema" /* python3-jsonschema */

static char *write_as(const char *name, GPtrArray *runs)
{
	rig_auto(model) model = model_new(runs, NULL);
	g_autoptr(GError) error = NULL;
	char *document = NULL;

	for (guint i = 0; i < n_report_formats && !document; i++)
		if (!strcmp(report_formats[i].name, name))
			document = report_formats[i].write(model, &error);
	ck_assert_msg(document != NULL, "%s: %s", name, error ? error->message : "no such format");
	ck_assert(g_utf8_validate(document, -1, NULL));
	return document;
}

static char *write_nights(const char *name)
{
	g_autoptr(GPtrArray) runs = two_nights();

	return write_as(name, runs);
}

/* ---- JUnit ---- */

static void quiet(void *data, const char *format, ...)
{
	(void)data;
	(void)format;
}

static gboolean is_junit(const char *document)
{
	g_autofree char *path = data_path("report/junit.xsd");
	xmlSchemaParserCtxt *parser = xmlSchemaNewParserCtxt(path);
	xmlSchema *schema = xmlSchemaParse(parser);
	xmlSchemaValidCtxt *context = xmlSchemaNewValidCtxt(schema);
	xmlDoc *doc =
		xmlReadMemory(document, strlen(document), "report.xml", NULL, XML_PARSE_NONET);
	gboolean ok;

	ck_assert_ptr_nonnull(schema);
	xmlSchemaSetValidErrors(context, quiet, quiet, NULL);
	ok = doc && !xmlSchemaValidateDoc(context, doc);
	xmlFreeDoc(doc);
	xmlSchemaFreeValidCtxt(context);
	xmlSchemaFree(schema);
	xmlSchemaFreeParserCtxt(parser);
	return ok;
}

static double xpath(const char *document, const char *expression)
{
	xmlDoc *doc =
		xmlReadMemory(document, strlen(document), "report.xml", NULL, XML_PARSE_NONET);
	xmlXPathContext *context = xmlXPathNewContext(doc);
	xmlXPathObject *object = xmlXPathEvalExpression(BAD_CAST expression, context);
	double value = xmlXPathCastToNumber(object);

	xmlXPathFreeObject(object);
	xmlXPathFreeContext(context);
	xmlFreeDoc(doc);
	return value;
}

START_TEST(junit_obeys_the_schema)
{
	g_autofree char *document = write_nights("junit"), *bad = NULL;
	g_auto(GStrv) halves = NULL;

	ck_assert(is_junit(document));
	/* the schema rejects an unknown attribute and a missing one */
	halves = g_strsplit(document, " classname=", 2);
	bad = g_strjoinv(" error_class=", halves);
	ck_assert(!is_junit(bad));
}
END_TEST

START_TEST(junit_counts)
{
	g_autofree char *document = write_nights("junit");

	ck_assert_double_eq(xpath(document, "count(//testcase)"), 9);
	ck_assert_double_eq(xpath(document, "count(//failure)"), 4);
	ck_assert_double_eq(xpath(document, "count(//error)"), 1);
	ck_assert_double_eq(xpath(document, "count(//skipped)"), 1);
	ck_assert_double_eq(xpath(document, "sum(//@tests)"), 9);
	ck_assert_double_eq(xpath(document, "sum(//@failures)"), 4);
	ck_assert_double_eq(xpath(document, "sum(//@errors)"), 1);
	ck_assert_double_eq(xpath(document, "count(//script)"), 0);
	ck_assert_double_eq(xpath(document, "count(//failure[contains(., '<script>')])"), 1);
}
END_TEST

/* ---- KTAP ---- */

struct ktap {
	char **line;
	guint results, failed, skipped, depth; /* counts of all tests; the deepest nesting seen */
};

static gboolean starts(const char *line, guint depth, const char *words)
{
	for (guint i = 0; i < 2 * depth; i++)
		if (line[i] != ' ')
			return FALSE;
	return g_str_has_prefix(line + 2 * depth, words);
}

/*
 * What Documentation/dev-tools/ktap.rst says: a version line, a plan, then as many results as the
 * plan says, numbered from 1; a nested test comes two spaces deeper before its parent's result; a
 * parent is ok only if all in it are; anything else begins with "# ".
 */
static gboolean read_ktap(struct ktap *ktap, guint depth, gboolean *ret_ok)
{
	guint plan = 0, n = 0;
	gboolean nested = FALSE, nested_ok = TRUE;

	if (!*ktap->line || !starts(*ktap->line, depth, "KTAP version 1"))
		return FALSE;
	ktap->depth = MAX(ktap->depth, depth);
	ktap->line++;
	while (*ktap->line && starts(*ktap->line, depth, "# "))
		ktap->line++;
	if (!*ktap->line || sscanf(*ktap->line + 2 * depth, "1..%u", &plan) != 1)
		return FALSE;
	*ret_ok = TRUE;
	for (ktap->line++; n < plan;) {
		const char *text = *ktap->line;
		gboolean ok;
		guint number;

		if (!text)
			return FALSE;
		if (starts(text, depth + 1, "KTAP version 1")) {
			nested = TRUE;
			if (!read_ktap(ktap, depth + 1, &nested_ok))
				return FALSE;
			continue;
		}
		ktap->line++;
		if (starts(text, depth, "# "))
			continue;
		ok = starts(text, depth, "ok ");
		if ((!ok && !starts(text, depth, "not ok ")) ||
		    sscanf(text + 2 * depth + (ok ? 3 : 7), "%u", &number) != 1 ||
		    number != n + 1 || (nested && ok != nested_ok))
			return FALSE;
		n++;
		nested = FALSE;
		*ret_ok &= ok;
		ktap->results++;
		ktap->failed += !ok;
		ktap->skipped += strstr(text, " # SKIP") != NULL;
	}
	return TRUE;
}

static gboolean is_ktap(const char *document, struct ktap *ret)
{
	g_auto(GStrv) lines = g_strsplit(document, "\n", -1);
	struct ktap ktap = {.line = lines};
	gboolean ok, good = read_ktap(&ktap, 0, &ok) && !**ktap.line && !ktap.line[1];

	*ret = ktap;
	return good;
}

START_TEST(ktap_is_ktap)
{
	g_autofree char *document = write_nights("ktap");
	struct ktap ktap;

	ck_assert(is_ktap(document, &ktap));
	ck_assert_uint_eq(ktap.depth, 2);
	/*
	 * 9 runs in 8 cells of 8 scenarios; 5 runs are bad or lost, each in a different cell; one
	 * is skipped
	 */
	ck_assert_uint_eq(ktap.results, 9 + 8 + 8);
	ck_assert_uint_eq(ktap.failed, 3 * 5);
	ck_assert_uint_eq(ktap.skipped, 3);
	ck_assert_ptr_nonnull(strstr(document, "# TIMEOUT "));
	ck_assert_ptr_nonnull(strstr(document, "# ERROR "));
	/* the parser rejects a document whose parent test is ok although a subtest failed */
	memcpy(strstr(document, "    not ok 1"), "    ok 1    ", 12);
	ck_assert(!is_ktap(document, &ktap));
}
END_TEST

/* ---- KCIDB ---- */

static gboolean is_kcidb(const char *document)
{
	g_autofree char *schema = data_path("report/kcidb-v5.schema.json"), *file = NULL;
	int fd = g_file_open_tmp("rig-kcidb-XXXXXX", &file, NULL);
	gboolean ok;

	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert(g_file_set_contents(file, document, -1, NULL));
	ok = spawn_words(NULL, NULL, CHECKER, "-i", file, schema, NULL);
	unlink(file);
	return ok;
}

START_TEST(kcidb_obeys_the_schema)
{
	g_autofree char *document = write_nights("kcidb"), *bad = NULL;
	g_auto(GStrv) halves = NULL;

	if (access(CHECKER, X_OK) < 0) {
		printf("kcidb: not checked, because there is no %s (python3-jsonschema)\n",
		       CHECKER);
		return;
	}
	ck_assert(is_kcidb(document));
	halves = g_strsplit(document, "\"status\": \"FAIL\"", 2);
	bad = g_strjoinv("\"status\": null", halves);
	ck_assert(!is_kcidb(bad));
}
END_TEST

static gboolean has_id(json_t *list, const char *id)
{
	json_t *object;
	size_t i;

	json_array_foreach (list, i, object)
		if (!g_strcmp0(json_string_value(json_object_get(object, "id")), id))
			return TRUE;
	return FALSE;
}

/* Each reference refers to an object that exists. */
START_TEST(kcidb_is_linked)
{
	static const char *const links[][3] = {{"builds", "checkout_id", "checkouts"},
					       {"tests", "build_id", "builds"},
					       {"incidents", "issue_id", "issues"},
					       {"incidents", "test_id", "tests"}};
	g_autofree char *document = write_nights("kcidb");
	json_auto_t *json = json_loads(document, 0, NULL);

	ck_assert_uint_eq(json_array_size(json_object_get(json, "checkouts")), 1);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "builds")), 1);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "tests")), 9);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "issues")), 4);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "incidents")), 4);
	for (guint l = 0; l < G_N_ELEMENTS(links); l++) {
		json_t *object;
		size_t i;

		json_array_foreach (json_object_get(json, links[l][0]), i, object)
			ck_assert(has_id(json_object_get(json, links[l][2]),
					 json_string_value(json_object_get(object, links[l][1]))));
	}
}
END_TEST

/* ---- JSON, and all of them ---- */

START_TEST(json_has_everything)
{
	g_autofree char *document = write_nights("json");
	json_auto_t *json = json_loads(document, 0, NULL);

	ck_assert_uint_eq(json_array_size(json_object_get(json, "runs")), 15);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "cells")), 8);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "signatures")), 5);
	ck_assert_int_eq(json_integer_value(model_at(json, "now/bad")), 4);
	ck_assert_str_eq(json_string_value(json_object_get(
				 json_array_get(json_object_get(json, "changes"), 0), "kind")),
			 "new");
}
END_TEST

/* Writing a document twice gives the same bytes, and control characters of a guest are removed. */
START_TEST(documents_are_stable_and_clean)
{
	for (guint f = 0; f < n_report_formats; f++) {
		g_autofree char *one = write_nights(report_formats[f].name),
				*two = write_nights(report_formats[f].name);

		ck_assert_str_eq(one, two);
		for (const char *p = one; *p; p++)
			ck_assert_msg((guchar)*p >= 0x20 || *p == '\n' || *p == '\t', "%s: 0x%02x",
				      report_formats[f].name, *p);
	}
}
END_TEST

START_TEST(no_runs_are_no_error)
{
	struct ktap ktap;
	g_autoptr(GPtrArray) none = fake_runs();
	g_autofree char *junit = write_as("junit", none), *text = write_as("text", none),
			*found = write_as("ktap", none), *kcidb = write_as("kcidb", none);

	ck_assert(is_junit(junit));
	ck_assert(is_ktap(found, &ktap));
	ck_assert_ptr_nonnull(strstr(text, "nothing was run"));
	ck_assert_ptr_nonnull(strstr(kcidb, "\"tests\": []"));
}
END_TEST

void add_format_tests(Suite *suite)
{
	TCase *tests = tcase_create("formats");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, junit_obeys_the_schema);
	tcase_add_test(tests, junit_counts);
	tcase_add_test(tests, ktap_is_ktap);
	tcase_add_test(tests, kcidb_obeys_the_schema);
	tcase_add_test(tests, kcidb_is_linked);
	tcase_add_test(tests, json_has_everything);
	tcase_add_test(tests, documents_are_stable_and_clean);
	tcase_add_test(tests, no_runs_are_no_error);
	suite_add_tcase(suite, tests);
}
