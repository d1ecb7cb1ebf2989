// SPDX-License-Identifier: GPL-2.0-only
#include "tests/unit/suite.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

char *scratch;
static GPtrArray *side_by_side; /* names of the test cases made by suite_case() */

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

TCase *suite_case(Suite *suite, const char *name)
{
	TCase *tests = tcase_create(name);

	if (!side_by_side)
		side_by_side = g_ptr_array_new();
	g_ptr_array_add(side_by_side, (gpointer)name);
	suite_add_tcase(suite, tests);
	return tests;
}

/* Runs the test case NAME of RUNNER, or all if NAME is NULL. Returns the exit code for main(). */
static int run_case(SRunner *runner, const char *name)
{
	srunner_run(runner, NULL, name, CK_ENV);
	return srunner_ntests_failed(runner) ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Runs each test case in a process of its own; what it prints is kept, so that lines do not mix. */
static int run_side_by_side(SRunner *runner)
{
	g_autofree FILE **printed = g_new(FILE *, side_by_side->len);
	int code = EXIT_SUCCESS, status, c;

	for (guint i = 0; i < side_by_side->len; i++) {
		pid_t pid = (printed[i] = tmpfile()) ? fork() : -1;

		if (pid < 0)
			g_error("cannot start the test case '%s': %s",
				(char *)side_by_side->pdata[i], g_strerror(errno));
		if (pid == 0) {
			dup2(fileno(printed[i]), STDOUT_FILENO);
			exit(run_case(runner, side_by_side->pdata[i]));
		}
	}
	while (wait(&status) > 0)
		if (status)
			code = EXIT_FAILURE;
	for (guint i = 0; i < side_by_side->len; i++) {
		rewind(printed[i]);
		while ((c = getc(printed[i])) != EOF)
			putchar(c);
		fclose(printed[i]);
	}
	return code;
}

int suite_run(Suite *suite)
{
	const char *above = g_getenv("TMPDIR");
	g_autofree char *folder = g_build_filename(above ? above : "/tmp", "rig-test-XXXXXX", NULL);
	SRunner *runner = srunner_create(suite);
	int code;

	if (!g_mkdtemp(folder) || !g_setenv("TMPDIR", folder, TRUE))
		g_error("no folder like %s can be made", folder);
	code = side_by_side && !g_getenv("CK_RUN_CASE") ? run_side_by_side(runner)
							: run_case(runner, NULL);
	srunner_free(runner);
	g_clear_pointer(&side_by_side, g_ptr_array_unref);
	remove_tree(folder);
	return code;
}
