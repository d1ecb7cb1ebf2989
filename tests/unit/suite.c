// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/suite.h"

#include <stdarg.h>
#include <stdlib.h>

char *scratch;

static void remove_tree(const char *path)
{
	const char *argv[] = {"rm", "-rf", path, NULL};

	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
		     NULL);
}

static void make_scratch(void)
{
	scratch = g_dir_make_tmp("XXXXXX", NULL);
	ck_assert_ptr_nonnull(scratch);
}

static void remove_scratch(void)
{
	remove_tree(scratch);
	g_clear_pointer(&scratch, g_free);
}

void use_scratch(TCase *tests)
{
	tcase_add_checked_fixture(tests, make_scratch, remove_scratch);
}

char *in_scratch(const char *name)
{
	/* without a scratch folder the path would depend on the working directory */
	if (!scratch)
		g_error("in_scratch(\"%s\"): this test case does not call use_scratch()", name);
	return g_build_filename(scratch, name, NULL);
}

char *data_path(const char *name)
{
	const char *data = g_getenv("RIG_TEST_DATA");

	return g_build_filename(data ? data : "tests/data", name, NULL);
}

void shell(const char *first, ...)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	va_list args;
	int status;

	va_start(args, first);
	for (const char *word = first; word; word = va_arg(args, const char *))
		g_ptr_array_add(argv, (gpointer)word);
	va_end(args);
	g_ptr_array_add(argv, NULL);
	ck_assert(g_spawn_sync(NULL, (char **)argv->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
			       NULL, NULL, &status, NULL));
	ck_assert_int_eq(status, 0);
}

int suite_run(Suite *suite)
{
	const char *above = g_getenv("TMPDIR");
	g_autofree char *folder = g_build_filename(above ? above : "/tmp", "rig-test-XXXXXX", NULL);
	SRunner *runner = srunner_create(suite);
	int failed;

	if (!g_mkdtemp(folder) || !g_setenv("TMPDIR", folder, TRUE))
		g_error("no folder like %s can be made", folder);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	remove_tree(folder);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
