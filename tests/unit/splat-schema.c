// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests that the scanner's output conforms to docs/scan.schema.json, with an independent checker.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/suite.h"
#include "tests/unit/splat.h"
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

void add_schema_tests(TCase *tests)
{
	tcase_add_test(tests, reports_obey_the_schema);
}
