// SPDX-License-Identifier: GPL-2.0-only
/* util: sizes, errors, randomness, child processes, files. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/suite.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/rng.h"
#include "util/size.h"
#include "util/spawn.h"

static const struct {
	const char *text;
	guint64 bytes;
	const char *back;
} good_sizes[] = {
	{"0", 0, "0"},		    {"4096", 4096, "4K"},	  {"256M", 268435456, "256M"},
	{"256m", 268435456, "256M"}, {"1GiB", 1073741824, "1G"},   {"1536M", 1610612736, "1536M"},
	{"2TB", 2199023255552, "2T"}, {"1000", 1000, "1000"},	  {"16777215T", 16777215ull << 40, "16777215T"},
};

START_TEST(size_good)
{
	guint64 bytes;
	g_autofree char *back = NULL;

	ck_assert(rig_size_parse(good_sizes[_i].text, &bytes, NULL));
	ck_assert_uint_eq(bytes, good_sizes[_i].bytes);
	back = rig_size_text(bytes);
	ck_assert_str_eq(back, good_sizes[_i].back);
}
END_TEST

static const char *const bad_sizes[] = {"", "M", "-1", "+1", "1X", "1MM", "1 M", "0x10", "1.5G", "16777216T",
					"99999999999999999999", "256Mi B", "256iB"};

START_TEST(size_bad)
{
	g_autoptr(GError) error = NULL;
	guint64 bytes = 7;

	ck_assert(!rig_size_parse(bad_sizes[_i], &bytes, &error));
	ck_assert_uint_eq(bytes, 7);
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
}
END_TEST

START_TEST(rng_streams)
{
	struct rng a = rng_stream(7, "track 0"), again = rng_stream(7, "track 0");
	struct rng b = rng_stream(7, "track 1"), c = rng_stream(8, "track 0");
	guint64 first = rng_next(&a);

	ck_assert_uint_eq(first, rng_next(&again));
	ck_assert_uint_ne(first, rng_next(&b));
	ck_assert_uint_ne(first, rng_next(&c));
	for (int i = 0; i < 1000; i++) {
		guint64 v = rng_between(&a, 10, 12);

		ck_assert(v >= 10 && v <= 12);
	}
	ck_assert_uint_eq(rng_between(&a, 5, 5), 5);
	ck_assert_uint_eq(rng_between(&a, 5, 1), 5);
}
END_TEST

static void count_line(const char *line, void *data)
{
	(void)line;
	++*(int *)data;
}

START_TEST(spawn_lines_and_code)
{
	int lines = 0;
	g_autofree char *output = NULL;
	g_autoptr(GError) error = NULL;
	const char *const argv[] = {"sh", "-c", "echo one; echo two >&2; printf three; exit 5", NULL};

	ck_assert(!spawn_run(&(struct spawn){.argv = argv, .line = count_line, .data = &lines}, &output, &error));
	ck_assert_int_eq(lines, 3);
	ck_assert_str_eq(output, "one\ntwo\nthree");
	ck_assert_ptr_nonnull(strstr(error->message, "code 5: three"));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_INFRA);
}
END_TEST

START_TEST(spawn_missing)
{
	g_autoptr(GError) error = NULL;

	ck_assert(!spawn_words(NULL, &error, "no-such-program-here", NULL));
	ck_assert_ptr_nonnull(strstr(error->message, "no-such-program-here"));
}
END_TEST

START_TEST(spawn_keeps_the_end)
{
	g_autofree char *output = NULL;
	const char *const argv[] = {"sh", "-c", "seq 1 100000; echo end", NULL};

	ck_assert(spawn_run(&(struct spawn){.argv = argv, .keep = 1000}, &output, NULL));
	ck_assert_uint_le(strlen(output), 1000);
	ck_assert(g_str_has_suffix(output, "end\n"));
}
END_TEST

/* kill -9 of the parent takes the child with it */
START_TEST(spawn_dies_with_parent)
{
	int fds[2], child;
	char byte;

	ck_assert_int_eq(pipe(fds), 0);
	child = fork();
	if (!child) {
		const char *argv[] = {"sh", "-c", "echo x; exec cat", NULL};
		int pid, in[2];

		close(fds[0]);
		if (pipe(in) < 0) /* cat waits on it for ever: we never write nor close */
			_exit(1);
		if (!g_spawn_async_with_pipes_and_fds(NULL, argv, NULL,
						      G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
						      spawn_die_with_parent, NULL, in[0], fds[1], -1, NULL, NULL, 0,
						      &pid, NULL, NULL, NULL, NULL))
			_exit(1);
		pause();
	}
	close(fds[1]);
	ck_assert_int_eq(read(fds[0], &byte, 1), 1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	ck_assert_int_eq(read(fds[0], &byte, 1), 1); /* the newline */
	ck_assert_int_eq(read(fds[0], &byte, 1), 0); /* end of file: the grandchild has gone */
}
END_TEST

START_TEST(files)
{
	g_autofree char *path = in_scratch("f");
	g_autofree char *data = NULL;
	g_autoptr(GError) error = NULL;
	gsize len;

	ck_assert(rig_write_file(path, "hello", -1, NULL));
	ck_assert(rig_read_file(path, 5, &data, &len, NULL));
	ck_assert_str_eq(data, "hello");
	ck_assert(!rig_read_file(path, 4, NULL, NULL, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_USAGE);
	g_clear_error(&error);
	ck_assert(!rig_read_file(scratch, 100, NULL, NULL, &error));
	ck_assert_ptr_nonnull(strstr(error->message, "not a regular file"));
}
END_TEST

START_TEST(durations)
{
	static const struct {
		gint64 ns;
		const char *text;
	} cases[] = {{4900 * RIG_NS_PER_MS, "4.9 s"},
		     {136 * RIG_NS_PER_S, "2 min 16 s"},
		     {3720 * RIG_NS_PER_S, "1 h 02 min"}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = rig_duration_text(cases[i].ns);

		ck_assert_str_eq(text, cases[i].text);
	}
}
END_TEST

START_TEST(exit_codes)
{
	g_autoptr(GError) ours = NULL, options = NULL, foreign = NULL;

	rig_fail(&ours, RIG_EXIT_SKIP, "no %s", "machine");
	options = g_error_new(G_OPTION_ERROR, 0, "bad option");
	foreign = g_error_new(G_FILE_ERROR, 0, "disk");
	ck_assert_int_eq(rig_exit_code(NULL), 0);
	ck_assert_int_eq(rig_exit_code(ours), 77);
	ck_assert_int_eq(rig_exit_code(options), 2);
	ck_assert_int_eq(rig_exit_code(foreign), 3);
	ck_assert_str_eq(ours->message, "no machine");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("util");
	TCase *tc = tcase_create("util");

	use_scratch(tc);
	tcase_add_loop_test(tc, size_good, 0, G_N_ELEMENTS(good_sizes));
	tcase_add_loop_test(tc, size_bad, 0, G_N_ELEMENTS(bad_sizes));
	tcase_add_test(tc, rng_streams);
	tcase_add_test(tc, spawn_lines_and_code);
	tcase_add_test(tc, spawn_missing);
	tcase_add_test(tc, spawn_keeps_the_end);
	tcase_add_test(tc, spawn_dies_with_parent);
	tcase_add_test(tc, files);
	tcase_add_test(tc, durations);
	tcase_add_test(tc, exit_codes);
	suite_add_tcase(suite, tc);
	return suite_run(suite);
}
