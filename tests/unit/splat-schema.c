// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests that the scanner's output conforms to docs/scan.schema.json, with an independent checker;
 * and how its numbers and strings are written.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/suite.h"
#include "tests/unit/splat.h"
#include "util/json-write.h"
#include "util/spawn.h"

#define CHECKER "/usr/bin/jsonschema" /* python3-jsonschema */

static gboolean obeys(const json_t *array)
{
	g_autofree char *schema = data_path("../../docs/scan.schema.json");
	g_autofree char *text = json_dumps(array, 0), *file = NULL;
	gboolean ok;
	int fd = g_file_open_tmp("rig-schema-XXXXXX", &file, NULL);

	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert(g_file_set_contents(file, text, -1, NULL));
	ok = spawn_words(NULL, NULL, CHECKER, "-i", file, schema, NULL);
	unlink(file);
	return ok;
}

/* Adds the members that `rig scan` adds to a report. */
static json_t *as_scan(const struct splat *splat)
{
	json_t *json = splat_to_json(splat);

	json_object_set_new(json, "file", json_string("a log"));
	json_object_set_new(json, "known", json_null());
	return json;
}

START_TEST(reports_obey_the_schema)
{
	json_t *array = json_array();

	if (access(CHECKER, X_OK) < 0) {
		printf("schema: not checked, because there is no %s (python3-jsonschema)\n",
		       CHECKER);
		json_decref(array);
		return;
	}
	for (guint i = 0; i < fixtures->len; i++) {
		const struct fixture *fixture = fixtures->pdata[i];
		g_autoptr(GPtrArray) found = scan(fixture->log, fixture->len, 0, NULL);

		for (guint f = 0; f < found->len; f++)
			json_array_append_new(array, as_scan(found->pdata[f]));
	}
	ck_assert_uint_ge(json_array_size(array), 90);
	ck_assert(obeys(array));
	/* the schema rejects a report without `kind` */
	json_t *first = json_array_get(array, 0);

	json_object_set_new(first, "extra", json_true());
	ck_assert(!obeys(array));
	json_object_del(first, "extra");
	json_object_set_new(first, "kind", json_string("no such kind"));
	ck_assert(!obeys(array));
	json_decref(array);
}
END_TEST

/* A damaged line of a lock's usage, which is a key, has characters that JSON must escape. */
START_TEST(keys_are_escaped)
{
	const struct fixture *fixture = fixture_named("lockdep-irq-inversion-x86-6.1.txt");
	g_autoptr(GString) log = g_string_new_len(fixture->log, (gssize)fixture->len);
	g_autoptr(GPtrArray) found = NULL;
	g_autofree char *text = NULL;
	json_t *json;

	g_string_replace(log, "HARDIRQ-ON-W at:", "HARDIRQ-ON\003\"-W at:", 0);
	found = scan(log->str, log->len, 0, NULL);
	ck_assert_uint_eq(found->len, 1);
	json = splat_to_json(found->pdata[0]);
	text = json_dumps(json, 0);
	ck_assert_ptr_nonnull(strstr(text, "\"HARDIRQ-ON\\u0003\\\"-W\":"));
	json_decref(json);
}
END_TEST

/* Numbers at the limits of the fast conversion to text, and of its rounding. */
static const double reals[] = {
	0,	1e-7,	2.5e-5, 0.0009999, 0.001,     0.01,	   0.07,	      0.1,
	1.0 / 3, 1,	9.999999999,	   42.000001, 123456.25,  9.999999999999998,  10,
	999999999.5,	1e9,	1e17,	   -1.5,
};

static void check_real(double value)
{
	g_autoptr(GString) out = g_string_new(NULL);
	struct json_writer writer = {.out = out};
	json_auto_t *real = json_real(value);
	g_autofree char *text = json_dumps(real, JSON_ENCODE_ANY);

	json_write_real(&writer, NULL, value);
	ck_assert_str_eq(out->str, text);
}

/* Numbers are written as jansson does. */
START_TEST(reals_are_exact)
{
	struct rng rng = rng_stream(7, "reals");

	for (gsize i = 0; i < G_N_ELEMENTS(reals); i++)
		check_real(reals[i]);
	for (guint i = 0; i < 20000; i++) {
		check_real((double)rng_between(&rng, 0, 1000000000000000) / 1e6);
		check_real((double)rng_next(&rng) / (double)(rng_next(&rng) | 1));
	}
}
END_TEST

/* Strings of each length are written as jansson does, with an escape at each place, or with two. */
START_TEST(strings_are_exact)
{
	static const char escaped[] = "\"\\\n\t\r\b\f\x01\x1f";

	for (gsize len = 1; len < 40; len++)
		for (gsize at = 0; at < len * 2; at++) {
			g_autoptr(GString) out = g_string_new(NULL);
			g_autofree char *text = g_strnfill(len, 'a'), *expected = NULL;
			struct json_writer writer = {.out = out};
			json_auto_t *string = NULL;

			text[at % len] = escaped[at % strlen(escaped)];
			if (at >= len)
				text[len - 1] = '"';
			string = json_string(text);
			expected = json_dumps(string, JSON_ENCODE_ANY);
			json_write_text(&writer, NULL, text);
			ck_assert_str_eq(out->str, expected);
		}
}
END_TEST

void add_schema_tests(TCase *tests)
{
	tcase_add_test(tests, strings_are_exact);
	tcase_add_test(tests, reports_obey_the_schema);
	tcase_add_test(tests, keys_are_escaped);
	tcase_add_test(tests, reals_are_exact);
}
