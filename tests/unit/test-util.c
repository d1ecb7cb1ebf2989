// SPDX-License-Identifier: GPL-2.0-only
/* Tests rig/util: errors, random numbers, child processes, files. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/suite.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/paths.h"
#include "util/rng.h"
#include "util/spawn.h"
#include "util/sweep.h"
#include "util/text.h"

TCase *util_archive_case(void); /* util-archive.c */
TCase *util_size_case(void);	/* util-size.c */
TCase *util_sparse_case(void);	/* util-sparse.c */

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
	const char *const argv[] = {"sh", "-c", "echo one; echo two >&2; printf three; exit 5",
				    NULL};

	ck_assert(!spawn_run(&(struct spawn){.argv = argv, .line = count_line, .data = &lines},
			     &output, &error));
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

/* kill -9 of the parent also kills the child. */
START_TEST(spawn_dies_with_parent)
{
	const char *argv[] = {"sh", "-c", "echo x; exec tail -f /dev/null", NULL};
	int fds[2], child;
	char byte;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	child = fork();
	if (!child) {
		struct process process;

		close(fds[0]);
		if (!process_start(&(struct spawn){.argv = argv, .out = fds[1]}, &process, NULL))
			_exit(1);
		pause();
	}
	close(fds[1]);
	ck_assert_int_eq(read(fds[0], &byte, 1), 1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	ck_assert_int_eq(read(fds[0], &byte, 1), 1); /* the newline */
	/* end of file, because the grandchild was killed, too */
	ck_assert_int_eq(read(fds[0], &byte, 1), 0);
}
END_TEST

/* Called in a separate process. Returns 0 if that process can run a child. */
static int run_child(void)
{
	g_autofree char *output = NULL;

	return spawn_words(&output, NULL, "echo", "x", NULL) && !g_strcmp0(output, "x\n") ? 0 : 1;
}

/* The rig is PID 1 in a container without an init, and getppid() is 1 in all of its children. */
START_TEST(spawn_as_pid_1)
{
	int status, child = fork();

	if (!child) {
		int init;

		if (unshare(CLONE_NEWPID) < 0)
			_exit(77);
		init = fork();
		if (!init)
			_exit(getpid() == 1 ? run_child() : 2);
		waitpid(init, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 3);
	}
	waitpid(child, &status, 0);
	ck_assert(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		g_printerr("spawn_as_pid_1 skipped: unshare(CLONE_NEWPID) needs CAP_SYS_ADMIN\n");
	else
		ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

/* An orphan's parent is the subreaper, not PID 1. */
START_TEST(spawn_below_a_subreaper)
{
	int status, child = fork(), orphan;

	if (!child) {
		prctl(PR_SET_CHILD_SUBREAPER, 1);
		if (!fork()) {
			int reaper = getppid();

			if (fork())
				_exit(0);
			while (getppid() != reaper)
				/* no event: nothing reports that a child has a new parent */
				poll(NULL, 0, 1);
			_exit(10 + run_child());
		}
		/* waits for the child, which exits immediately, and for the orphan */
		while ((orphan = wait(&status)) > 0)
			if (WIFEXITED(status) && WEXITSTATUS(status) >= 10)
				_exit(WEXITSTATUS(status));
		_exit(1);
	}
	waitpid(child, &status, 0);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 10);
}
END_TEST

/* When its time limit expires, a program is killed with all processes that it has started. */
START_TEST(spawn_limit)
{
	static const char *const argv[] = {"sh", "-c", "echo x; tail -f /dev/null & wait", NULL};
	g_autofree char *output = NULL;
	g_autoptr(GError) error = NULL;

	ck_assert(!spawn_run(&(struct spawn){.argv = argv, .limit_ms = 300}, &output, &error));
	ck_assert_str_eq(output, "x\n");
	ck_assert_ptr_nonnull(strstr(error->message, "within its limit of 0.3 s"));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_INFRA);
}
END_TEST

START_TEST(a_process)
{
	static const char *const argv[] = {"sh", "-c", "read x <&7; echo $x $V $PWD; exit 3", NULL};
	static const char *const env[] = {"V=1", NULL};
	struct spawn_fd given = {-1, 7};
	const struct spawn spawn = {.argv = argv,
				    .env = env,
				    .cwd = "/",
				    .fds = &given,
				    .n_fds = 1,
				    .new_group = TRUE,
				    .out = SPAWN_PIPE};
	struct process process;
	struct process_end end;
	char text[32] = "";
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	given.ours = fds[0];
	ck_assert(process_start(&spawn, &process, NULL));
	ck_assert(!process_wait(&process, 0));
	ck_assert_int_eq(process.err, -1);
	ck_assert_int_eq(write(fds[1], "in\n", 3), 3);
	ck_assert(process_wait(&process, -1));
	process_reap(&process, &end);
	ck_assert_int_eq(end.code, 3);
	ck_assert_int_eq(process.pid, 0);
	ck_assert_int_eq(read(process.out, text, sizeof(text) - 1), 7);
	ck_assert_str_eq(text, "in 1 /\n");
	close(process.out);
	process_signal(&process, SIGKILL); /* must not signal group 0, our own */
}
END_TEST

/* Makes FOLDER with a file in a subfolder; its last change appears to be AGE_S ago. */
static char *put_folder(const char *name, gint64 age_s)
{
	g_autofree char *folder = in_scratch(name), *below = NULL, *file = NULL;
	const gint64 when_s = time(NULL) - age_s;

	below = g_build_filename(folder, "below", NULL);
	file = g_build_filename(below, "file", NULL);
	ck_assert_int_eq(g_mkdir_with_parents(below, 0755), 0);
	ck_assert(rig_write_file(file, "x", -1, NULL));
	ck_assert_int_eq(utimensat(AT_FDCWD, folder,
				   (struct timespec[2]){{.tv_sec = when_s}, {.tv_sec = when_s}}, 0),
			 0);
	return g_steal_pointer(&folder);
}

/* sweep_folders() removes temporary folders that are old and that no process has locked. */
START_TEST(stale_folders_are_swept)
{
	g_autofree char *dead = put_folder(".new-dead", 2 * SWEEP_AGE_S), *lock = NULL;
	g_autofree char *half = put_folder(".gone-half", 2 * SWEEP_AGE_S);
	g_autofree char *young = put_folder(".new-young", 0);
	g_autofree char *other = put_folder("other", 2 * SWEEP_AGE_S);
	g_autofree char *held = in_scratch(".gone-held");
	int fd;

	ck_assert_int_eq(g_mkdir_with_parents(held, 0755), 0);
	lock = g_build_filename(held, "lock", NULL);
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	free(put_folder(".gone-held", 2 * SWEEP_AGE_S));
	ck_assert_uint_eq(sweep_folders(scratch), 2);
	ck_assert(!g_file_test(dead, G_FILE_TEST_EXISTS));
	ck_assert(!g_file_test(half, G_FILE_TEST_EXISTS));
	ck_assert(g_file_test(young, G_FILE_TEST_EXISTS));
	ck_assert(g_file_test(other, G_FILE_TEST_EXISTS));
	ck_assert(g_file_test(held, G_FILE_TEST_EXISTS));
	close(fd);
	ck_assert_uint_eq(sweep_folders(scratch), 1);
	ck_assert_uint_eq(sweep_folders("/no/such/folder"), 0);
}
END_TEST

static void write_number(FILE *out, const void *data)
{
	fprintf(out, "%d", *(const int *)data);
}

/*
 * A file that is written by a callback replaces the old one as a whole; after a failure no partial
 * file is left.
 */
START_TEST(streams)
{
	g_autofree char *path = in_scratch("f"), *none = in_scratch("none/f"), *data = NULL;
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) names = NULL;
	const int number = 17;
	gsize len;

	ck_assert(rig_write_file(path, "a long content", -1, NULL));
	ck_assert(rig_write_stream(path, write_number, &number, NULL));
	ck_assert(rig_read_file(path, 100, &data, &len, NULL));
	ck_assert_str_eq(data, "17");
	ck_assert(!rig_write_stream(none, write_number, &number, &error));
	ck_assert_int_eq(rig_exit_code(error), RIG_EXIT_INFRA);
	g_clear_error(&error);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0); /* a folder cannot be replaced */
	ck_assert(!rig_write_stream(path, write_number, &number, &error));
	names = rig_names_in(scratch, "");
	ck_assert_uint_eq(g_strv_length(names), 1);
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

START_TEST(nearest_words)
{
	static const char *const allowed[] = {"duration", "memory", "max_memory", "do", "id", NULL};
	static const struct {
		const char *word, *nearest;
	} cases[] = {{"duraton", "duration"}, {"druation", "duration"}, {"durations", "duration"},
		     {"memmory", "memory"},   {"maxmemory", "max_memory"}, {"od", "do"},
		     {"flavour", NULL},       {"x", NULL},		{"", NULL}};
	g_autofree char *lengthy = g_strnfill(5000, 'a');

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		ck_assert_msg(!g_strcmp0(text_nearest(cases[i].word, allowed), cases[i].nearest),
			      "'%s': %s", cases[i].word, text_nearest(cases[i].word, allowed));
	ck_assert_ptr_null(text_nearest(lengthy, allowed));
}
END_TEST

START_TEST(plurals)
{
	ck_assert_str_eq(text_s(0), "s");
	ck_assert_str_eq(text_s(1), "");
	ck_assert_str_eq(text_s(2), "s");
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
	tcase_add_test(tc, rng_streams);
	tcase_add_test(tc, spawn_lines_and_code);
	tcase_add_test(tc, spawn_missing);
	tcase_add_test(tc, spawn_keeps_the_end);
	tcase_add_test(tc, spawn_dies_with_parent);
	tcase_add_test(tc, spawn_as_pid_1);
	tcase_add_test(tc, spawn_below_a_subreaper);
	tcase_add_test(tc, spawn_limit);
	tcase_add_test(tc, a_process);
	tcase_add_test(tc, stale_folders_are_swept);
	tcase_add_test(tc, files);
	tcase_add_test(tc, streams);
	tcase_add_test(tc, durations);
	tcase_add_test(tc, nearest_words);
	tcase_add_test(tc, plurals);
	tcase_add_test(tc, exit_codes);
	suite_add_tcase(suite, tc);
	suite_add_tcase(suite, util_archive_case());
	suite_add_tcase(suite, util_size_case());
	suite_add_tcase(suite, util_sparse_case());
	return suite_run(suite);
}
