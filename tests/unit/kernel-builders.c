// SPDX-License-Identifier: GPL-2.0-only
/* Tests builds that run at the same time or are killed. */
#include "tests/unit/suite.h"
#include "tests/unit/kernel.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * A callback for the progress of a build in a child process, whose make stops at a FIFO: writes a
 * byte to WAITS when the build must wait for a lock.
 */
static void tell_wait(const char *step, guint done, guint total, gint64 last_ns, void *data)
{
	(void)done;
	(void)total;
	(void)last_ns;
	if (!strcmp(step, "wait for another build"))
		ck_assert_int_eq(write(*(int *)data, "w", 1), 1);
}

static pid_t start_build(const char *fifo, int *waits)
{
	g_autofree char *source = dir_source();
	pid_t pid = fork();

	if (pid == 0) {
		struct kernel_spec spec = {.source = source, .arch = "x86_64", .jobs = 1};

		if (fifo)
			g_setenv("RIG_TEST_FIFO", fifo, TRUE);
		_exit(kernel_build(&spec, tell_wait, waits, NULL) ? 0 : 1);
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

static int wait_for(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

/*
 * Waits until make has opened the FIFO. Each line written to the returned descriptor lets one
 * compiler continue.
 */
static int meet_make(const char *fifo)
{
	int fd = open(fifo, O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

START_TEST(one_builds_the_others_wait)
{
	g_autofree char *fifo = in_scratch("fifo"), *count = in_scratch("count"), *text = NULL;
	int waits[2], fd;
	pid_t first, second;
	char byte;

	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_int_eq(pipe(waits), 0);
	g_setenv("RIG_TEST_COUNT", count, TRUE);
	first = start_build(fifo, &waits[1]);
	fd = meet_make(fifo);
	second = start_build(NULL, &waits[1]);
	/* the second build reports that it waits, while the first one compiles */
	ck_assert_int_eq(read(waits[0], &byte, 1), 1);
	ck_assert_int_eq(write(fd, "go\n", 3), 3);
	close(fd);
	fd = meet_make(fifo);
	ck_assert_int_eq(write(fd, "go\n", 3), 3);
	close(fd);
	ck_assert_int_eq(wait_for(first), 0);
	ck_assert_int_eq(wait_for(second), 0);
	text = slurp(count);
	ck_assert_str_eq(text, "built\n");
}
END_TEST

START_TEST(killed_build_recovers)
{
	g_autofree char *fifo = in_scratch("fifo"), *source = dir_source(), *objects = NULL,
			*image = NULL;
	g_autofree char *trees = in_scratch("cache/hotplug-rig/kernel/tree"), *lock = NULL,
			*half = NULL;
	g_autofree char *out = in_scratch("cache/hotplug-rig/kernel/out");
	g_autoptr(GDir) dir = NULL, published = NULL;
	rig_auto(kernel) kernel = NULL;
	const char *name;
	int waits[2], fd, lock_fd;
	pid_t pid;

	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_int_eq(pipe(waits), 0);
	pid = start_build(fifo, &waits[1]);
	fd = meet_make(fifo);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert(WIFSIGNALED(wait_for(pid)));
	dir = g_dir_open(trees, 0, NULL);
	name = g_dir_read_name(dir);
	lock = g_build_filename(trees, name, "lock", NULL);
	half = g_build_filename(trees, name, "obj-x86_64/mm/one.o", NULL);
	/* the compiler of the killed builder still runs, and holds the lock */
	lock_fd = open(lock, O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(flock(lock_fd, LOCK_EX | LOCK_NB), -1);
	close(fd);
	ck_assert_int_eq(flock(lock_fd, LOCK_EX), 0);
	/* an object file as a killed compiler leaves it: recent and incomplete */
	put(half, "half", -1);
	flock(lock_fd, LOCK_UN);
	close(lock_fd);
	published = g_dir_open(out, 0, NULL);
	ck_assert(!published || !g_dir_read_name(published));
	kernel = build_ok(source, NULL);
	objects = compiled(kernel);
	ck_assert_str_eq(objects, "mm/one.o mm/two.o ");
	image = slurp(kernel->image);
	ck_assert_ptr_null(strstr(image, "half"));
}
END_TEST

void add_builder_tests(TCase *tc)
{
	tcase_add_test(tc, one_builds_the_others_wait);
	tcase_add_test(tc, killed_build_recovers);
}
